// Implementation class of the ledger.
#pragma once

#include "active_conditions.hpp"
#include "completed_requests.hpp"
#include "open_request.hpp"
#include "request_records.hpp"
#include "sequence_tracker.hpp"

#include <loadsim/measure/ledger.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace loadsim::measure {

/// Record limits per shard and run; beyond them events are only counted.
inline constexpr std::uint64_t max_anomaly_records = 10'000;
inline constexpr std::uint64_t max_session_records = 100'000;
/// Time after completion for which a record waits for the final response of the vehicle.
inline constexpr nanoseconds final_response_timeout = std::chrono::seconds{30};

/// Evidence text: another request's command arrived at `t` while this request was active.
std::string concurrent_request_text(const open_request&, monotonic_time t, bool retained);
/// Evidence text: a command that belongs to no request of the run.
std::string unsolicited_text(bool retained);

struct ledger::state {
    labels names;
    std::function<std::string(vehicle_id)> vin_of;
    nanoseconds completion_timeout;
    recording record_mode;
    monotonic_time load_start{};
    bool started = false; ///< load_start is known
    std::function<void(vehicle_id)> on_completed{};

    std::unordered_map<std::uint32_t, open_request> open_requests{};
    std::size_t waiting = 0;                                       ///< open requests that are not sent yet
    std::atomic<std::uint64_t>* shared_open_count = nullptr;       ///< of all ledgers of the process; null: not counted
    std::unordered_set<std::uint32_t> executing_without_request{}; ///< vehicles without an open request
    std::unordered_set<std::uint32_t> unreachable{};
    std::unordered_set<std::uint32_t> resumed{}; ///< reachable again, without a new response since
    completed_requests completed{};
    sequence_tracker sequences{};
    active_conditions conditions{};
    pending_records pending{};
    slowest_records slowest{};
    bool records_wait = true; ///< for the vehicle's final response; false from flush_records() on
    totals counts{};
    std::uint64_t anomalies_recorded = 0;
    std::uint64_t session_events_recorded = 0;

    nanoseconds completion_timeout_of(const due_request& r) const {
        return r.completion_timeout == nanoseconds{0} ? completion_timeout : r.completion_timeout;
    }
    open_request* find_open(vehicle_id);
    open_request* find_open(request_key);
    /// Evidence of the open request for this id; nullptr: the id belongs to another request.
    id_evidence* find_evidence(open_request&, std::string_view request);
    completed_request* find_completed(vehicle_id, std::string_view request);
    delivery late_delivery(vehicle_id, completed_request&, monotonic_time, bool retained);
    void add_late_message(std::string_view request, const message_log::message&);
    void record_difference(open_request&); ///< of the delivered command from the request, once
    void count_queued(monotonic_time since, monotonic_time delivered, bool out_of_order);

    // ledger_completion.cpp
    /// A further completion of an id that already has one. nullopt: it confirms the first.
    struct repeated_completion {
        anomaly kind{};
        std::string evidence;
    };
    std::optional<repeated_completion> compare_completions(outcome first, monotonic_time first_at,
                                                           std::uint32_t& observer_mask, outcome,
                                                           std::string_view reason, monotonic_time,
                                                           std::uint32_t observer);
    void check_completion(open_request&);
    void reattribute(open_request&, id_evidence, bool active, monotonic_time now);
    void reattribute_candidates(open_request&, bool active, monotonic_time now);
    void complete(vehicle_id, outcome, std::string_view why, monotonic_time observed);
    void emit_record(const open_request&, const request_completion&);
    void emit_expired_records(monotonic_time now);
    void count_outcome(const open_request&, outcome, bool unexpected);
    /// True: e2e has a sample of it.
    bool record_latencies(open_request&, outcome, monotonic_time observed);
    void emit_slowest();
    void count_late_skip(const open_request&, bool unexpected);
    void record_sample(hop, open_request&, nanoseconds, monotonic_time at);
    struct counted_from {
        nanoseconds due;
        nanoseconds begun;
    };
    void record_from_due(hop, open_request&, counted_from, monotonic_time at);
    static void record_by_condition(latency_table&, hop, const open_request&, nanoseconds);
    void add_completed(vehicle_id, completed_request, monotonic_time now);
    void record_loss(vehicle_id, const completed_request&, monotonic_time at);
    void record_loss(const sequence_tracker::gap&);

    /// An anomaly to be recorded. `expected_anomalies`: those of its request.
    struct anomaly_report {
        anomaly kind{};
        std::string_view request{};
        anomaly_set expected_anomalies{};
        monotonic_time at{};
    };
    void record_anomaly(std::optional<vehicle_id>, const anomaly_report&, std::string evidence);
    void record_anomaly(open_request&, anomaly, std::string_view request, monotonic_time at, std::string evidence);
};

} // namespace loadsim::measure
