// The `kafka` observer: completion events of the platform in topics with the Kafka API.
#pragma once

#include "event_sink.hpp"

#include <loadsim/kafka/consumer.hpp>
#include <loadsim/observer/event.hpp>
#include <loadsim/observer/observer_factory.hpp>
#include <loadsim/observer/options.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace loadsim::observer {

/// A record as a message: the Kafka topic is its topic, the key its correlation data, the headers its properties. Refers to the record.
contract::message_view message_view_of(const kafka::incoming_record&);

/// Consumes what is appended after start().
class kafka_observer final : public observer {
public:
    kafka_observer(kafka_observer_options, const observer_context&, on_completion, std::uint32_t index);
    ~kafka_observer() override;

    result<void> start() override;
    void stop() override;
    counts take_counts() override;
    void set_trace(on_trace handler) override { sink_.set_trace(std::move(handler)); }

private:
    void on_records(std::span<const kafka::incoming_record>);

    const kafka_observer_options options_;
    const std::vector<std::string> brokers_; ///< of the embedded cluster
    const std::string options_path_;
    const steady_time time_;
    event_sink sink_;
    std::optional<contract::event_mapping> mapping_;
    std::map<std::string, std::uint64_t> previous_errors_; ///< as of the last take_counts()
    std::optional<kafka::consumer> consumer_;              ///< last: its thread uses the members above
};

} // namespace loadsim::observer
