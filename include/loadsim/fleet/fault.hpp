// Fault of the simulated broker API, as data.
#pragma once

#include <loadsim/base/fault_plan.hpp>
#include <loadsim/base/time.hpp>

#include <cstdint>

namespace loadsim::fleet {

/// One kind of fault and the messages it applies to.
struct fault {
    enum class kind : std::uint8_t {
        slow,      ///< the command is accepted; its HTTP response is sent `delay` later
        status,    ///< the HTTP response is `status`; no vehicle receives the command
        reset,     ///< the connection is reset without a response; no vehicle receives the command
        duplicate, ///< a vehicle's response is posted twice
    };
    fault::kind what = fault::kind::slow;
    nanoseconds delay{0};       ///< of slow
    std::uint16_t status = 503; ///< of status
    nanoseconds retry_after{0}; ///< of status: Retry-After in whole seconds, rounded up; 0: no header
    fault_rule rule{};
    friend bool operator==(const fault&, const fault&) = default;
};

} // namespace loadsim::fleet
