// The contenders at saturation: the floor, the engine by itself, Paho.
#include "child.hpp"
#include "contenders.hpp"
#include "said.hpp"

#include <string>
#include <utility>
#include <vector>

namespace loadsim::bench {
namespace {

figures result_of(const std::string& name, std::vector<std::string> command, const stage& on, std::uint32_t sessions,
                  std::chrono::seconds measured, std::vector<std::string> more = {}) {
    command.insert(command.end(), {"--port", on.port(), "--sessions", std::to_string(sessions), "--seconds",
                                   std::to_string(measured.count()), "--in-flight", std::to_string(connects_at_once)});
    command.insert(command.end(), more.begin(), more.end());
    child process(name, command, on.folder());
    return bench::result_of(process);
}

} // namespace

figures floor_round_trips(const stage& on, std::uint32_t sessions, std::uint32_t active,
                          std::chrono::seconds measured) {
    return result_of("floor", {on.programs().floor, "round-trips"}, on, sessions, measured,
                     {"--active", std::to_string(active)});
}

figures engine_round_trips(const stage& on, std::uint32_t sessions, std::uint32_t active,
                           std::chrono::seconds measured) {
    return result_of("engine", {on.programs().engine}, on, sessions, measured, {"--active", std::to_string(active)});
}

figures paho_round_trips(const stage& on, std::uint32_t sessions, std::chrono::seconds measured) {
    return result_of("paho", {on.programs().paho}, on, sessions, measured);
}

} // namespace loadsim::bench
