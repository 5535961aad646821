// What a broker's API gets wrong on purpose, as data.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim::fleet {

/// One kind of trouble, and whom it befalls: each n-th, or some by chance (drawn from the seed); neither: all of them. With a burst
/// only in that time.
struct badness {
    enum class kind : std::uint8_t {
        slow,      ///< the command is taken, and answered `by` later
        status,    ///< it is answered with `status`, and reaches nobody
        reset,     ///< the connection is reset without an answer, and it reaches nobody
        duplicate, ///< a vehicle's word is posted twice
    };
    struct burst {
        nanoseconds at{0}; ///< since the load's start
        nanoseconds lasts{0};
        friend bool operator==(const burst&, const burst&) = default;
    };
    badness::kind what = badness::kind::slow;
    nanoseconds by{0};          ///< of slow
    std::uint16_t status = 503; ///< of status
    nanoseconds retry_after{0}; ///< of status: told in whole seconds, rounded up; 0: not told
    std::optional<std::uint32_t> every;
    std::optional<share> probability;
    std::optional<badness::burst> only;
    friend bool operator==(const badness&, const badness&) = default;
};

/// It befalls commands; the others befall words.
constexpr bool befalls_commands(badness::kind k) { return k != badness::kind::duplicate; }

/// "slow", "status", "reset", "duplicate": the scenario's key.
std::string_view to_string(badness::kind);

} // namespace loadsim::fleet
