// Conversion of an observer's counts to the totals of a run.
#pragma once

#include <loadsim/base/counters.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/observer/event.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace loadsim::run {

/// Completions are left out: the ledger counts them.
inline void add_observer_counts(const observer::counts& counts, std::uint32_t index,
                                std::map<std::uint32_t, measure::observer_counts>& into,
                                std::map<std::string, std::uint64_t>& unmatched_fields) {
    into[index].received += counts.messages;
    add(into[index].rejections, counts.refused);
    for (const auto& sentence : counts.unmatched_fields) ++unmatched_fields[sentence];
}

} // namespace loadsim::run
