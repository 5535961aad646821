// The scenarios that the tests run: short, and with nothing left to chance that a test speaks about.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace stage {

/// What a test wants of a scenario; the rest is the same for all: quick vehicles, deadlines of a second, and a limit of lag
/// that a busy machine does not reach.
struct wanted {
    std::uint64_t seed = 7;
    std::uint32_t vehicles = 200;
    std::string fleet; ///< more of its keys, each with a comma behind it
    std::string segments = "[{name: healthy, share: 100%, behaviour: success}]";
    std::string phases = "[{name: steady, duration: 1s, arrivalRate: 40}]";
    std::string load; ///< more of its keys, each with a comma behind it
    std::string budgets = "['unexpected == 0']";

    std::string yaml() const;
    /// The first seed from `seed` on with which no vehicle is asked twice: then nothing depends on who is busy when.
    wanted without_collisions() const;
};

/// All four behaviours in one fleet.
extern const std::string all_behaviours;

/// How many requests fall to each segment, from the scenario alone; only for one without collisions.
std::map<std::string, std::int64_t> requests_by_segment(const std::string& yaml);

} // namespace stage
