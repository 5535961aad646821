// Which commands and words a badness on purpose befalls.
#pragma once

#include <loadsim/fleet/badness.hpp>

#include <cstdint>
#include <vector>

namespace loadsim::fleet {

/// Counts commands and words apart, 1, 2, ..., and says what befalls each: the first of the list that fits. Chances are drawn from
/// (seed, who counts, place in the list, number).
/// Threads: one. Pure: it reads no clock.
class badness_plan {
public:
    /// `who`: 0 for the edge, and 1, 2, ... for those that post words.
    badness_plan(const std::vector<badness>&, std::uint64_t seed, std::uint32_t who);

    /// The next one; nullptr: nothing befalls it. `since`: the load's start; negative: it has not begun.
    const badness* next_command(nanoseconds since) { return next(true, commands_, since); }
    const badness* next_word(nanoseconds since) { return next(false, words_, since); }

private:
    const badness* next(bool command, std::uint64_t& number, nanoseconds since);

    std::vector<badness> all_;
    std::uint64_t seed_;
    std::uint64_t key_;
    std::uint64_t commands_ = 0;
    std::uint64_t words_ = 0;
};

} // namespace loadsim::fleet
