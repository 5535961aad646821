// The contenders that print their figures: the floor, the engine by itself, Paho.
#include "child.hpp"
#include "connecting.hpp"
#include "contenders.hpp"
#include "process_figures.hpp"
#include "said.hpp"

#include <thread>

namespace loadsim::bench {
namespace {

using namespace std::chrono_literals;
constexpr auto until_quiet = 2s; ///< after the last session stands

std::vector<std::string> floor_command(const stage& on, const std::string& mode, std::uint32_t sessions) {
    return {on.programs().floor,
            mode,
            "--port",
            on.port(),
            "--sessions",
            std::to_string(sessions),
            "--in-flight",
            std::to_string(connects_at_once)};
}

void add(std::vector<std::string>& command, const std::string& name, std::int64_t value) {
    command.push_back(name);
    command.push_back(std::to_string(value));
}

} // namespace

figures floor_fleet(const stage& on, std::uint32_t sessions) {
    auto command = floor_command(on, "connect", sessions);
    add(command, "--hold", std::chrono::seconds{until_quiet + 1s}.count());
    child floor("floor", command, on.folder());
    figures all;
    all["connects_per_s"] =
        connects_per_second(floor, sessions, [&] { return floor.errors().find("floor: online") != std::string::npos; });
    std::this_thread::sleep_for(until_quiet);
    all["cpu_s"] = cpu_seconds(floor.pid());
    all["rss_bytes"] = static_cast<double>(resident_bytes(floor.pid()));
    result_of(floor);
    return all;
}

figures floor_round_trips(const stage& on, std::uint32_t sessions, std::uint32_t active,
                          std::chrono::seconds measured) {
    auto command = floor_command(on, "round-trips", sessions);
    add(command, "--active", active);
    add(command, "--seconds", measured.count());
    child floor("floor", command, on.folder());
    return result_of(floor);
}

figures engine_round_trips(const stage& on, std::uint32_t sessions, std::uint32_t active,
                           std::chrono::seconds measured) {
    std::vector<std::string> command{on.programs().engine, "--port", on.port()};
    add(command, "--sessions", sessions);
    add(command, "--active", active);
    add(command, "--seconds", measured.count());
    add(command, "--in-flight", connects_at_once);
    child engine("engine", command, on.folder());
    return result_of(engine);
}

figures paho_round_trips(const stage& on, std::uint32_t sessions, std::chrono::seconds measured) {
    std::vector<std::string> command{on.programs().paho, "--port", on.port()};
    add(command, "--sessions", sessions);
    add(command, "--seconds", measured.count());
    add(command, "--in-flight", connects_at_once);
    child paho("paho", command, on.folder());
    return result_of(paho);
}

figures floor_exchange(const stage& on, std::uint32_t sessions, std::uint32_t per_second,
                       std::chrono::seconds measured) {
    auto command = floor_command(on, "exchange", sessions);
    add(command, "--per-second", per_second);
    add(command, "--seconds", measured.count());
    add(command, "--warm-up", 0); // as loadsim's run: from the first command to the last
    child floor("floor", command, on.folder());
    auto all = result_of(floor);
    for (const char* name : {"latency_p50", "latency_p99", "latency_max", "lag_p99", "lag_max"})
        all[std::string(name) + "_ms"] = all[std::string(name) + "_us"] / 1e3;
    return all;
}

} // namespace loadsim::bench
