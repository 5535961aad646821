// What an observer has counted, as a run's account has it.
#pragma once

#include <loadsim/measure/totals.hpp>
#include <loadsim/observe/event.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace loadsim::run {

/// Ends are left out: the ledger counts those that it is told of.
inline void add_account(const observe::counts& seen, std::uint32_t index,
                        std::map<std::uint32_t, measure::observer_counts>& into,
                        std::map<std::string, std::uint64_t>& misfits) {
    measure::observer_counts more;
    more.messages = seen.messages;
    more.refused = seen.refused;
    into[index].add(more);
    for (const auto& sentence : seen.misfits) ++misfits[sentence];
}

} // namespace loadsim::run
