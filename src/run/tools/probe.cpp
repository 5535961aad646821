#include <loadsim/run/probe.hpp>

#include "process/local_generator.hpp"
#include "stages.hpp"
#include "tools/contract_check.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;

constexpr auto probe_duration = 1s; ///< of the load; its one request is due at the start

} // namespace

scenario::scenario_config probe_scenario(const scenario::scenario_config& original, const probe_request& wanted) {
    auto scenario = original;
    if (!wanted.vehicle) scenario.fleet.vehicles = 1;
    scenario.fleet.connect_rate.per_second = scenario.fleet.vehicles; // the one vehicle connects at once
    if (!wanted.behaviour.empty())
        for (auto& segment : scenario.fleet.segments) segment.behaviour = wanted.behaviour;
    scenario.conditions.clear();
    scenario.campaigns.clear();
    scenario.budgets = {verdict::parse_budget("unexpected == 0").value()};
    scenario.record = scenario::record::all;
    // The others stay, without requests: templates of the contract may have their parameters.
    auto& services = scenario.load.services;
    if (const auto chosen = std::ranges::find(services, wanted.service, &scenario::service::name);
        chosen != services.end())
        std::rotate(services.begin(), chosen, std::next(chosen));
    for (auto& s : services) s.weight = 0;
    services.front().weight = 1;
    loadsim::load::phase once;
    once.name = "probe";
    once.duration = probe_duration;
    once.arrival_count = 1;
    scenario.load.phases = {once};
    scenario.load.lag_limit = 10s; // latency does not matter in a probe
    return scenario;
}

result<std::vector<contract_finding>> probe(const scenario::scenario_config& scenario, const probe_options& wanted,
                                            const listener& callbacks,
                                            const std::function<void(const traced_message&)>& on_message) {
    const steady_time time;
    std::mutex one_at_a_time;
    std::vector<traced_message> trace_log;
    const auto trace = [&](const traced_message& message) {
        const std::lock_guard lock(one_at_a_time);
        trace_log.push_back(message);
        on_message(message);
    };
    const replay_selection one_request{.vehicle = wanted.vehicle,
                                       .arrivals = {arrival_id{0}},
                                       .until = probe_duration,
                                       .mode = measure::run_mode::run};
    const auto local = start_local_generator(scenario, {.folder = wanted.folder, .replay = one_request, .trace = trace},
                                             time, callbacks.on_notice);
    if (!local) return local.error();
    const auto every_observer_has_ended = [&, reported = false]() mutable {
        const std::lock_guard lock(one_at_a_time);
        if (!awaits_an_observer(scenario, (*local)->plan().compiled, trace_log)) return true;
        if (!std::exchange(reported, true))
            callbacks.on_notice(fmt::format("the request has ended; waiting for all observers, at most {}",
                                            format_duration(scenario.load.drain)));
        return false;
    };
    const linger_time linger{
        .at_least = wanted.linger, .at_most = scenario.load.drain, .complete = every_observer_has_ended};
    const auto signals = handle_stop_signals(false);
    if (const auto end = run_stages(**local, *signals, callbacks, time, linger); !end.status) return end.status.error();
    const std::lock_guard lock(one_at_a_time); // observers may still trace messages
    return check_contract(scenario, (*local)->plan().compiled, wanted.vehicle, trace_log);
}

} // namespace loadsim::run
