#include <loadsim/run/planned.hpp>

#include "shared_plan.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/vehicle/script.hpp>

#include <fmt/format.h>

namespace loadsim::run {
namespace {

using vehicle::step;
using vehicle::word;

std::string_view name_of(word::kind k) {
    switch (k) {
    case word::kind::ack: return "ack";
    case word::kind::running: return "running";
    case word::kind::executed: return "executed";
    case word::kind::failed: return "failed";
    }
    return {};
}

std::string_view name_of(vehicle::parting p) {
    switch (p) {
    case vehicle::parting::clean: return "clean";
    case vehicle::parting::abrupt: return "abrupt";
    case vehicle::parting::half_open: return "half-open";
    }
    return {};
}

std::string text_of(const vehicle::action& a) {
    switch (a.what) {
    case step::kind::wait: return "wait " + format_duration(a.lasts);
    case step::kind::say: return fmt::format("{}{}", name_of(a.said->what), a.said->is_plain() ? "" : " (garbled)");
    case step::kind::execute: return "execute";
    case step::kind::drop: return "drop";
    case step::kind::disconnect: return fmt::format("disconnect {}", name_of(a.way));
    case step::kind::reconnect: return "reconnect";
    case step::kind::takeover: return "takeover " + format_duration(a.lasts);
    case step::kind::stall: return "stall " + format_duration(a.lasts);
    case step::kind::choose: break; // chosen
    }
    return {};
}

std::string text_of(const vehicle::script& s) {
    std::string text;
    for (const auto& a : s.actions) text += (text.empty() ? "" : "; ") + text_of(a);
    return text;
}

} // namespace

std::string plan_header() { return "arrival\tdue_s\tvin\tsegment\tbehaviour\tservice\tphase\texpected\tsteps"; }

std::string strikes_header() { return "condition\toccurrence\tfrom_s\tuntil_s\tvin"; }

void write_plan(const scenario::document& scenario, shard_share share,
                const std::function<void(arrival_id, const std::string& line)>& write) {
    const auto words = scenario::learn(scenario).value();
    const shared_plan plan(scenario, words);
    load::schedule::cursor all(plan.schedule);
    while (const auto a = all.next()) {
        const auto v = load::candidates(scenario.seed, a->id, scenario.fleet.vehicles).first();
        if (!share.owns(v)) continue;
        const auto due = plan.due_of(*a, v);
        const auto& service = plan.names.services[due.service];
        auto choices = vehicle::draws_of(scenario.seed, a->id);
        const auto script = vehicle::resolve(plan.behaviours[due.segment], service, choices);
        write(a->id, fmt::format("{}\t{:.9f}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", number(a->id), seconds(a->due),
                                 plan.vin_of(v), plan.names.segments[due.segment], plan.names.behaviours[due.segment],
                                 service, plan.names.phases[a->phase], to_string(due.expected), text_of(script)));
    }
}

void write_strikes(const scenario::document& scenario, shard_share share,
                   const std::function<void(vehicle_id, const std::string& line)>& write) {
    const auto words = scenario::learn(scenario).value();
    const shared_plan plan(scenario, words);
    for (std::uint64_t i = share.index; i < scenario.fleet.vehicles; i += share.count) {
        const vehicle_id v{static_cast<std::uint32_t>(i)};
        const auto& segment = plan.names.segments[plan.segments.segment_of(v)];
        for (std::uint32_t c = 0; c < scenario.conditions.size(); ++c) {
            const auto& one = scenario.conditions[c];
            if (!vehicle::strikes_vehicles(one.what) || !vehicle::befalls(one, segment)) continue;
            for (std::uint32_t n = 0; n < vehicle::occurrences(one, plan.schedule.duration()); ++n)
                if (const auto struck = vehicle::strike_of(one, c, n, scenario.seed, v))
                    write(v, fmt::format("{}\t{}\t{:.9f}\t{:.9f}\t{}", one.name, n, seconds(struck->from),
                                         seconds(struck->until), plan.vin_of(v)));
        }
    }
}

} // namespace loadsim::run
