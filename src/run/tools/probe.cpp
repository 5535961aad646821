#include <loadsim/run/probe.hpp>

#include "process/local_generator.hpp"
#include "process/process_setup.hpp"
#include "run_with_hooks.hpp"
#include "signals.hpp"
#include "tools/contract_check.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;

} // namespace

scenario::scenario_config probe_scenario(const scenario::scenario_config& original, const std::string& service) {
    auto d = original;
    d.fleet.vehicles = 1;
    d.conditions.clear();
    d.campaigns.clear();
    d.budgets = {verdict::parse_budget("unexpected == 0").value()};
    d.record = scenario::record::all;
    if (!service.empty())
        std::erase_if(d.load.services, [&](const auto& s) { return s.name != service; });
    else
        d.load.services.resize(1);
    loadsim::load::phase once;
    once.name = "probe";
    once.duration = 1s;
    once.arrival_count = 1;
    d.load.phases = {once};
    d.load.lag_limit = 10s; // latency does not matter in a probe
    return d;
}

result<std::vector<contract_finding>> probe(const scenario::scenario_config& scenario, const probe_options& wanted,
                                            const listener& callbacks,
                                            const std::function<void(const traced_message&)>& on_message) {
    const auto compiled = scenario::compile(scenario);
    if (!compiled) return compiled.error();
    auto setup = start_target(scenario, *compiled, wanted.folder, callbacks.on_notice);
    if (!setup) return setup.error();
    const steady_time time;
    std::mutex one_at_a_time;
    std::vector<traced_message> trace_log;
    const auto trace = [&](const traced_message& u) {
        const std::lock_guard lock(one_at_a_time);
        trace_log.push_back(u);
        on_message(u);
    };
    local_generator local(scenario, *compiled, *setup, 1, {}, time, {.replay = {}, .tap = nullptr, .trace = trace});
    stop_signals signals(false);
    const auto status = run_with_hooks(local, local, signals, callbacks, time).status;
    if (!status) return status.error();
    const std::lock_guard lock(one_at_a_time); // observers may still trace messages
    return check_contract(scenario, *compiled, trace_log);
}

} // namespace loadsim::run
