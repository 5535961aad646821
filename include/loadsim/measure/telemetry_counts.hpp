// Counts of telemetry and alarms, and of what a tap has found of them.
#pragma once

#include <loadsim/measure/delivery_reconciliation.hpp>
#include <loadsim/measure/histogram.hpp>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace loadsim::measure {

/// Messages of a telemetry group or an alarm, each counted once by where it ended. At the end of a run
/// due + restored = acknowledged + in_store + never_arrived(). With QoS 0 a message that was given to the session counts as acknowledged.
struct telemetry_counts {
    std::uint64_t due = 0;    ///< planned up to now, of vehicles in a state in which the group is sent
    std::uint64_t sent = 0;   ///< given to the session when due
    std::uint64_t stored = 0; ///< put into the store when due: the link was down, or older messages wait
    std::uint64_t unsent =
        0; ///< not sent and not stored: the link was down and there is no store, or its limits refuse it
    std::uint64_t errored = 0;  ///< not made: no topic or payload follows from the template and the vehicle's values
    std::uint64_t reissued = 0; ///< given to the session from the store; a message may be stored again after it
    std::uint64_t acknowledged = 0; ///< PUBACK, or PUBCOMP, without an error
    std::uint64_t refused = 0;      ///< PUBACK or PUBREC with an error, or larger than the broker's limit
    std::uint64_t unacknowledged =
        0; ///< sent and not acknowledged when the session ended (without a store) or at the end of the run
    std::uint64_t overwritten = 0; ///< in the store, by newer ones
    std::uint64_t expired = 0;     ///< in the store, by their message expiry
    std::uint64_t too_old = 0;     ///< in the store, above its limit of age
    std::uint64_t in_store = 0;    ///< at the end of the run
    std::uint64_t restored = 0;    ///< in the store from an earlier start of loadsim; not part of due
    std::uint64_t bytes = 0;       ///< payloads of sent and reissued
    histogram publish;             ///< from due to acknowledged; QoS 1 and 2, without messages that were stored
    histogram lag;                 ///< from due to begun
    std::map<std::string, std::uint64_t> reasons{}; ///< of refused, unsent and errored, by text

    /// unacknowledged, refused, unsent, errored, overwritten, expired and too_old: `lost` of reports and budgets.
    std::uint64_t never_arrived() const noexcept;
    std::uint64_t ended() const noexcept; ///< acknowledged, or never arrived
    std::uint64_t
    waiting() const noexcept; ///< in flight or in a store; 0 for an interval in which more ended than became due
    friend bool operator==(const telemetry_counts&, const telemetry_counts&) = default;
};
BOOST_DESCRIBE_STRUCT(telemetry_counts, (),
                      (due, sent, stored, unsent, errored, reissued, acknowledged, refused, unacknowledged, overwritten,
                       expired, too_old, in_store, restored, bytes, publish, lag, reasons))

/// Backlogs of the stores: of a vehicle, from its first stored message until the store was empty again.
struct backlog_counts {
    std::uint64_t begun = 0;  ///< vehicles that stored a message; again after each time it was drained
    histogram drained;        ///< from the return of the link until the backlog was drained
    std::uint64_t errors = 0; ///< of the database: disk full, damaged
    std::map<std::string, std::uint64_t> reasons{}; ///< of the errors

    friend bool operator==(const backlog_counts&, const backlog_counts&) = default;
};
BOOST_DESCRIBE_STRUCT(backlog_counts, (), (begun, drained, errors, reasons))

/// Findings of one tap on the bus behind the platform.
struct tap_counts {
    std::map<std::uint32_t, delivery_counts> groups{};   ///< by index of the telemetry group
    delivery_counts unassigned{};                        ///< records that belong to no group
    histogram bridge;                                    ///< from sent to the bus's append time
    histogram deliver;                                   ///< from sent to consumed
    std::uint64_t bytes = 0;                             ///< consumed
    std::map<std::string, std::uint64_t> partitions{};   ///< records consumed, by "topic/partition"
    std::map<std::string, largest_count> consumer_lag{}; ///< by "topic/partition"
    std::map<std::string, std::uint64_t> errors{};       ///< of the consumer, by name
    std::uint64_t append_times = 0; ///< records whose timestamp was set by the broker that appended them

    delivery_counts sum() const; ///< of all groups and of the records that belong to none
    friend bool operator==(const tap_counts&, const tap_counts&) = default;
};
BOOST_DESCRIBE_STRUCT(tap_counts, (),
                      (groups, unassigned, bridge, deliver, bytes, partitions, consumer_lag, errors, append_times))

} // namespace loadsim::measure
