#include <loadsim/run/probe.hpp>

#include "process/local_generator.hpp"
#include "stages.hpp"
#include "tools/contract_check.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

namespace loadsim::run {

using namespace std::chrono_literals;

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
    const steady_time time;
    std::mutex one_at_a_time;
    std::vector<traced_message> trace_log;
    const auto trace = [&](const traced_message& u) {
        const std::lock_guard lock(one_at_a_time);
        trace_log.push_back(u);
        on_message(u);
    };
    const auto local =
        start_local_generator(scenario, {.folder = wanted.folder, .trace = trace}, time, callbacks.on_notice);
    if (!local) return local.error();
    const auto signals = handle_stop_signals(false);
    if (const auto end = run_stages(**local, *signals, callbacks, time); !end.status) return end.status.error();
    const std::lock_guard lock(one_at_a_time); // observers may still trace messages
    return check_contract(scenario, (*local)->plan().compiled, trace_log);
}

} // namespace loadsim::run
