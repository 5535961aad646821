// Fault plan: selects the messages that a fault applies to.
#pragma once

#include <loadsim/backend/counts.hpp>
#include <loadsim/backend/options.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::backend {

/// Numbers the messages of each kind 1, 2, ... and selects those whose number is a multiple of `every`, or by
/// probability, drawn from (seed, message kind, index of the fault in the list, number). At most one fault per message:
/// the first match.
class fault_plan {
public:
    fault_plan(const std::vector<fault>&, std::uint64_t seed);

    /// Fault of the next message of this kind; nullptr: none. The caller reports an applied fault with record().
    const fault* next(fault::message);
    void record(const fault& one) { ++counts_.of(one.what, one.applies_to); }
    const fault_counts& counts() const { return counts_; }

private:
    struct kind_state {
        std::vector<fault> faults;
        std::uint64_t messages = 0;
    };
    std::array<kind_state, fault_counts::messages> kinds_;
    std::uint64_t seed_;
    fault_counts counts_;
};

/// "drop command 5, duplicate word 2": the injected faults; empty: none.
std::string to_string(const fault_counts&);

} // namespace loadsim::backend
