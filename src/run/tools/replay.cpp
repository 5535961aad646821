#include "tools/replay_selection.hpp"

#include "process/local_generator.hpp"
#include "stages.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/net/pcap_writer.hpp>
#include <loadsim/run/replay.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace loadsim::run {
namespace {

/// Lead time before the first request: the vehicle connects, and a capture contains its CONNECT.
constexpr nanoseconds lead_time = std::chrono::seconds{1};
/// Time after the vehicle's last step, for the platform's completion event.
constexpr nanoseconds trailing_time = std::chrono::milliseconds{500};

/// Duration of the vehicle's steps: late responses are a reason for replays, so the load must last that long.
nanoseconds steps_duration(const run_plan& plan, arrival_id a, vehicle_id requested_vehicle) {
    const auto due = plan.due_request_of({.id = a}, requested_vehicle);
    auto choices = vehicle::random_stream_of(plan.scenario.seed, a);
    nanoseconds all{0};
    for (const auto& step :
         vehicle::resolve(plan.behaviours[due.segment], plan.labels.services[due.service], choices).steps)
        if (step.type == vehicle::step::kind::wait) all += step.duration;
    return all;
}

/// The scenario with a connect rate at which the single vehicle connects at once, and with all requests recorded.
scenario::scenario_config single_vehicle_scenario(const scenario::scenario_config& original) {
    auto scenario = original;
    scenario.fleet.connect_rate.per_second = original.fleet.vehicles;
    scenario.record = scenario::record::all;
    return scenario;
}

} // namespace

result<replay_selection> select_requests(const scenario::scenario_config& scenario, vehicle_id requested_vehicle,
                                         std::vector<arrival_id> arrivals) {
    if (index(requested_vehicle) >= scenario.fleet.vehicles)
        return problems{"", fmt::format("the scenario has {} vehicles, and this would be the one at {}",
                                        scenario.fleet.vehicles, index(requested_vehicle))};
    if (arrivals.empty()) return problems{"", "no request is to be repeated"};
    std::ranges::sort(arrivals);
    const auto compiled = scenario::compile(scenario);
    if (!compiled) return compiled.error();
    const run_plan plan(scenario, *compiled);
    const auto& schedule = plan.schedule();
    if (number(arrivals.back()) >= schedule.size())
        return problems{"", fmt::format("the scenario's plan has {} requests, and none with the number {}; is it the "
                                        "scenario of that run?",
                                        schedule.size(), number(arrivals.back()))};
    replay_selection selection{.vehicle = requested_vehicle, .arrivals = std::move(arrivals)};
    load::schedule::cursor all(schedule);
    for (auto a = all.next(); a && a->id <= selection.arrivals.back(); a = all.next()) {
        if (a->id == selection.arrivals.front()) selection.from = std::max(a->due - lead_time, nanoseconds{0});
        if (std::ranges::binary_search(selection.arrivals, a->id))
            selection.until =
                std::max(selection.until, a->due + steps_duration(plan, a->id, requested_vehicle) + trailing_time);
    }
    return selection;
}

result<void> replay(const scenario::scenario_config& original, const replay_options& wanted,
                    const listener& callbacks) {
    const auto scenario = single_vehicle_scenario(original);
    auto selection = select_requests(scenario, wanted.vehicle, wanted.arrivals);
    if (!selection) return selection.error();
    std::unique_ptr<net::pcap_writer> capture;
    const steady_time time;
    if (!wanted.capture_file.empty()) {
        auto opened = net::pcap_writer::open(wanted.capture_file, time.now(), system_time_us());
        if (!opened) return opened.error();
        capture = std::move(*opened);
        print_error(
            fmt::format("{}: only you can read this file (mode 0600): it holds passwords, tokens and payloads in "
                        "plain text; delete it when you no longer need it\n",
                        wanted.capture_file.string()));
    }
    {
        const auto local = start_local_generator(
            scenario, {.folder = wanted.folder, .replay = std::move(*selection), .tap = capture.get()}, time,
            callbacks.on_notice);
        if (!local) return local.error();
        const auto signals = handle_stop_signals(false);
        if (const auto end = run_stages(**local, *signals, callbacks, time); !end.status) return end.status;
    }
    if (capture)
        if (const auto error = capture->error(); !error.empty()) return problems{wanted.capture_file.string(), error};
    return {};
}

} // namespace loadsim::run
