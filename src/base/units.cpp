#include <loadsim/base/units.hpp>

#include <algorithm>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace loadsim {
namespace {

struct duration_unit {
    std::string_view name;
    std::int64_t nanos;
};

// Longest first: formatting uses the largest unit that fits.
constexpr std::array units{duration_unit{"d", 86'400'000'000'000},
                           duration_unit{"h", 3'600'000'000'000},
                           duration_unit{"m", 60'000'000'000},
                           duration_unit{"s", 1'000'000'000},
                           duration_unit{"ms", 1'000'000},
                           duration_unit{"us", 1'000},
                           duration_unit{"ns", 1}};

std::optional<double> leading_number(std::string_view& text) {
    double value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

problems parse_error(std::string text) { return problems{"", std::move(text)}; }

} // namespace

result<nanoseconds> parse_duration(std::string_view text) {
    const auto whole = text;
    if (text.empty()) return parse_error("a duration is missing; write it with a unit, such as 250ms, 2s or 3m");
    double total = 0;
    while (!text.empty()) {
        const auto value = leading_number(text);
        if (!value || *value < 0)
            return parse_error(
                fmt::format("'{}' is not a duration; write a number with a unit, such as 250ms, 2s or 3m", whole));
        const auto letters = text.substr(0, text.find_first_of("0123456789.+- "));
        if (letters.empty() && !text.empty() && text.front() == ' ')
            return parse_error(
                fmt::format("'{}' has a blank in it; write number and unit together, such as 250ms", whole));
        if (letters.empty())
            return parse_error(fmt::format("'{}' has no unit; write {}ms, {}s or {}m", whole, whole, whole, whole));
        const duration_unit* found = nullptr;
        for (const auto& u : units)
            if (u.name == letters) found = &u;
        if (found == nullptr)
            return parse_error(
                fmt::format("'{}' has an unknown unit '{}'; there are ns, us, ms, s, m, h, d", whole, letters));
        total += *value * static_cast<double>(found->nanos);
        text.remove_prefix(letters.size());
    }
    if (total >= 9.2e18) return parse_error(fmt::format("'{}' is longer than 292 years", whole));
    return nanoseconds{std::llround(total)};
}

std::string format_duration(nanoseconds d) {
    if (d.count() == 0) return "0s";
    std::string text;
    auto rest = d.count();
    if (rest < 0) {
        text = "-";
        rest = -rest;
    }
    for (const auto& u : units) {
        if (const auto n = rest / u.nanos; n != 0) {
            text += fmt::format("{}{}", n, u.name);
            rest %= u.nanos;
        }
    }
    return text;
}

result<rate> parse_rate(std::string_view text) {
    const auto whole = text;
    const auto value = leading_number(text);
    if (!value || *value < 0)
        return parse_error(fmt::format("'{}' is not a rate; write a number a second, such as 200 or 200/s", whole));
    if (text.empty() || text == "/s") return rate{*value};
    if (text == "/m") return rate{*value / 60};
    if (text == "/h") return rate{*value / 3600};
    if (text == "/day") return rate{*value / 86'400};
    return parse_error(fmt::format("'{}' is not a rate; there are /s, /m, /h and /day", whole));
}

std::string format_rate(rate r) { return fmt::format("{}/s", r.per_second); }

result<fraction> parse_fraction(std::string_view text) {
    const auto whole = text;
    auto value = leading_number(text);
    if (value && text == "%") {
        *value /= 100;
        text = {};
    }
    if (!value || !text.empty()) return parse_error(fmt::format("'{}' is not a share; write 25% or 0.25", whole));
    if (*value < 0 || *value > 1) return parse_error(fmt::format("'{}' is not between 0% and 100%", whole));
    return fraction{*value};
}

std::string format_fraction(fraction s) {
    // 12 digits: enough for any written fraction, and 0.07 * 100 prints as 7 and not 7.000000000000001.
    return fmt::format("{:.12g}%", s.value * 100);
}

nanoseconds duration_for(double count, rate r) {
    constexpr double longest = 3.15e18;
    return nanoseconds{static_cast<std::int64_t>(std::min(longest, count / r.per_second * 1e9))};
}

} // namespace loadsim
