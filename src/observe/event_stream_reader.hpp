// Server-sent events out of bytes (WHATWG HTML, 9.2.5 and 9.2.6).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::observe {

struct stream_event {
    std::string name; ///< "message" when the stream says none
    std::string data; ///< its data lines, joined by line feeds
    friend bool operator==(const stream_event&, const stream_event&) = default;
};

/// Any bytes, in any pieces. An event of more than `limit` bytes is left out and counted.
/// Threads: one. Pure.
class event_stream_reader {
public:
    static constexpr std::size_t limit = 64 * 1024;

    /// What is complete with this piece. An event that the stream ends in the middle of is none.
    std::vector<stream_event> feed(std::string_view piece);
    /// The stream begins anew; what it has said of ids and of retrying holds.
    void restart();

    const std::string& last_id() const noexcept { return last_id_; } ///< for the next connection; empty: none
    std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }
    std::uint64_t oversized() const noexcept { return oversized_; } ///< events left out

private:
    void end_line(std::vector<stream_event>& out);
    void end_event(std::vector<stream_event>& out);
    void take_field(std::string_view name, std::string_view value);

    std::string line_;
    std::string name_;
    std::string data_; // each line with its line feed
    std::string id_;
    std::string last_id_;
    std::optional<std::chrono::milliseconds> retry_;
    std::uint64_t oversized_ = 0;
    bool first_line_ = true;
    bool after_cr_ = false;
    bool cut_ = false;      // the line that is being read
    bool too_long_ = false; // the event that is being read
};

} // namespace loadsim::observe
