// Closed-loop measurements of the competitors at saturation: baseline client, loadsim's engine, Paho.
#include "competitors.hpp"
#include "measured_process.hpp"
#include "program_output.hpp"

#include <string>
#include <utility>
#include <vector>

namespace loadsim::bench {
namespace {

metrics run_competitor(const std::string& name, std::vector<std::string> command, const bench_environment& environment,
                       std::uint32_t sessions, std::chrono::seconds measured,
                       std::vector<std::string> extra_arguments = {}) {
    command.insert(command.end(),
                   {"--port", environment.port(), "--sessions", std::to_string(sessions), "--seconds",
                    std::to_string(measured.count()), "--in-flight", std::to_string(max_pending_connects)});
    command.insert(command.end(), extra_arguments.begin(), extra_arguments.end());
    if (!environment.certificates().empty())
        command.insert(command.end(), {"--tls", environment.certificates().string()});
    measured_process process(name, command, environment.folder());
    return bench::read_result(process);
}

} // namespace

metrics baseline_round_trips(const bench_environment& environment, std::uint32_t sessions, std::uint32_t active,
                             std::chrono::seconds measured) {
    return run_competitor("floor", {environment.programs().baseline, "round-trips"}, environment, sessions, measured,
                          {"--active", std::to_string(active)});
}

metrics engine_round_trips(const bench_environment& environment, std::uint32_t sessions, std::uint32_t active,
                           std::chrono::seconds measured) {
    return run_competitor("engine", {environment.programs().engine}, environment, sessions, measured,
                          {"--active", std::to_string(active)});
}

metrics paho_round_trips(const bench_environment& environment, std::uint32_t sessions, std::chrono::seconds measured) {
    return run_competitor("paho", {environment.programs().paho}, environment, sessions, measured);
}

} // namespace loadsim::bench
