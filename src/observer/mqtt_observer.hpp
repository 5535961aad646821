// The `mqtt` observer: completion events on the platform's event topic, and vehicles' responses on theirs.
#pragma once

#include "event_sink.hpp"
#include "mqtt_subscriber.hpp"

#include <loadsim/observer/event.hpp>
#include <loadsim/observer/observer_factory.hpp>
#include <loadsim/observer/options.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::observer {

/// One client, or several with a shared subscription. MQTT 5; falls back to 3.1.1 if the broker refuses it.
class mqtt_observer final : public observer {
public:
    /// Without options: observes responses only.
    mqtt_observer(std::optional<mqtt_options>, const observer_context&, on_completion, std::uint32_t index);
    ~mqtt_observer() override;

    result<void> start() override;
    void stop() override;
    counts take_counts() override;
    void set_trace(on_trace handler) override { sink_.set_trace(std::move(handler)); }
    std::string notice() const override;

private:
    mqtt_subscriber::start_result start(mqtt::version);
    std::vector<net::mqtt_client::topic_filter> subscriptions_for(std::uint32_t client, const std::string& group) const;
    void on_message(const contract::message_view&, monotonic_time);
    void on_response_message(const contract::message_view&, monotonic_time);
    std::uint32_t client_count() const { return options_ ? options_->clients : 1; }
    std::string brokers() const; ///< URLs, comma-separated
    const contract::message_contract& message_contract() const;

    std::optional<mqtt_options> options_;
    observer_context context_;
    std::uint32_t index_; ///< in load.observers
    std::string options_path_;
    event_sink sink_;
    std::optional<contract::event_mapping> mapping_; // of completion events
    mqtt::version version_ = mqtt::version::v5_0;
    std::unique_ptr<mqtt_subscriber> subscriber_; // last: its threads use the members above
};

} // namespace loadsim::observer
