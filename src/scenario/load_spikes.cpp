#include "check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>

namespace loadsim::scenario {
namespace {

using loadsim::load::phase;

double rate_at(const phase& p, nanoseconds since_start) {
    if (p.arrival_count) return static_cast<double>(*p.arrival_count) / seconds(p.duration);
    const auto end = p.ramp_to.value_or(p.arrival_rate);
    return std::lerp(p.arrival_rate.per_second, end.per_second, seconds(since_start) / seconds(p.duration));
}

/// Part of a phase with its rate multiplied by `factor`. An arrival count is converted to a rate.
phase scaled_part(const phase& p, nanoseconds from, nanoseconds until, double factor, std::string name) {
    phase part = p;
    part.name = std::move(name);
    part.duration = until - from;
    part.arrival_count.reset();
    part.arrival_rate = rate{rate_at(p, from) * factor};
    part.ramp_to.reset();
    if (p.ramp_to) part.ramp_to = rate{rate_at(p, until) * factor};
    return part;
}

class phase_splitter {
public:
    /// `overlapping`: the spikes that overlap the phase, in order.
    void split(const phase& p, nanoseconds start, std::span<const load_spike> overlapping) {
        nanoseconds at = start;
        const auto add_unscaled_until = [&](nanoseconds until) {
            if (until <= at) return;
            add(scaled_part(p, at - start, until - start, 1, p.name));
            at = until;
        };
        for (const auto& s : overlapping) {
            add_unscaled_until(s.from);
            const auto until = std::min(s.until, start + p.duration);
            if (until <= at) continue;
            add(scaled_part(p, at - start, until - start, s.factor, phase_name_of(p, s)));
            at = until;
        }
        add_unscaled_until(start + p.duration);
    }

    void add(phase p) { phases_.push_back(std::move(p)); }
    std::vector<phase> take_phases() && { return std::move(phases_); }

private:
    std::vector<phase> phases_;
};

} // namespace

double load_seconds(const load& l) {
    double total = 0;
    for (const auto& p : l.phases) total += seconds(p.duration);
    return total;
}

std::string phase_name_of(const phase& p, const load_spike& s) { return fmt::format("{} ({})", p.name, s.name); }

bool overlaps(const phase& p, nanoseconds start, const load_spike& s) {
    return !p.pause && s.from < start + p.duration && s.until > start;
}

std::vector<load_spike> load_spikes_of(const scenario_config& config) {
    std::vector<load_spike> all;
    if (load_seconds(config.load) > max_load_seconds) return all;
    nanoseconds load{0};
    for (const auto& p : config.load.phases) load += p.duration;
    for (std::size_t c = 0; c < config.conditions.size(); ++c) {
        const auto& one = config.conditions[c];
        if (one.type != vehicle::condition::kind::spike) continue;
        const auto occurrence_count = std::min(vehicle::occurrence_count(one, load), max_spikes);
        for (std::uint32_t n = 0; n < occurrence_count; ++n) {
            const auto from = vehicle::start_of(one, n);
            all.push_back({from, from + one.duration.a, one.factor,
                           one.name + (one.interval ? fmt::format(" {}", n + 1) : ""), c});
        }
    }
    std::ranges::stable_sort(all, {}, &load_spike::from);
    return all;
}

std::vector<phase> phases_of(const scenario_config& config) {
    const auto spikes = load_spikes_of(config);
    if (spikes.empty()) return config.load.phases;
    phase_splitter made;
    nanoseconds start{0};
    std::vector<load_spike> overlapping;
    for (const auto& p : config.load.phases) {
        const auto end = start + p.duration;
        overlapping.clear();
        for (const auto& s : spikes)
            if (overlaps(p, start, s)) overlapping.push_back(s);
        if (overlapping.empty())
            made.add(p);
        else
            made.split(p, start, overlapping);
        start = end;
    }
    return std::move(made).take_phases();
}

loadsim::load::schedule schedule_of(const scenario_config& config) {
    return {phases_of(config), config.load.spacing, config.seed};
}

} // namespace loadsim::scenario
