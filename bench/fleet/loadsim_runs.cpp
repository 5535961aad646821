// The real program as a contender.
#include "contenders.hpp"
#include "loadsim_run.hpp"
#include "process_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <thread>

namespace loadsim::bench {
namespace {
using namespace std::chrono_literals;
constexpr auto to_connect = 8s; ///< at scale, each process's turn to bring its part on line
} // namespace

figures loadsim_fleet(const stage& on, std::uint32_t sessions) {
    loadsim_run run(on, {.vehicles = sessions});
    run.await_online();
    run.sleep_until_before_load();
    figures all{{"connects_per_s", run.connects_per_s()},
                {"cpu_s", cpu_seconds(run.pid())},
                {"rss_bytes", static_cast<double>(resident_bytes(run.pid()))}};
    run.finish();
    return all;
}

figures loadsim_exchange(const stage& on, std::uint32_t sessions, std::uint32_t per_second,
                         std::chrono::seconds measured) {
    loadsim_run run(on, {.vehicles = sessions, .per_second = per_second, .load = measured});
    run.await_online();
    run.sleep_until_before_load();
    const double before = cpu_seconds(run.pid());
    run.sleep_until_after_load();
    const double used = cpu_seconds(run.pid()) - before;
    auto all = run.finish();
    all["cpu_per_exchange_us"] = used / all["requests"] * 1e6;
    return all;
}

figures loadsim_at_scale(const programs& all_programs, const std::filesystem::path& scratch, std::uint32_t sessions,
                         std::uint32_t processes, std::uint32_t per_second, std::chrono::seconds measured) {
    std::deque<stage> stages;
    std::deque<loadsim_run> runs;
    figures all{{"processes", processes}, {"lag_p99_ms", 0}};
    for (std::uint32_t i = 0; i < processes; ++i) {
        stages.emplace_back(all_programs, scratch, fmt::format("scale-{}", i));
        // The earlier it connects, the longer it waits: all of them get their load at the same time.
        const std::chrono::seconds idle = 4s + to_connect * (processes - 1 - i);
        runs.emplace_back(stages.back(), course{.vehicles = sessions / processes,
                                                .per_second = per_second / processes,
                                                .idle = idle,
                                                .load = measured,
                                                .vds = fmt::format("SME{:02}", i)});
        const auto turn_ends = std::chrono::steady_clock::now() + to_connect;
        runs.back().await_online();
        if (i + 1 != processes) std::this_thread::sleep_until(turn_ends);
    }
    runs.back().sleep_until_before_load();
    std::vector<double> before;
    for (auto& run : runs) {
        before.push_back(cpu_seconds(run.pid()));
        all["cpu_connect_s"] += before.back();
        all["rss_bytes"] += static_cast<double>(resident_bytes(run.pid()));
    }
    for (const auto& run : runs) run.sleep_until_after_load();
    for (std::size_t i = 0; i < runs.size(); ++i) all["cpu_load_s"] += cpu_seconds(runs[i].pid()) - before[i];
    for (auto& run : runs) {
        const auto part = run.finish();
        all["requests"] += part.at("requests");
        all["lag_p99_ms"] = std::max(all["lag_p99_ms"], part.at("lag_p99_ms"));
    }
    all["cpu_per_exchange_us"] = all["cpu_load_s"] / all["requests"] * 1e6;
    return all;
}

} // namespace loadsim::bench
