// Parser of server-sent events (WHATWG HTML, 9.2.5 and 9.2.6).
#pragma once

#include <loadsim/http/message.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::observer {

struct sse_event {
    std::string name; ///< "message" if the stream names none
    std::string data; ///< data lines joined by line feeds
    std::string id{}; ///< last id of the stream up to this event; empty: none
    friend bool operator==(const sse_event&, const sse_event&) = default;
};

/// Accepts any bytes in pieces of any size. Drops and counts events over the limit.
/// Threads: one. No I/O.
class sse_parser {
public:
    explicit sse_parser(std::uint64_t max_event_size = http::limits{}.body)
        : max_event_size_(max_event_size) {} ///< bytes

    /// Events completed by this piece. An event cut off by the end of the stream is dropped.
    std::vector<sse_event> feed(std::string_view piece);
    /// Resets for a new connection; keeps the last id and the retry time.
    void restart();

    const std::string& last_id() const noexcept {
        return last_id_;
    } ///< Last-Event-ID of the next connection; empty: none
    /// Limits of the reconnect delay that a platform may set: `retry: 0` would be a busy loop of connects, and with a long one a
    /// run would end without events.
    static constexpr std::chrono::milliseconds min_retry{100};
    static constexpr std::chrono::milliseconds max_retry{30'000};
    std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; } ///< within the limits
    std::uint64_t oversized() const noexcept { return oversized_; }                    ///< dropped events

private:
    void end_line(std::vector<sse_event>& out);
    void end_event(std::vector<sse_event>& out);
    void set_field(std::string_view name, std::string_view value);

    std::uint64_t max_event_size_;
    std::string line_;
    std::string name_;
    std::string data_; // each line with its line feed
    std::string id_;
    std::string last_id_;
    std::optional<std::chrono::milliseconds> retry_;
    std::uint64_t oversized_ = 0;
    bool first_line_ = true;
    bool after_cr_ = false;
    bool line_truncated_ = false;  // current line exceeds the limit
    bool event_oversized_ = false; // current event exceeds the limit
};

} // namespace loadsim::observer
