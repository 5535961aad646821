// Persistence of a message store: keeps its messages over a restart of loadsim.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/telemetry/stored_message.hpp>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace loadsim::telemetry {

struct persistence_counts {
    std::uint64_t transactions = 0;
    std::uint64_t appended = 0;      ///< messages written
    std::uint64_t removed = 0;       ///< messages removed, those included that were removed before they were written
    std::uint64_t not_persisted = 0; ///< messages that could not be written; the store has them in memory
    std::uint64_t not_removed = 0;   ///< messages that could not be removed; they are re-issued after a restart
    std::uint64_t not_reserved = 0;  ///< reservations of sequences that could not be written
};
BOOST_DESCRIBE_STRUCT(persistence_counts, (),
                      (transactions, appended, removed, not_persisted, not_removed, not_reserved))

/// Last sequence of a vehicle's messages in a group.
struct last_sequence {
    vehicle_id vehicle{};
    std::uint32_t group = 0;
    std::uint32_t sequence = 0;
    friend bool operator==(const last_sequence&, const last_sequence&) = default;
};

/// Changes of a store, written in batches. Errors: load() and take_problem(); a failed write loses nothing of the store in memory.
/// Threads: one.
class store_persistence {
public:
    using on_message = std::function<void(const stored_message&)>;
    using on_sequence = std::function<void(const last_sequence&)>;

    virtual ~store_persistence() = default;

    /// All messages of an earlier start, in order of position; before any other call.
    virtual result<void> load(const on_message&) = 0;

    virtual void append(const stored_message&) = 0;
    virtual void remove(std::int64_t position) = 0;

    /// Writes the changes if they are a batch, or if the first one has waited for the batch window.
    virtual void flush(nanoseconds now) = 0;
    virtual void flush_all() = 0;

    /// Sequences that earlier starts may have used; before any other of the sequences. Returns the last one of each vehicle and group
    /// that is not passed on.
    virtual result<std::uint32_t> load_sequences(const on_sequence&) = 0;
    /// This start uses at most so many sequences of each vehicle and group, behind those of load_sequences(). Written at once: a later
    /// start leaves them out, even if this one is killed.
    virtual void reserve_sequences(std::uint32_t count) = 0;
    /// No sequence is used from now on: the last ones of all vehicles and groups that have used some, in place of the reservation. If
    /// they cannot be written, the reservation holds.
    virtual void save_sequences(std::span<const last_sequence>) = 0;

    /// A sentence for the user when writing has failed for the first time; once.
    virtual std::optional<problem> take_problem() = 0;
    virtual const persistence_counts& counts() const noexcept = 0;
};

} // namespace loadsim::telemetry
