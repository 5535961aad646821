#include "event_sink.hpp"

#include <loadsim/base/encoding.hpp>

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace loadsim::observer {
namespace {

constexpr std::size_t max_excerpt = 100; // bytes

} // namespace

std::string observer_options_path(std::uint32_t index, std::string_view kind) {
    return fmt::format("load.observers[{}].{}", index, kind);
}

result<contract::event_mapping> compile_event_mapping(const contract::event_mapping_options& wanted,
                                                      const std::string& options_path) {
    if (wanted.id.empty())
        return problems{options_path + ".id",
                        "where does an event hold the id of its request? write a field path, such as /id"};
    return contract::event_mapping::compile(wanted, options_path);
}

event_sink::event_sink(on_completion handler, std::uint32_t index) : handler_(std::move(handler)), index_(index) {}

void event_sink::on_message(const contract::event_mapping& mapping, const contract::message_view& message,
                            std::string_view source, monotonic_time at) {
    trace(message.topic, message.payload);
    std::vector<std::pair<std::optional<contract::extracted_event>, std::string>> events;
    {
        const std::lock_guard lock(mutex_);
        mapping.extract_each(message, &match_stats_,
                             [&](const contract::message_view& one, std::optional<contract::extracted_event> event) {
                                 auto why = event ? std::string{}
                                                  : fmt::format("{} holds no id of a request: {}", source,
                                                                excerpt(one.payload, max_excerpt));
                                 if (event && event->final_outcome)
                                     event->message = contract::event_message::of(one.topic, one.payload);
                                 events.emplace_back(std::move(event), std::move(why));
                             });
    }
    for (auto& [event, why] : events) deliver(std::move(event), why, at);
}

std::optional<contract::extracted_event> event_sink::extract(const contract::event_mapping& mapping,
                                                             const contract::message_view& message) {
    trace(message.topic, message.payload);
    const std::lock_guard lock(mutex_);
    return mapping.extract(message, &match_stats_);
}

void event_sink::deliver(std::optional<contract::extracted_event> event, const std::string& why, monotonic_time at) {
    {
        const std::lock_guard lock(mutex_);
        ++counts_.messages;
        if (!event) ++counts_.refused["no event"];
        if (event && event->final_outcome) ++counts_.completions;
    }
    if (!handler_) return;
    if (!event) return handler_(std::nullopt, why);
    if (!event->final_outcome) return; // the request is still in progress
    handler_(completion{.vin = std::move(event->vin),
                        .request = std::move(event->request_id),
                        .final_outcome = *event->final_outcome,
                        .reason = std::move(event->reason),
                        .at = at,
                        .observer = index_,
                        .message = std::move(event->message)},
             {});
}

void event_sink::count_rejected(const std::string& why, std::uint64_t times) {
    if (times == 0) return;
    const std::lock_guard lock(mutex_);
    counts_.refused[why] += times;
}

void event_sink::count_reconnect() {
    const std::lock_guard lock(mutex_);
    ++counts_.reconnects;
}

void event_sink::count_connection(const std::string& address) {
    const std::lock_guard lock(mutex_);
    ++counts_.addresses[address];
}

void event_sink::count_connection_error(const std::string& why) {
    const std::lock_guard lock(mutex_);
    ++counts_.connection_errors[why];
}

void event_sink::count_broker_limit(const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    ++counts_.broker_limits[sentence];
}

counts event_sink::take_counts() {
    const std::lock_guard lock(mutex_);
    auto taken = std::exchange(counts_, {});
    taken.unmatched_fields = match_stats_.take_unmatched();
    return taken;
}

} // namespace loadsim::observer
