#include "artillery/phases.hpp"

#include <loadsim/base/encoding.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace loadsim::scenario::artillery {
namespace {

constexpr double whole_tolerance_of_area = 1e-6; // that of load::schedule
constexpr double max_phase_seconds = 366.0 * 24 * 3600;
constexpr std::size_t max_phases = 1'000;

std::string seconds_text(double seconds) { return decimal(seconds) + "s"; }

std::optional<double> to_number(std::string_view text) {
    double made = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), made);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(made) : std::nullopt;
}

double length_of(const yaml_node& n, const value_translator& values, std::string_view what) {
    const auto text = values.configured(n, what);
    const auto made = seconds_of(text);
    if (!(made >= 0.001 && made <= max_phase_seconds))
        throw unusable_script{n.location,
                              fmt::format("{} is '{}': write whole seconds, or a number with a unit such as 90s or 5m",
                                          what, shown(text))};
    return made;
}

/// Pause, fixed number, or rate; `rate` and `ramp_to` as in the script.
class phase_translator {
public:
    phase_translator(const yaml_node& phase, const value_translator& values, note_list& notes)
        : phase_(phase), values_(values), notes_(notes) {}

    yaml_node translate(translated_phases& all) {
        if (phase_.what != yaml_node::kind::map)
            throw unusable_script{phase_.location, "a phase is a map, such as {duration: 60, arrivalRate: 5}"};
        notes_.add_other_keys(
            phase_, {"name", "duration", "pause", "arrivalRate", "arrivalCount", "rampTo", "maxVusers", "mode"},
            "a phase");
        if (const auto* name = find(phase_, {"name"}); name != nullptr && name->what == yaml_node::kind::scalar) {
            const auto shown_name = shown(name->text);
            made_.add("name", make_scalar(shown_name));
        }
        if (const auto* pause = find(phase_, {"pause"})) return add_pause(length_of(*pause, values_, "the pause"));
        const auto* duration = find(phase_, {"duration"});
        if (duration == nullptr)
            throw unusable_script{phase_.location, "the phase has neither a 'duration' nor a 'pause'"};
        seconds_ = length_of(*duration, values_, "the duration");
        if (const auto* count = find(phase_, {"arrivalCount"})) {
            add_count(std::floor(values_.number(*count, "arrivalCount")));
        } else {
            const auto* from = find(phase_, {"arrivalRate"});
            const auto* to = find(phase_, {"rampTo"});
            if (from == nullptr && to == nullptr)
                throw unusable_script{phase_.location,
                                      "the phase has no arrivals: add 'arrivalRate', 'arrivalCount' or 'rampTo'"};
            const auto first = from == nullptr ? 0 : values_.number(*from, "arrivalRate");
            if (to == nullptr)
                add_rate(first);
            else
                add_ramp(first, values_.number(*to, "rampTo"));
        }
        if (const auto* limit = find(phase_, {"maxVusers"}); limit != nullptr && made_.find("pause") == nullptr) {
            const auto number = std::floor(values_.number(*limit, "maxVusers"));
            if (number >= 1) made_.add("maxVusers", make_scalar(fmt::format("{:.0f}", number)));
        }
        all.peak_rate = std::max(all.peak_rate, peak_);
        all.arrivals += arrivals_;
        return std::move(made_);
    }

private:
    yaml_node add_pause(double seconds) {
        made_.add("pause", make_scalar(seconds_text(seconds)));
        return made_;
    }
    void add_count(double count) {
        if (count < 1) {
            add_pause(seconds_);
            return;
        }
        made_.add("duration", make_scalar(seconds_text(seconds_)));
        made_.add("arrivalCount", make_scalar(fmt::format("{:.0f}", count)));
        arrivals_ = static_cast<std::uint64_t>(count);
        peak_ = count / std::max(seconds_, 1.0);
    }
    /// Rates whose area is no whole number would leave a fraction to the next phase.
    void add_rate(double rate) {
        const auto area = rate * seconds_;
        if (rate == 0) {
            add_pause(seconds_);
        } else if (std::abs(area - std::round(area)) > whole_tolerance_of_area) {
            add_count(std::floor(area));
        } else {
            made_.add("duration", make_scalar(seconds_text(seconds_)));
            made_.add("arrivalRate", make_scalar(decimal(rate)));
            arrivals_ = static_cast<std::uint64_t>(std::llround(area));
            peak_ = rate;
        }
    }
    /// Artillery rounds the arrivals of each second. If that changes their sum, the last rate is adapted to it.
    void add_ramp(double from, double to) {
        arrivals_ = arrivals_of_ramp(from, to, seconds_);
        const auto area = (from + to) / 2 * seconds_;
        const auto wanted = static_cast<double>(arrivals_);
        if (std::abs(area - wanted) > whole_tolerance_of_area) to = 2 * wanted / seconds_ - from;
        if (to < 0 || arrivals_ == 0) return add_count(wanted);
        made_.add("duration", make_scalar(seconds_text(seconds_)));
        made_.add("arrivalRate", make_scalar(decimal(from)));
        made_.add("rampTo", make_scalar(decimal(to)));
        peak_ = std::max(from, to);
    }

    const yaml_node& phase_;
    const value_translator& values_;
    note_list& notes_;
    yaml_node made_ = make_node(yaml_node::kind::map);
    double seconds_ = 0;
    double peak_ = 0;
    std::uint64_t arrivals_ = 0;
};

} // namespace

std::uint64_t arrivals_of_ramp(double from, double to, double seconds) {
    const auto periods = std::ceil(seconds);
    if (periods <= 1) return static_cast<std::uint64_t>(std::floor((from + to) / 2 + 0.5));
    std::uint64_t sum = 0;
    for (double i = 0; i < periods; ++i) {
        const auto rate = (to - from) / (seconds - 1) * i + from;
        if (rate > 0) sum += static_cast<std::uint64_t>(std::floor(rate + 0.5));
    }
    return sum;
}

double seconds_of(std::string_view text) {
    text = trimmed(text);
    const auto unit_at = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto number = to_number(text.substr(0, unit_at));
    if (!number) return -1;
    std::string unit;
    for (const char c : trimmed(text.substr(unit_at))) unit += ascii_lower(c);
    // Of a bare number Artillery takes whole seconds only.
    if (unit.empty()) return std::floor(*number) == *number ? *number : -1;
    struct time_unit {
        double seconds;
        std::initializer_list<std::string_view> names;
    };
    for (const auto& u : {time_unit{0.001, {"ms", "msec", "msecs", "millisecond", "milliseconds"}},
                          time_unit{1, {"s", "sec", "secs", "second", "seconds"}},
                          time_unit{60, {"m", "min", "mins", "minute", "minutes"}},
                          time_unit{3600, {"h", "hr", "hrs", "hour", "hours"}}, time_unit{86400, {"d", "day", "days"}},
                          time_unit{604800, {"w", "week", "weeks"}}})
        if (std::ranges::count(u.names, std::string_view(unit)) != 0) return *number * u.seconds;
    return -1;
}

translated_phases translate_phases(const yaml_node& config, const value_translator& values, note_list& notes) {
    translated_phases made;
    made.phases = make_node(yaml_node::kind::list);
    const auto* phases = find(config, {"phases"});
    if (phases == nullptr) {
        notes.add(config, "config.phases is missing: one request, as in Artillery");
        auto one = make_map("duration", make_scalar("1s"));
        one.add("arrivalCount", make_scalar("1"));
        made.phases.items.push_back(std::move(one));
        made.peak_rate = 1;
        made.arrivals = 1;
        return made;
    }
    const auto all = items_of(phases);
    if (all.size() > max_phases)
        throw unusable_script{phases->location, fmt::format("{} phases; {} is the most", all.size(), max_phases)};
    std::size_t poisson = 0;
    for (const auto* phase : all) {
        made.phases.items.push_back(phase_translator(*phase, values, notes).translate(made));
        const auto* mode = find(*phase, {"mode"});
        if (mode == nullptr) mode = find(config, {"mode"});
        if (mode == nullptr || mode->text != "poisson") continue;
        ++poisson;
        notes.add(*mode, "the mode 'poisson' keeps the spacing, but the number of arrivals is duration times rate");
    }
    if (made.arrivals == 0)
        throw unusable_script{phases->location, "no phase has an arrival: add one with an arrivalRate or arrivalCount"};
    made.is_poisson = poisson != 0;
    if (poisson != 0 && poisson != all.size())
        notes.add(*phases, "the mode 'poisson' of some phases holds for all: loadsim has one load.spacing");
    return made;
}

} // namespace loadsim::scenario::artillery
