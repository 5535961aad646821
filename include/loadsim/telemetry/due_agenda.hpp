// Order of the next due messages of a shard's vehicles.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace loadsim::telemetry {

/// Slots of vehicles in the order of their next due instants: a heap of 8 bytes for each slot. With the due_message of two groups,
/// a vehicle has 32 bytes; its entry is that of the group that is due first.
///
/// Units:   since the start of the load, in ticks of 250 us, rounded up: no slot is at the front before it is due. 198 days.
/// Order:   by tick, then by slot: a function of the entries, not of the order in which they were added.
/// Threads: one. Pure: it reads no clock.
class due_agenda {
public:
    static constexpr nanoseconds tick_length = std::chrono::microseconds{250};
    static constexpr std::uint32_t slots_max = 1U << 28U;

    explicit due_agenda(std::size_t slots) { heap_.reserve(slots); }

    /// Expects: the slot has no entry. nanoseconds::max(): nothing is due; the slot is left out.
    void add(std::uint32_t slot, nanoseconds due);
    /// Instant at which the front is due; nanoseconds::max() when there is none.
    nanoseconds next() const noexcept;
    std::uint32_t front() const noexcept; ///< Expects: not empty.
    /// Gives the front slot its next due instant, or removes it. Expects: not empty.
    void replace_front(nanoseconds due) noexcept;
    bool empty() const noexcept { return heap_.empty(); }
    std::size_t size() const noexcept { return heap_.size(); }

private:
    void sift_down(std::uint64_t entry) noexcept;

    std::vector<std::uint64_t> heap_; ///< of four children each; an entry is a tick (36 bits) and a slot (28 bits)
};

} // namespace loadsim::telemetry
