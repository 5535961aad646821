// Fault plans of the backend, one for each kind of message, and the counts of the applied faults.
#pragma once

#include <loadsim/backend/counts.hpp>
#include <loadsim/backend/options.hpp>
#include <loadsim/base/fault_plan.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::backend {

/// Random draws of a fault: (seed, message kind, index among the faults of that kind, number of the message).
class fault_plans {
public:
    fault_plans(const std::vector<fault>&, std::uint64_t seed);

    /// Fault of the next message of this kind; nullptr: none. The caller reports an applied fault with record().
    const fault* next(fault::message of) { return by_message_[static_cast<std::size_t>(of)].next(); }
    void record(const fault& one) { ++counts_.of(one.what, one.applies_to); }
    const fault_counts& counts() const { return counts_; }

private:
    std::array<fault_plan<fault>, fault_counts::messages> by_message_;
    fault_counts counts_;
};

/// "drop command 5, duplicate response 2": the injected faults; empty: none.
std::string to_string(const fault_counts&);

} // namespace loadsim::backend
