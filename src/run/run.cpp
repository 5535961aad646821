#include <loadsim/base/log.hpp>
#include <loadsim/run/load_sequence.hpp>
#include <loadsim/run/run.hpp>

#include "process/local_generator.hpp"
#include "ranks/rank_coordinator.hpp"
#include "ranks/rank_worker.hpp"
#include "stages.hpp"

#include <loadsim/cluster/channel.hpp>
#include <loadsim/cluster/spool.hpp>
#include <loadsim/run/ranks.hpp>
#include <loadsim/target/resource_requirements.hpp>

#include <fmt/format.h>

#include <memory>
#include <thread>

namespace loadsim::run {
namespace {

local_generator_options generator_options(const options& wanted, const cluster::rank_info& rank,
                                          const std::filesystem::path& folder) {
    return {
        .folder = folder, .shards = wanted.shards, .rank = rank, .trace_run = wanted.trace_run, .check_machine = true};
}

result<void> execute_single_process(const scenario::scenario_config& scenario, const options& wanted,
                                    const listener& callbacks, const load_sequence* sequence = nullptr) {
    const steady_time time;
    const auto local =
        start_local_generator(scenario, generator_options(wanted, {}, wanted.folder), time, callbacks.on_notice);
    if (!local) return local.error();
    const auto signals = handle_stop_signals(false);
    return run_stages(**local, *signals, callbacks, time, {}, sequence).status;
}

result<void> execute_as_coordinator(const scenario::scenario_config& scenario, const options& wanted,
                                    const listener& callbacks) {
    const auto& rank = wanted.ranks->info();
    const auto folder = cluster::spool_folder(wanted.folder, rank.index);
    const steady_time time;
    const auto signals = handle_stop_signals(true);
    cluster::spool_writer spool(folder);
    if (!spool.error().empty()) return problems{"", spool.error()};
    const auto local =
        start_local_generator(scenario, generator_options(wanted, rank, folder), time, callbacks.on_notice);
    if (!local) {
        spool.remove();
        return local.error();
    }
    rank_coordinator all(**local, *wanted.ranks, spool, time);
    const auto end = run_stages(all, *signals, callbacks, time);
    if (!spool.error().empty()) callbacks.on_notice(spool.error());
    if (!end.aborted) spool.remove(); // the report is complete, or there is none
    return end.status;
}

} // namespace

std::uint32_t default_shards(bool of_several_ranks) {
    return target::default_shards(std::thread::hardware_concurrency(), of_several_ranks);
}

result<void> execute(const scenario::scenario_config& scenario, const options& requested, const listener& callbacks) {
    auto wanted = requested;
    if (wanted.shards == 0) wanted.shards = default_shards(wanted.ranks != nullptr && wanted.ranks->info().count > 1);
    return wanted.ranks != nullptr ? execute_as_coordinator(scenario, wanted, callbacks)
                                   : execute_single_process(scenario, wanted, callbacks);
}

result<void> execute_loads(const scenario::scenario_config& scenario, const options& requested,
                           const listener& callbacks, const load_sequence& sequence) {
    auto wanted = requested;
    if (wanted.shards == 0) wanted.shards = default_shards(false);
    return execute_single_process(scenario, wanted, callbacks, &sequence);
}

result<void> execute_as_worker(const scenario::scenario_config& scenario, const options& wanted) {
    const auto& rank = wanted.ranks->info();
    const auto folder = cluster::spool_folder(wanted.folder, rank.index);
    const steady_time time;
    const auto signals = handle_stop_signals(true);
    cluster::spool_writer spool(folder);
    rank_worker worker(*wanted.ranks, spool, *signals, time);
    const auto run_worker = [&] {
        if (!spool.error().empty()) return worker.run(nullptr, spool.error());
        const auto report_busy = [&worker] { worker.report_busy(); };
        const auto log = [&worker](const std::string& text) {
            log_info(text);
            worker.report_busy(); // a component of the set-up has started
        };
        const auto local = start_local_generator(scenario, generator_options(wanted, rank, folder), time, log);
        if (!local) return worker.run(nullptr, to_string(local.error()));
        if (const auto done = run_before_hooks(**local, *signals, report_busy); !done)
            return worker.run(nullptr, to_string(done.error()));
        const bool hooks_done = !signals->any();
        const bool released = worker.run(local->get(), {});
        if (released && !signals->aborted() && hooks_done)
            if (const auto done = run_after_hooks(**local, report_busy); !done)
                worker.report_failed_hook(to_string(done.error()));
        return released;
    };
    const bool released = run_worker();
    if (!spool.error().empty()) log_warning(spool.error());
    if (!released) return problems{"", wanted.ranks->error()};
    if (!signals->aborted()) spool.remove();
    return {};
}

} // namespace loadsim::run
