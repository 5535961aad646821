#include "check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
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

/// A part of a phase, at so many times its rate. A number of arrivals becomes the rate that makes it.
phase part_of(const phase& p, nanoseconds from, nanoseconds until, double factor, std::string name) {
    phase part = p;
    part.name = std::move(name);
    part.duration = until - from;
    part.arrival_count.reset();
    part.arrival_rate = rate{rate_at(p, from) * factor};
    part.ramp_to.reset();
    if (p.ramp_to) part.ramp_to = rate{rate_at(p, until) * factor};
    return part;
}

class cutter {
public:
    explicit cutter(const std::vector<phase>& phases) {
        for (const auto& p : phases) taken_.insert(p.name);
    }

    /// `inside`: the spikes that fall into it, in order.
    void cut(const phase& p, nanoseconds start, std::span<const spike> inside) {
        nanoseconds at = start;
        int quiet_parts = 0;
        const auto quiet_until = [&](nanoseconds until) {
            if (until <= at) return;
            add(part_of(p, at - start, until - start, 1, ++quiet_parts == 1 ? p.name : unused(p.name, quiet_parts)));
            at = until;
        };
        for (const auto& s : inside) {
            quiet_until(s.from);
            const auto until = std::min(s.until, start + p.duration);
            if (until <= at) continue;
            add(part_of(p, at - start, until - start, s.factor, fmt::format("{} ({})", p.name, s.name)));
            at = until;
        }
        quiet_until(start + p.duration);
    }

    void add(phase p) { made_.push_back(std::move(p)); }
    std::vector<phase> done() && { return std::move(made_); }

private:
    /// The scenario may have a "steady (2)" of its own.
    std::string unused(const std::string& name, int n) {
        auto made = fmt::format("{} ({})", name, n);
        while (!taken_.insert(made).second) made = fmt::format("{} ({})", name, ++n);
        return made;
    }

    std::set<std::string> taken_;
    std::vector<phase> made_;
};

} // namespace

double length_of(const load& l) {
    double total = 0;
    for (const auto& p : l.phases) total += seconds(p.duration);
    return total;
}

std::vector<spike> spikes_of(const document& d) {
    std::vector<spike> all;
    if (length_of(d.load) > longest_load) return all;
    nanoseconds load{0};
    for (const auto& p : d.load.phases) load += p.duration;
    for (std::size_t c = 0; c < d.conditions.size(); ++c) {
        const auto& one = d.conditions[c];
        if (one.what != vehicle::condition::kind::spike) continue;
        const auto times = std::min(vehicle::occurrences(one, load), spikes_most);
        for (std::uint32_t n = 0; n < times; ++n) {
            const auto from = vehicle::beginning(one, n);
            all.push_back(
                {from, from + one.lasts.a, one.factor, one.name + (one.every ? fmt::format(" {}", n + 1) : ""), c});
        }
    }
    std::ranges::stable_sort(all, {}, &spike::from);
    return all;
}

std::vector<phase> phases_of(const document& d) {
    const auto spikes = spikes_of(d);
    if (spikes.empty()) return d.load.phases;
    cutter made(d.load.phases);
    nanoseconds start{0};
    std::vector<spike> inside;
    for (const auto& p : d.load.phases) {
        const auto end = start + p.duration;
        inside.clear();
        for (const auto& s : spikes)
            if (s.from < end && s.until > start) inside.push_back(s);
        if (inside.empty() || p.pause)
            made.add(p);
        else
            made.cut(p, start, inside);
        start = end;
    }
    return std::move(made).done();
}

loadsim::load::schedule schedule_of(const document& d) { return {phases_of(d), d.load.spacing, d.seed}; }

} // namespace loadsim::scenario
