// The contenders that bring a fleet and may be sent commands: the floor and the real program, by the same yardstick.
#include "contenders.hpp"
#include "process_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <thread>

namespace loadsim::bench {
namespace {

using namespace std::chrono_literals;

/// At scale, each process's turn to bring its part on line. All of them have to be through with everything before the first
/// pings, 60 s after the first connects.
constexpr auto turn = 4s;
constexpr auto to_calm_down = 1s;
/// At scale: nobody is to have its load while another one still connects, or say goodbye while another one has its load.
constexpr auto apart = 6s;
constexpr auto margin = 2s; ///< from the load to where CPU is read: nothing else is going on there

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
figures fleet_of(const stage& on, std::uint32_t sessions) {
    const course wanted{.vehicles = sessions};
    Run run(on, wanted);
    const double per_s = run.await_online();
    sleep_until_before_load(run, wanted.idle_before);
    const figures all{{"connects_per_s", per_s},
                      {"cpu_s", cpu_seconds(run.pid())},
                      {"rss_bytes", static_cast<double>(resident_bytes(run.pid()))}};
    run.finish();
    return all;
}

template <class Run>
figures exchange_of(const stage& on, std::uint32_t sessions, std::uint32_t per_second, std::chrono::seconds measured) {
    const course wanted{.vehicles = sessions, .per_second = per_second, .load = measured};
    Run run(on, wanted);
    run.await_online();
    sleep_until_before_load(run, wanted.idle_before);
    const double before = cpu_seconds(run.pid());
    sleep_until_after_load(run, wanted.idle_before, wanted.load);
    const double used = cpu_seconds(run.pid()) - before;
    auto all = run.finish();
    all["cpu_per_exchange_us"] = used / all.at("requests") * 1e6;
    return all;
}

template <class Run>
figures at_scale(const programs& all_programs, const std::filesystem::path& scratch, std::uint32_t sessions,
                 std::uint32_t processes, std::uint32_t per_second, std::chrono::seconds measured) {
    std::deque<stage> stages;
    std::deque<Run> runs;
    std::vector<std::chrono::seconds> idle;
    figures all{{"processes", processes}, {"lag_p99_ms", 0}};
    for (std::uint32_t i = 0; i < processes; ++i) {
        const auto turn_ends = std::chrono::steady_clock::now() + turn;
        stages.emplace_back(all_programs, scratch, fmt::format("scale-{}", i));
        // The earlier it connects, the longer it waits: all of them get their load at the same time.
        idle.push_back(apart + turn * (processes - 1 - i));
        runs.emplace_back(stages.back(), course{.vehicles = sessions / processes,
                                                .per_second = per_second / processes,
                                                .idle_before = idle.back(),
                                                .load = measured,
                                                .idle_after = apart});
        runs.back().await_online();
        std::this_thread::sleep_for(to_calm_down);
        all["cpu_connect_s"] += cpu_seconds(runs.back().pid());
        if (std::chrono::steady_clock::now() > turn_ends)
            throw std::runtime_error(
                "a process has not brought its sessions on line in its turn; the machine is too busy");
        std::this_thread::sleep_until(turn_ends);
    }
    // Still before the load of any of them: their turns are done, and the last one's wait has begun with its own.
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
        const auto part = run.finish();
        all["requests"] += part.at("requests");
        all["lag_p99_ms"] = std::max(all["lag_p99_ms"], part.at("lag_p99_ms"));
    }
    all["cpu_per_exchange_us"] = all["cpu_load_s"] / all["requests"] * 1e6;
    return all;
}

template figures fleet_of<floor_run>(const stage&, std::uint32_t);
template figures fleet_of<loadsim_run>(const stage&, std::uint32_t);
template figures exchange_of<floor_run>(const stage&, std::uint32_t, std::uint32_t, std::chrono::seconds);
template figures exchange_of<loadsim_run>(const stage&, std::uint32_t, std::uint32_t, std::chrono::seconds);
template figures at_scale<floor_run>(const programs&, const std::filesystem::path&, std::uint32_t, std::uint32_t,
                                     std::uint32_t, std::chrono::seconds);
template figures at_scale<loadsim_run>(const programs&, const std::filesystem::path&, std::uint32_t, std::uint32_t,
                                       std::uint32_t, std::chrono::seconds);

} // namespace loadsim::bench
