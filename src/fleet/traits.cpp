#include "traits.hpp"

#include <loadsim/vehicle/registry.hpp>

#include <algorithm>

namespace loadsim::fleet {
namespace {

/// Where the draws for what slow links add begin: among those of conditions, away from those that decide who is struck.
constexpr std::uint64_t first_delay_draw = std::uint64_t{1} << 63U;

} // namespace

contract::values known_of(const plan& p, vehicle_id v) {
    const auto segment = p.segments.segment_of(v);
    return {.index = index(v),
            .segment = p.segment_names[segment],
            .data = p.cars.row(v),
            .segment_variables = p.segment_variables[segment]};
}

bool speaks_of_previous(const std::vector<vehicle::step>& steps) {
    return std::ranges::any_of(steps, [](const vehicle::step& s) {
        return (s.what == vehicle::step::kind::say && s.said.request == vehicle::word::about::previous) ||
               std::ranges::any_of(s.branches, [](const vehicle::branch& b) { return speaks_of_previous(b.steps); });
    });
}

std::string_view bearer_of(const vehicle::sleep& s) {
    return s.woken_by == vehicle::sleep::bearer::udp ? "udp" : "sms";
}

std::string_view text_of(vehicle::parting way) {
    switch (way) {
    case vehicle::parting::clean: return "it said goodbye";
    case vehicle::parting::abrupt: return "it reset the connection";
    case vehicle::parting::half_open: return "it fell silent";
    }
    return {};
}

bool is_meant(const plan& p, const vehicle::condition& c, vehicle_id v) {
    return vehicle::befalls(c, p.segment_names[p.segments.segment_of(v)]);
}

bool powers_on_later(const plan& p, vehicle_id v) {
    for (std::uint32_t i = 0; i < p.conditions.size(); ++i) {
        const auto& c = p.conditions[i];
        if (c.what == vehicle::condition::kind::power_on && is_meant(p, c, v) && strike_of(c, i, 0, p.seed, v))
            return true;
    }
    return false;
}

bool is_lost(const plan& p, const std::vector<std::uint32_t>& lossy, vehicle_id v, std::uint32_t word) {
    if (lossy.empty()) return false;
    double arrives = 1;
    for (const auto which : lossy) arrives *= 1 - p.conditions[which].loss.of_one;
    return draw_unit(p.seed, stream::loss, index(v), word) >= arrives;
}

net::pace::limits slowness(const plan& p, const std::vector<std::uint32_t>& slow, vehicle_id v, std::uint64_t& drawn) {
    draws chance(p.seed, stream::condition, index(v), first_delay_draw + drawn);
    net::pace::limits all;
    double seconds_a_byte = 0;
    for (const auto which : slow) {
        const auto& one = p.conditions[which];
        if (one.bytes_per_second > 0) seconds_a_byte += 1 / one.bytes_per_second;
        all.added += sample(one.added, chance);
    }
    drawn = chance.counter() - first_delay_draw;
    if (seconds_a_byte > 0) all.bytes_per_second = 1 / seconds_a_byte;
    return all;
}

nanoseconds beginning(const plan& p, const measure::totals::occurrence_key& key) {
    return vehicle::beginning(p.conditions[key.first], key.second);
}

} // namespace loadsim::fleet
