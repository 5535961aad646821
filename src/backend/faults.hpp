// Which messages a fault on purpose hits.
#pragma once

#include <loadsim/backend/figures.hpp>
#include <loadsim/backend/options.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::backend {

/// Counts the messages of each kind, 1, 2, ..., and says which of them is to be hit: those whose number `every` divides, or by
/// chance, drawn from (seed, kind of message, place of the fault in the list, number). A message suffers one fault at most: the
/// first in the list that fits.
class fault_plan {
public:
    fault_plan(const std::vector<fault>&, std::uint64_t seed);

    /// The next message of its kind; nullptr: nothing befalls it. Whoever does it says so with done().
    const fault* next(fault::message);
    void done(const fault& one) { ++figures_.of(one.what, one.of); }
    const fault_figures& counted() const { return figures_; }

private:
    struct of_one_kind {
        std::vector<fault> faults;
        std::uint64_t messages = 0;
    };
    std::array<of_one_kind, fault_figures::messages> kinds_;
    std::uint64_t seed_;
    fault_figures figures_;
};

/// "drop command 5, duplicate word 2": those that there were; empty: none.
std::string to_string(const fault_figures&);

} // namespace loadsim::backend
