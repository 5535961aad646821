#include <loadsim/load/parameters.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace loadsim::load {
namespace {

/// Random numbers of one parameter: fewer than this.
constexpr std::uint64_t numbers_per_parameter = 16;
constexpr double largest = 1e15; ///< up to here a double is exact to the integer

/// Digits after the point of the shortest notation; at most max_decimals.
std::uint8_t decimals_of(double value) {
    const auto text = fmt::format("{:.{}f}", value, static_cast<int>(max_decimals));
    const auto last = text.find_last_not_of('0');
    return static_cast<std::uint8_t>(last - text.find('.'));
}

std::uint8_t decimals_of(const parameter& p) {
    if (p.decimals) return *p.decimals;
    return std::max(
        {decimals_of(p.a), decimals_of(p.b), decimals_of(p.least.value_or(0)), decimals_of(p.most.value_or(0))});
}

/// The nearest whole multiple of 10^-decimals that is not less (`round`: std::ceil) or not more (std::floor) than the value, in such
/// multiples. 1.1 * 10 is a little more than 11, and is 11.
double multiple_at(double value, int decimals, double (*round)(double)) {
    const double scaled = value * std::pow(10, decimals);
    const double nearest = std::round(scaled);
    constexpr double tolerance = 1e-12; // relative
    return std::abs(scaled - nearest) <= tolerance * std::abs(scaled) ? nearest : round(scaled);
}

std::string draw_number(const parameter& p, random_stream& random) {
    const int decimals = *p.decimals;
    const double unit = std::pow(10, decimals);
    double value = 0;
    if (p.distribution == distribution_kind::uniform) {
        const double from = multiple_at(p.a, decimals, std::ceil);
        value = (from + std::floor(random.unit() * (multiple_at(p.b, decimals, std::floor) - from + 1))) / unit;
    } else {
        value = loadsim::draw(p.distribution, p.a, p.b, random);
    }
    if (p.least) value = std::max(value, multiple_at(*p.least, decimals, std::ceil) / unit);
    if (p.most) value = std::min(value, multiple_at(*p.most, decimals, std::floor) / unit);
    auto text = fmt::format("{:.{}f}", value, decimals);
    if (text.starts_with('-') && text.find_first_not_of("-0.") == std::string::npos) text.erase(0, 1); // no "-0"
    return text;
}

const std::string& draw_choice(const parameter& p, random_stream& random) {
    double sum = 0;
    for (const auto& [text, weight] : p.choices) sum += weight;
    double drawn = random.unit() * sum;
    for (const auto& [text, weight] : p.choices)
        if ((drawn -= weight) < 0) return text;
    // Rounding: the last one that can be drawn.
    return std::ranges::find_if(p.choices.rbegin(), p.choices.rend(), [](const auto& c) { return c.second > 0; })
        ->first;
}

} // namespace

std::string check(const parameter& p) {
    if (p.type == parameter::kind::text) return {};
    if (p.type == parameter::kind::choice) {
        const auto is_possible = [](const auto& c) { return c.second > 0; };
        return std::ranges::any_of(p.choices, is_possible) ? "" : "no choice has a weight above 0";
    }
    using enum distribution_kind;
    const auto is_too_large = [](double value) { return std::abs(value) > largest; };
    if (is_too_large(p.a) || is_too_large(p.b)) return "a number is at most 1e15";
    if (p.distribution == uniform && p.b < p.a) return "max is less than min";
    if (p.distribution == normal && p.b < 0) return "a standard deviation is never negative";
    if (p.distribution == lognormal && !(p.a > 0)) return "the median of a lognormal number is more than 0";
    if (p.distribution == lognormal && p.b < p.a) return "p99 is less than the median";
    if (p.least && p.most && *p.most < *p.least) return "most is less than least";
    const int decimals = decimals_of(p);
    const auto has_none = [decimals](double from, double until) {
        return multiple_at(from, decimals, std::ceil) > multiple_at(until, decimals, std::floor);
    };
    if ((p.distribution == uniform && has_none(p.a, p.b)) || (p.least && p.most && has_none(*p.least, *p.most)))
        return fmt::format("no number with {} decimals is between the limits", decimals);
    return {};
}

parameter_values::parameter_values(std::uint64_t seed, std::vector<std::vector<parameter>> by_service) : seed_(seed) {
    for (auto& parameters : by_service) {
        auto& entries = by_service_.emplace_back();
        for (auto& p : parameters) {
            const auto name = std::ranges::find(names_, p.name);
            const auto at = static_cast<std::uint32_t>(name - names_.begin());
            if (name == names_.end()) names_.push_back(p.name);
            if (p.type == parameter::kind::number) p.decimals = decimals_of(p);
            entries.push_back({std::move(p), at});
        }
    }
}

void parameter_values::draw(arrival_id arrival, std::uint32_t service, std::vector<std::string>& out) const {
    if (service >= by_service_.size() || by_service_[service].empty()) return out.clear();
    out.resize(names_.size());
    for (auto& text : out) text.clear();
    const auto& entries = by_service_[service];
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto& p = entries[i].value;
        auto& text = out[entries[i].name];
        random_stream random(seed_, stream_id::service_parameter, number(arrival), i * numbers_per_parameter);
        switch (p.type) {
        case parameter::kind::text: text = p.text; break;
        case parameter::kind::choice: text = draw_choice(p, random); break;
        case parameter::kind::number: text = draw_number(p, random); break;
        }
    }
}

} // namespace loadsim::load
