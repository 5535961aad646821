#include "kafka_observer.hpp"

#include "kafka_start.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace loadsim::observer {

contract::message_view message_view_of(const kafka::incoming_record& r) {
    contract::message_view view{.topic = r.topic, .payload = r.value, .correlation = r.key};
    if (!r.headers.empty())
        view.property = [headers = r.headers](std::string_view name) { return kafka::header_value(headers, name); };
    return view;
}

kafka_observer::kafka_observer(kafka_observer_options wanted, const observer_context& context, on_completion handler,
                               std::uint32_t index)
    : options_(std::move(wanted)), brokers_(context.kafka_brokers),
      options_path_(observer_options_path(index, "kafka")), sink_(std::move(handler), index) {}

kafka_observer::~kafka_observer() { stop(); }

result<void> kafka_observer::start() {
    auto mapping = compile_event_mapping(options_.reading, options_path_);
    if (!mapping) return mapping.error();
    mapping_.emplace(std::move(*mapping));
    auto started = start_consumer(options_.consumer, brokers_, options_path_, time_,
                                  [this](std::span<const kafka::incoming_record> batch) { on_records(batch); });
    if (!started) return started.error();
    consumer_.emplace(std::move(*started));
    return {};
}

void kafka_observer::stop() {
    if (consumer_) consumer_->stop();
}

counts kafka_observer::take_counts() {
    if (consumer_)
        for (const auto& [name, times] : consumer_->counts().errors) {
            auto& previous = previous_errors_[name];
            for (; previous < times; ++previous) sink_.count_connection_error(name);
        }
    return sink_.take_counts();
}

void kafka_observer::on_records(std::span<const kafka::incoming_record> batch) {
    for (const auto& r : batch)
        sink_.on_message(*mapping_, message_view_of(r),
                         fmt::format("a record of {}, partition {}, offset {}", r.topic, r.partition, r.offset),
                         r.consumed);
}

} // namespace loadsim::observer
