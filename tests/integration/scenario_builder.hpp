// Builder of the short, deterministic scenarios that the tests run.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace harness {

/// Variable parts of a scenario; the rest is fixed: fast vehicles, deadlines of one second, and a lag limit above the lag of
/// a busy machine.
struct scenario_builder {
    std::uint64_t seed = 7;
    std::uint32_t vehicles = 200;
    std::string fleet_keys; ///< further keys, each followed by a comma
    std::string segments = "[{name: healthy, share: 100%, behaviour: success}]";
    std::string phases = "[{name: steady, duration: 1s, arrivalRate: 40}]";
    std::string load_keys; ///< further keys, each followed by a comma
    std::string budgets = "['unexpected == 0']";

    std::string yaml() const;
    /// With the first seed from `seed` on that sends no vehicle two requests: results do not depend on busy vehicles.
    scenario_builder without_repeated_vehicles() const;
};

/// The scenario sends two requests to one vehicle: whether it is busy or offline then depends on timing.
bool repeats_a_vehicle(const std::string& yaml);

/// Segments with all four behaviours.
extern const std::string mixed_segments;

/// Number of requests of each segment, computed from the scenario; requires one without repeated vehicles.
std::map<std::string, std::int64_t> requests_by_segment(const std::string& yaml);

} // namespace harness
