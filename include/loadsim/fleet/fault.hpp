// Fault of the simulated broker API, as data.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim::fleet {

/// One kind of fault and the messages it applies to: each n-th, or a random fraction (drawn from the seed); neither: all of them.
/// With a burst: only within that window.
struct fault {
    enum class kind : std::uint8_t {
        slow,      ///< the command is accepted; its HTTP response is sent `delay` later
        status,    ///< the HTTP response is `status`; no vehicle receives the command
        reset,     ///< the connection is reset without a response; no vehicle receives the command
        duplicate, ///< a vehicle's response is posted twice
    };
    struct burst {
        nanoseconds at{0}; ///< since the load's start
        nanoseconds lasts{0};
        friend bool operator==(const burst&, const burst&) = default;
    };
    fault::kind what = fault::kind::slow;
    nanoseconds delay{0};       ///< of slow
    std::uint16_t status = 503; ///< of status
    nanoseconds retry_after{0}; ///< of status: Retry-After in whole seconds, rounded up; 0: no header
    std::optional<std::uint32_t> every;
    std::optional<fraction> probability;
    std::optional<fault::burst> window;
    friend bool operator==(const fault&, const fault&) = default;
};

/// True: applies to commands; false: applies to responses.
constexpr bool applies_to_commands(fault::kind k) { return k != fault::kind::duplicate; }

/// "slow", "status", "reset", "duplicate": the scenario's key.
std::string_view to_string(fault::kind);

} // namespace loadsim::fleet
