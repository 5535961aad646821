// Delivery reconciliation: messages that vehicles have sent, compared with records that a tap has consumed behind the platform.
#pragma once

#include <loadsim/base/enum_names.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>

#include <boost/describe/class.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

namespace loadsim::measure {

struct reconciliation_options {
    std::uint32_t window = 1'024; ///< messages in flight for each vehicle and group; above it the oldest falls out
    std::uint64_t in_flight_limit =
        1'000'000; ///< messages in flight of all; above it the oldest of the same stream falls out
    /// A message that falls out after this time is lost; before it, nothing is known: not reconciled.
    nanoseconds deadline = std::chrono::minutes{1};
    friend bool operator==(const reconciliation_options&, const reconciliation_options&) = default;
};

/// Append times are a multiple of it, rounded down.
inline constexpr nanoseconds append_time_resolution = std::chrono::milliseconds{1};

/// Largest value; the sum of two is the larger one.
struct largest_count {
    std::uint64_t value = 0;
    void merge(const largest_count& more) { value = std::max(value, more.value); }
    friend bool operator==(const largest_count&, const largest_count&) = default;
};
BOOST_DESCRIBE_STRUCT(largest_count, (), (value))

/// Each message sent is counted in one of `matched`, `corrupted`, `lost` and `sent_not_reconciled`, each record consumed in one of
/// `matched`, `corrupted`, `duplicated`, `reissue_duplicates`, `foreign`, `consumed_not_reconciled`, `unknown_vehicle` and
/// `without_sequence`, all of them after finish().
struct delivery_counts {
    std::uint64_t sent = 0;     ///< messages, each once
    std::uint64_t reissued = 0; ///< more times that a message was sent (MQTT, QoS 1 and 2)
    std::uint64_t consumed = 0; ///< records
    std::uint64_t matched = 0;  ///< with the payload that was sent
    std::uint64_t corrupted = 0;
    std::uint64_t lost = 0;
    std::uint64_t sent_not_reconciled =
        0; ///< fell out of the window before the deadline, or missing while the tap cannot consume
    std::uint64_t duplicated = 0;
    std::uint64_t reissue_duplicates = 0; ///< the vehicle itself had sent the message that often
    std::uint64_t foreign =
        0; ///< of a vehicle of the fleet: a sequence that it never sent, or none of the tap's groups
    std::uint64_t consumed_not_reconciled = 0; ///< repeated or late: too old for the window to tell
    std::uint64_t unknown_vehicle = 0;         ///< neither key nor payload names a vehicle of the fleet
    std::uint64_t without_sequence = 0;
    std::uint64_t wrong_key = 0; ///< part of `consumed`: the key names another vehicle than the payload, or none
    std::uint64_t out_of_order =
        0; ///< part of `matched` and `corrupted`: a later message of the stream was consumed before
    largest_count largest_distance{};   ///< of those, in sequences
    std::uint64_t clock_difference = 0; ///< appended before it was sent: no sample

    std::uint64_t not_reconciled() const noexcept { return sent_not_reconciled + consumed_not_reconciled; }
    friend bool operator==(const delivery_counts&, const delivery_counts&) = default;
};
BOOST_DESCRIBE_STRUCT(delivery_counts, (),
                      (sent, reissued, consumed, matched, corrupted, lost, sent_not_reconciled, duplicated,
                       reissue_duplicates, foreign, consumed_not_reconciled, unknown_vehicle, without_sequence,
                       wrong_key, out_of_order, largest_distance, clock_difference))

/// A message that was not delivered as it should be.
struct delivery_finding {
    enum class kind : std::uint8_t { lost, corrupted, duplicated, out_of_order, foreign, wrong_key, not_reconciled };
    BOOST_DESCRIBE_NESTED_ENUM(kind, lost, corrupted, duplicated, out_of_order, foreign, wrong_key, not_reconciled)
    delivery_finding::kind what{};
    vehicle_id vehicle{};
    std::uint32_t group = 0;
    std::uint64_t sequence = 0;
    friend bool operator==(const delivery_finding&, const delivery_finding&) = default;
};

/// A record of the tap that names a vehicle of the fleet and a sequence.
struct consumed_record {
    vehicle_id vehicle{}; ///< that the payload names, if it names one, else the key
    std::uint32_t group = 0;
    std::uint64_t sequence = 0;
    std::uint64_t hash = 0;                   ///< of the vehicle's payload; 0: not compared
    monotonic_time consumed{};                ///< when the tap had it
    std::optional<monotonic_time> appended{}; ///< when the bus had it; nullopt: not known
    bool wrong_key = false;                   ///< the key does not name that vehicle
};

/// Compares by vehicle, telemetry group and sequence. A *stream* is the messages of a vehicle in a group.
///
/// Events:  in any order: a record may be consumed before its message is reported as sent. A message that is reported again is
///          re-issued. A message that its vehicle sent behind a later one (from its store) is not checked for order.
/// Shape:   32 B a stream; 64 B a message in flight and some 100 B a stream with messages in flight; nothing else. The last 64
///          sequences up to the highest matched one are a bit set, which finds duplicates.
/// Threads: one: that of the shard that owns the vehicles. A tap's thread sorts the records of a batch by fleet_partition and posts
///          one batch to the loop of each shard.
/// Pure.
class delivery_reconciliation {
public:
    /// Each may be empty. `group`: of the message.
    struct outputs {
        std::function<void(std::uint32_t group, nanoseconds)> bridge;  ///< sent to appended, of each match
        std::function<void(std::uint32_t group, nanoseconds)> deliver; ///< sent to consumed, of each match
        std::function<void(const delivery_finding&)> finding;
    };
    /// `vehicles`: of the whole fleet; `owned`: those of this shard. `groups`: their number.
    delivery_reconciliation(const reconciliation_options&, fleet_partition owned, std::uint32_t vehicles,
                            std::uint32_t groups, outputs);

    // Precondition: the shard owns the vehicle; group < groups.
    void sent(vehicle_id, std::uint32_t group, std::uint64_t sequence, std::uint64_t hash, monotonic_time);
    void consumed(const consumed_record&);

    // Records that cannot be compared.
    void consumed_unknown_vehicle();
    void consumed_without_sequence();

    /// False: from now on the tap cannot consume, and whether a missing message is lost is not known. That time does not count for the
    /// deadline.
    void set_consuming(bool, monotonic_time now) noexcept;

    /// Nothing more is consumed: what is still in flight is lost, or if the tap cannot consume, not reconciled. Idempotent.
    void finish();

    delivery_counts take_counts(std::uint32_t group); ///< since the last call; counts() and total() begin anew
    const delivery_counts& counts(std::uint32_t group) const { return by_group_.at(group); }
    delivery_counts total() const; ///< of all groups and of the records that cannot be compared
    std::uint64_t in_flight() const noexcept { return in_flight_; }
    /// Messages sent and not consumed yet; 0 once the deadline of the last one has passed.
    std::uint64_t awaited(monotonic_time now) const noexcept;
    std::uint64_t open_streams() const noexcept { return windows_.size(); } ///< with messages in flight

private:
    struct message {
        enum class kind : std::uint8_t {
            sent,    ///< in flight
            early,   ///< consumed, not reported as sent
            reissued ///< matched; more copies may follow
        };
        std::uint64_t sequence = 0;
        std::uint64_t hash = 0;
        monotonic_time at{}; ///< sent; of an early one, consumed
        std::optional<monotonic_time> appended{};
        std::uint32_t consumed_number = 0; ///< early: among the records of the window
        std::uint32_t behind = 0;          ///< early: distance to the highest sequence matched before it
        std::uint32_t overtaken = 0;       ///< early: messages with a lower sequence that were consumed after it
        std::uint32_t largest_overtaken = 0;
        std::uint16_t copies = 1; ///< sent: times sent; early: times consumed; reissued: copies that may follow
        message::kind what = kind::sent;
        bool sent_late = false; ///< by the vehicle, behind a later one
    };
    struct window {
        std::vector<message> messages; ///< by sequence
        std::uint32_t consumed = 0;    ///< records since the window was opened
        std::uint32_t reissued = 0;    ///< messages of that kind
    };
    struct stream {
        std::uint64_t highest_matched = 0;
        std::uint64_t matched = 0; ///< bit n: sequence highest_matched - n; 0: none yet
        std::uint64_t highest_sent = 0;
        bool has_sent = false;
        bool fell_out = false; ///< messages have fallen out of the window
    };
    struct location {
        vehicle_id vehicle{};
        std::uint32_t group = 0;
        std::size_t index = 0; ///< of the stream
    };
    using window_entry = std::unordered_map<std::uint64_t, window>::iterator;

    location locate(vehicle_id, std::uint32_t group) const;
    location locate(std::uint64_t stream_index) const;
    window_entry open_window(const location&);
    std::vector<message>::iterator insert(const location&, window&, const message&, monotonic_time now);
    void erase(window_entry, std::vector<message>::iterator);
    void make_room(const location&, window&, monotonic_time now);
    void drop_late_copies(window&, monotonic_time now);
    void match(const location&, window&, const message& sent, const message& found);
    void check_order(const location&, window&, std::uint64_t sequence, std::uint32_t consumed_number,
                     std::uint32_t behind);
    void resolve_early(const location&, window_entry, std::vector<message>::iterator, const message& sent);
    void consume_unmatched(const location&, const message&);
    static bool is_matched(const stream&, std::uint64_t sequence);
    static bool is_too_old(const stream&, std::uint64_t sequence);
    static void set_matched(stream&, std::uint64_t sequence);
    static std::uint32_t distance_behind(const stream&, std::uint64_t sequence);
    void report(delivery_finding::kind, const location&, std::uint64_t sequence);

    reconciliation_options options_;
    fleet_partition owned_;
    std::uint32_t groups_;
    outputs outputs_;
    std::vector<stream> streams_;                       ///< by vehicle of the shard and group
    std::unordered_map<std::uint64_t, window> windows_; ///< by index of the stream
    std::vector<delivery_counts> by_group_;
    delivery_counts unassigned_;
    std::uint64_t in_flight_ = 0;
    std::uint64_t awaited_ = 0; ///< of those in flight: sent and not consumed
    monotonic_time last_sent_{};
    monotonic_time consuming_since_{};
    bool is_consuming_ = true;
};

} // namespace loadsim::measure
