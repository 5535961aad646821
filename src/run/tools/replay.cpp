#include <loadsim/run/replay.hpp>

#include "clock_conversion.hpp"
#include "process/local_generator.hpp"
#include "process/process_setup.hpp"
#include "run_with_hooks.hpp"
#include "signals.hpp"
#include "tools/replay_selection.hpp"

#include <loadsim/net/pcap_writer.hpp>

#include <memory>

namespace loadsim::run {
namespace {

/// The scenario with a connect rate at which the single vehicle connects at once, and with all requests recorded.
scenario::scenario_config single_vehicle_scenario(const scenario::scenario_config& original) {
    auto d = original;
    d.fleet.connect_rate.per_second = original.fleet.vehicles;
    d.record = scenario::record::all;
    return d;
}

result<void> run_replay(const scenario::scenario_config& scenario, const local_generator_options& options,
                        const std::filesystem::path& folder, const listener& callbacks) {
    const auto compiled = scenario::compile(scenario);
    if (!compiled) return compiled.error();
    auto setup = start_target(scenario, *compiled, folder, callbacks.on_notice);
    if (!setup) return setup.error();
    const steady_time time;
    local_generator local(scenario, *compiled, *setup, 1, {}, time, options);
    stop_signals signals(false);
    return run_with_hooks(local, local, signals, callbacks, time).status;
}

} // namespace

result<void> replay(const scenario::scenario_config& original, const replay_options& wanted,
                    const listener& callbacks) {
    const auto scenario = single_vehicle_scenario(original);
    auto selection = select_requests(scenario, wanted.vehicle, wanted.arrivals);
    if (!selection) return selection.error();
    std::unique_ptr<net::pcap_writer> capture;
    if (!wanted.capture_file.empty()) {
        auto opened = net::pcap_writer::open(wanted.capture_file, steady_time{}.now(), system_time_us());
        if (!opened) return opened.error();
        capture = std::move(*opened);
    }
    const auto status = run_replay(scenario, {.replay = *selection, .tap = capture.get()}, wanted.folder, callbacks);
    if (!status) return status;
    if (capture)
        if (const auto error = capture->error(); !error.empty()) return problems{wanted.capture_file.string(), error};
    return {};
}

} // namespace loadsim::run
