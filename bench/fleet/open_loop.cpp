// Open-loop measurements of the competitors that receive commands: the baseline client and loadsim, measured identically.
#include "competitors.hpp"
#include "process_usage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <thread>

namespace loadsim::bench {
namespace {

using namespace std::chrono_literals;

/// At scale: time slot in which one process connects its sessions. All processes must finish the run before the first pings,
/// 60 s after the first connects.
constexpr auto connect_slot = 4s;
constexpr auto settle_time = 1s;
/// At scale: gap that separates the load of one process from connects and disconnects of the others.
constexpr auto load_gap = 6s;
constexpr auto margin = 2s; ///< from the load to the CPU readings, during which the process is idle

template <class Run>
void sleep_until_before_load(const Run& run, std::chrono::seconds idle) {
    std::this_thread::sleep_until(run.online_since() + idle - margin);
}

template <class Run>
void sleep_until_after_load(const Run& run, std::chrono::seconds idle, std::chrono::seconds load) {
    std::this_thread::sleep_until(run.online_since() + idle + load + margin);
}

} // namespace

template <class Run>
metrics measure_idle_fleet(const bench_environment& environment, std::uint32_t sessions) {
    const workload spec{.vehicles = sessions};
    Run run(environment, spec);
    const double per_s = run.await_online();
    sleep_until_before_load(run, spec.idle_before);
    const metrics all{{"connects_per_s", per_s},
                      {"cpu_s", cpu_seconds(run.pid())},
                      {"rss_bytes", static_cast<double>(resident_bytes(run.pid()))}};
    run.finish();
    return all;
}

template <class Run>
metrics measure_load(const bench_environment& environment, const workload& spec) {
    Run run(environment, spec);
    run.await_online();
    sleep_until_before_load(run, spec.idle_before);
    const double before = cpu_seconds(run.pid());
    sleep_until_after_load(run, spec.idle_before, spec.load);
    const double used = cpu_seconds(run.pid()) - before;
    auto all = run.finish();
    all[spec.telemetry_qos ? "cpu_per_message_us" : "cpu_per_exchange_us"] = used / all.at("requests") * 1e6;
    return all;
}

template <class Run>
metrics measure_exchange(const bench_environment& environment, std::uint32_t sessions, std::uint32_t per_second,
                         std::chrono::seconds measured) {
    return measure_load<Run>(environment, {.vehicles = sessions, .per_second = per_second, .load = measured});
}

template <class Run>
metrics measure_telemetry(const bench_environment& environment, std::uint32_t sessions, std::uint32_t per_second,
                          int qos, std::chrono::seconds measured) {
    return measure_load<Run>(environment,
                             {.vehicles = sessions, .per_second = per_second, .load = measured, .telemetry_qos = qos});
}

template <class Run>
metrics measure_at_scale(const programs& all_programs, const std::filesystem::path& scratch, std::uint32_t sessions,
                         std::uint32_t processes, std::uint32_t per_second, std::chrono::seconds measured) {
    std::deque<bench_environment> environments;
    std::deque<Run> runs;
    std::vector<std::chrono::seconds> idle;
    metrics all{{"processes", processes}, {"lag_p99_ms", 0}};
    for (std::uint32_t i = 0; i < processes; ++i) {
        const auto slot_end = std::chrono::steady_clock::now() + connect_slot;
        environments.emplace_back(all_programs, scratch, fmt::format("scale-{}", i));
        // Earlier processes idle longer, so that the load starts at the same time for all.
        idle.push_back(load_gap + connect_slot * (processes - 1 - i));
        runs.emplace_back(environments.back(), workload{.vehicles = sessions / processes,
                                                        .per_second = per_second / processes,
                                                        .idle_before = idle.back(),
                                                        .load = measured,
                                                        .idle_after = load_gap});
        runs.back().await_online();
        std::this_thread::sleep_for(settle_time);
        all["cpu_connect_s"] += cpu_seconds(runs.back().pid());
        if (std::chrono::steady_clock::now() > slot_end)
            throw std::runtime_error(
                "a process has not brought its sessions online in its turn; the machine is too busy");
        std::this_thread::sleep_until(slot_end);
    }
    // Before any load: all time slots are over, and the last process idles for `apart`.
    std::vector<double> before;
    for (auto& run : runs) {
        before.push_back(cpu_seconds(run.pid()));
        all["rss_bytes"] += static_cast<double>(resident_bytes(run.pid()));
    }
    for (std::size_t i = 0; i < runs.size(); ++i) {
        sleep_until_after_load(runs[i], idle[i], measured);
        all["cpu_load_s"] += cpu_seconds(runs[i].pid()) - before[i];
    }
    for (auto& run : runs) {
        const auto metrics_of_run = run.finish();
        all["requests"] += metrics_of_run.at("requests");
        all["lag_p99_ms"] = std::max(all["lag_p99_ms"], metrics_of_run.at("lag_p99_ms"));
    }
    all["cpu_per_exchange_us"] = all["cpu_load_s"] / all["requests"] * 1e6;
    return all;
}

template metrics measure_idle_fleet<baseline_run>(const bench_environment&, std::uint32_t);
template metrics measure_idle_fleet<loadsim_run>(const bench_environment&, std::uint32_t);
template metrics measure_exchange<baseline_run>(const bench_environment&, std::uint32_t, std::uint32_t,
                                                std::chrono::seconds);
template metrics measure_exchange<loadsim_run>(const bench_environment&, std::uint32_t, std::uint32_t,
                                               std::chrono::seconds);
template metrics measure_telemetry<baseline_run>(const bench_environment&, std::uint32_t, std::uint32_t, int,
                                                 std::chrono::seconds);
template metrics measure_telemetry<loadsim_run>(const bench_environment&, std::uint32_t, std::uint32_t, int,
                                                std::chrono::seconds);
template metrics measure_at_scale<baseline_run>(const programs&, const std::filesystem::path&, std::uint32_t,
                                                std::uint32_t, std::uint32_t, std::chrono::seconds);
template metrics measure_at_scale<loadsim_run>(const programs&, const std::filesystem::path&, std::uint32_t,
                                               std::uint32_t, std::uint32_t, std::chrono::seconds);

} // namespace loadsim::bench
