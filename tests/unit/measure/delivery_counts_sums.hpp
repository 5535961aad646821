// Sums of delivery counts that must be equal: each message and each record is counted once.
#pragma once

#include <loadsim/measure/delivery_reconciliation.hpp>

#include <cstdint>

namespace loadsim::measure {

inline std::uint64_t sum_of_sent(const delivery_counts& c) {
    return c.matched + c.corrupted + c.lost + c.sent_not_reconciled;
}
inline std::uint64_t sum_of_consumed(const delivery_counts& c) {
    return c.matched + c.corrupted + c.duplicated + c.reissue_duplicates + c.foreign + c.consumed_not_reconciled +
           c.unknown_vehicle + c.without_sequence;
}

} // namespace loadsim::measure
