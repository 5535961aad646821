// Durations, rates and shares as people write them.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>

#include <string>
#include <string_view>

namespace loadsim {

/// How often something happens.
struct rate {
    double per_second = 0;
    friend bool operator==(const rate&, const rate&) = default;
};

/// A part of a whole, 0 to 1. Written `25%` or `0.25`.
struct share {
    double of_one = 0;
    friend bool operator==(const share&, const share&) = default;
};

/// "250ms", "1.5s", "2m", "3h", "10us", "1h30m"; units ns us ms s m h d. Never negative.
/// Errors: a bare number ("a duration needs a unit: 250ms, 2s, 3m"), an unknown unit, an overflow;
/// the problem's place is empty, the caller knows it.
result<nanoseconds> parse_duration(std::string_view text);

/// The shortest text that parse_duration reads back to the same value: "1m30s", "250ms", "0s".
std::string format_duration(nanoseconds);

/// "200/s", "12000/m", "200" (a second). Errors as above.
result<rate> parse_rate(std::string_view text);
std::string format_rate(rate);

/// "25%", "0.25". Errors: outside 0 to 1, not a number.
result<share> parse_share(std::string_view text);
std::string format_share(share);

/// How long so many take at this rate; where that is more than a hundred years, a hundred years.
nanoseconds time_for(double count, rate);

/// Milliseconds as a number, for reports.
constexpr double milliseconds(nanoseconds d) { return static_cast<double>(d.count()) / 1e6; }
constexpr double seconds(nanoseconds d) { return static_cast<double>(d.count()) / 1e9; }

} // namespace loadsim
