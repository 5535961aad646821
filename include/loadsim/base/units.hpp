// Parsing and formatting of durations, rates and fractions.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>

#include <string>
#include <string_view>

namespace loadsim {

/// Events per second.
struct rate {
    double per_second = 0;
    friend bool operator==(const rate&, const rate&) = default;
};

/// Fraction, 0 to 1. Written `25%` or `0.25`.
struct fraction {
    double value = 0;
    friend bool operator==(const fraction&, const fraction&) = default;
};

/// "250ms", "1.5s", "2m", "3h", "10us", "1h30m"; units ns us ms s m h d. Never negative.
/// Errors: a bare number ("a duration needs a unit: 250ms, 2s, 3m"), an unknown unit, an overflow;
/// the problem's location is empty, the caller fills it in.
result<nanoseconds> parse_duration(std::string_view text);

/// Text that parse_duration() reads back as the same value: "1m30s", "250ms", "0s".
std::string format_duration(nanoseconds);

/// "200/s", "12000/m", "200" (per second). Errors as above.
result<rate> parse_rate(std::string_view text);
std::string format_rate(rate);

/// "25%", "0.25". Errors: outside 0 to 1, not a number.
result<fraction> parse_fraction(std::string_view text);
std::string format_fraction(fraction);

/// Duration of `count` events at this rate, at most a hundred years.
nanoseconds duration_for(double count, rate);

/// Milliseconds as a number, for reports.
constexpr double milliseconds(nanoseconds d) { return static_cast<double>(d.count()) / 1e6; }
constexpr double seconds(nanoseconds d) { return static_cast<double>(d.count()) / 1e9; }

} // namespace loadsim
