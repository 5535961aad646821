// Event sink common to all observers: maps messages to completion events, counts and traces them.
#pragma once

#include <loadsim/contract/event_mapping.hpp>
#include <loadsim/observer/event.hpp>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim::observer {

/// Path of an observer's options in the scenario: "load.observers[0].mqtt".
std::string observer_options_path(std::uint32_t index, std::string_view kind);

/// Event mapping for messages that must hold a request id. Errors: as contract::event_mapping's; no field path for the id.
result<contract::event_mapping> compile_event_mapping(const contract::event_mapping_options&,
                                                      const std::string& options_path);

/// Threads: any, concurrently. Calls handlers on the caller's thread, without holding the lock.
class event_sink {
public:
    event_sink(on_completion, std::uint32_t index);

    /// Parses the message and delivers each event in it. `source`: origin, named in the sentence about a message without an event.
    void on_message(const contract::event_mapping&, const contract::message_view&, std::string_view source,
                    monotonic_time);
    /// Parses one event and counts matched fields.
    std::optional<contract::extracted_event> extract(const contract::event_mapping&, const contract::message_view&);
    /// Calls `reads` with the match statistics, for callers that parse themselves.
    template <class Reads>
    auto with_match_stats(Reads reads) {
        const std::lock_guard lock(mutex_);
        return reads(match_stats_);
    }
    /// Counts and delivers the event of one message; nullopt: no event, for the reason `why`.
    void deliver(std::optional<contract::extracted_event>, const std::string& why, monotonic_time);

    void count_rejected(const std::string& why, std::uint64_t times = 1);
    void count_reconnect();
    void count_connection(const std::string& address);
    void count_connection_error(const std::string& why);
    void count_broker_limit(const std::string& sentence);
    counts take_counts();

    /// Call before the first message. Traces messages parsed here; callers that parse themselves call trace().
    void set_trace(on_trace handler) { trace_ = std::move(handler); }
    void trace(std::string_view where, std::string_view text) const {
        if (trace_) trace_(where, text);
    }

private:
    on_completion handler_;
    on_trace trace_;
    std::uint32_t index_;
    std::mutex mutex_; // guards the members below
    contract::field_match_stats match_stats_;
    counts counts_;
};

} // namespace loadsim::observer
