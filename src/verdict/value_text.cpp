#include "value_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace loadsim::verdict {
namespace {

constexpr int short_digits = 3;
constexpr int most_digits = 17; ///< of a double

std::string without_trailing_zeros(std::string number) {
    if (number.find('.') == std::string::npos) return number;
    number.erase(number.find_last_not_of('0') + 1);
    if (number.ends_with('.')) number.pop_back();
    return number;
}

/// Not negative, with that many significant digits; digits before the decimal point are never cut.
std::string with_digits(double value, int digits) {
    const auto before_point = value > 0 ? static_cast<int>(std::floor(std::log10(value))) + 1 : 1;
    return without_trailing_zeros(fmt::format("{:.{}f}", value, std::max(0, digits - before_point)));
}

std::string duration_with_digits(double ms, int digits) {
    struct unit {
        std::string_view name;
        double per_ms;
    };
    constexpr std::array units{unit{"us", 1e3}, unit{"ms", 1}, unit{"s", 1e-3}};
    if (ms == 0) return "0ms";
    if (ms < 0) return "-" + duration_with_digits(-ms, digits);
    std::size_t i = 0;
    auto number = with_digits(ms * units[i].per_ms, digits);
    while (i + 1 < units.size() && std::stod(number) >= 1000) number = with_digits(ms * units[++i].per_ms, digits);
    return fmt::format("{}{}", number, units[i].name);
}

std::string percentage_with_digits(double fraction, int digits) { return with_digits(fraction * 100, digits) + "%"; }

template <class Text>
std::string text_beside(double value, double other, Text text) {
    auto digits = short_digits;
    while (value != other && digits < most_digits && text(value, digits) == text(other, digits)) ++digits;
    return text(value, digits);
}

} // namespace

std::string short_duration(double ms) { return duration_with_digits(ms, short_digits); }

std::string short_duration_beside(double ms, double other) { return text_beside(ms, other, duration_with_digits); }

bool is_duration(const budget& b) {
    using kind = budget::kind;
    return b.metric_kind == kind::latency || b.metric_kind == kind::connect || b.metric_kind == kind::queue_wait ||
           b.metric_kind == kind::recovery;
}

std::string value_text(const budget& b, double value) {
    if (is_duration(b)) return short_duration_beside(value, b.limit);
    if (b.metric_kind == budget::kind::rate) return text_beside(value, b.limit, percentage_with_digits);
    if (b.metric_kind == budget::kind::cost) return text_beside(value, b.limit, with_digits);
    return fmt::format("{:.0f}", value);
}

std::string distance_text(const budget& b, double distance) {
    if (is_duration(b)) return short_duration(distance);
    if (b.metric_kind == budget::kind::rate)
        return fmt::format("{} percentage points", with_digits(distance * 100, short_digits));
    if (b.metric_kind == budget::kind::cost) return with_digits(distance, short_digits);
    return fmt::format("{:.0f}", distance);
}

} // namespace loadsim::verdict
