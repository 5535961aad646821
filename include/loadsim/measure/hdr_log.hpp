// HdrHistogram V2 encoding and log format 1.3, readable by other tools.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/histogram.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::measure {

/// base64 of the zlib-packed V2 body: begins with HISTFAAA.
std::string encode_v2(const histogram&);
/// Decodes encode_v2() and the bodies of the Java, C and JavaScript writers. Safe with untrusted input: memory is bounded.
/// Errors: invalid input or another layout than ours, each with a sentence.
result<histogram> decode_v2(std::string_view base64);

/// Log header: format version, unit comment, StartTime, column titles. Text ends with a newline.
std::string hdr_log_header(std::chrono::system_clock::time_point start);
/// One interval line with its newline; `start` and `length` relative to StartTime; max in milliseconds (unit 1000 us).
/// `tag`: empty for none; a comma or a blank, which the format cannot represent, becomes '_'.
std::string hdr_log_line(std::string_view tag, nanoseconds start, nanoseconds length, const histogram&);

/// An interval line of a log.
struct hdr_log_interval {
    std::string tag; ///< empty: none
    nanoseconds start{0};
    nanoseconds length{0};
    histogram samples;
};
/// Parses hdr_log_line(), with or without its newline. nullopt: a comment, the column titles, or an empty line.
/// Errors: a line that is cut off or damaged, as decode_v2().
result<std::optional<hdr_log_interval>> parse_hdr_log_line(std::string_view line);

} // namespace loadsim::measure
