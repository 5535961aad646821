#include <loadsim/base/log.hpp>
#include <loadsim/run/run.hpp>

#include "process/local_generator.hpp"
#include "process/process_setup.hpp"
#include "ranks/rank_coordinator.hpp"
#include "ranks/rank_worker.hpp"
#include "run_with_hooks.hpp"
#include "signals.hpp"

#include <loadsim/cluster/mpi_channel.hpp>
#include <loadsim/cluster/spool.hpp>
#include <loadsim/run/ranks.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace loadsim::run {
namespace {

cluster::rank_info rank_info_of(const options& wanted) {
    return wanted.ranks != nullptr ? wanted.ranks->info() : cluster::rank_info{};
}

result<void> execute_single_process(const scenario::scenario_config& scenario, const options& wanted,
                                    const listener& callbacks) {
    const auto compiled = scenario::compile(scenario);
    if (!compiled) return compiled.error();
    auto setup = prepare_target(scenario, *compiled, wanted.folder, {}, wanted.shards, callbacks.on_notice);
    if (!setup) return setup.error();
    const steady_time time;
    local_generator local(scenario, *compiled, *setup, wanted.shards, {}, time);
    stop_signals signals(false);
    return run_with_hooks(local, local, signals, callbacks, time).status;
}

result<void> execute_as_coordinator(const scenario::scenario_config& scenario, const options& wanted,
                                    const listener& callbacks) {
    const auto& rank = wanted.ranks->info();
    const auto folder = cluster::spool_folder(wanted.folder, rank.index);
    const steady_time time;
    stop_signals signals(true);
    cluster::spool_writer spool(folder);
    if (!spool.trouble().empty()) return problems{"", spool.trouble()};
    const auto compiled = scenario::compile(scenario);
    if (!compiled) return compiled.error();
    auto setup = prepare_target(scenario, *compiled, folder, rank, wanted.shards, callbacks.on_notice);
    if (!setup) {
        spool.remove();
        return setup.error();
    }
    local_generator local(scenario, *compiled, *setup, wanted.shards, rank, time);
    rank_coordinator all(local, *wanted.ranks, spool, time);
    const auto end = run_with_hooks(local, all, signals, callbacks, time);
    if (!spool.trouble().empty()) callbacks.on_notice(spool.trouble());
    if (!end.aborted) spool.remove(); // the report is complete, or there is none
    return end.status;
}

} // namespace

std::uint32_t default_shards(bool of_several_ranks) {
    return of_several_ranks ? 1 : std::clamp(std::thread::hardware_concurrency() / 2, 1U, 8U);
}

result<void> execute(const scenario::scenario_config& scenario, const options& requested, const listener& callbacks) {
    auto wanted = requested;
    if (wanted.shards == 0) wanted.shards = default_shards(rank_info_of(requested).count > 1);
    return wanted.ranks != nullptr ? execute_as_coordinator(scenario, wanted, callbacks)
                                   : execute_single_process(scenario, wanted, callbacks);
}

result<void> execute_as_worker(const scenario::scenario_config& scenario, const options& wanted) {
    const auto& rank = wanted.ranks->info();
    const auto folder = cluster::spool_folder(wanted.folder, rank.index);
    const steady_time time;
    stop_signals signals(true);
    cluster::spool_writer spool(folder);
    rank_worker worker(*wanted.ranks, spool, signals, time);
    const auto run_worker = [&] {
        if (!spool.trouble().empty()) return worker.run(nullptr, spool.trouble());
        const auto log = [](const std::string& text) { log_info(text); };
        const auto compiled = scenario::compile(scenario);
        if (!compiled) return worker.run(nullptr, to_string(compiled.error()));
        auto setup = prepare_target(scenario, *compiled, folder, rank, wanted.shards, log);
        if (!setup) return worker.run(nullptr, to_string(setup.error()));
        local_generator local(scenario, *compiled, *setup, wanted.shards, rank, time);
        if (const auto hooks_done = local.run_before_hooks(make_stop_check(signals)); !hooks_done)
            return worker.run(nullptr, to_string(hooks_done.error()));
        const bool released = worker.run(&local, {});
        if (released && !signals.aborted()) run_after_hooks(local, log);
        return released;
    };
    const bool released = run_worker();
    if (!spool.trouble().empty()) log_warning(spool.trouble());
    if (!released) return problems{"", wanted.ranks->trouble()};
    if (!signals.aborted()) spool.remove();
    return {};
}

} // namespace loadsim::run
