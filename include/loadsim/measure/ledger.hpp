// Request ledger: instants, outcome and anomalies of every request.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/command_content.hpp>
#include <loadsim/measure/totals.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::measure {

/// A due request, as scheduled.
struct due_request {
    arrival_id id{};
    vehicle_id vehicle{};
    std::uint32_t segment = 0;
    std::uint32_t service = 0;
    std::uint32_t phase = 0;
    monotonic_time due{};
    outcome_set expected;
    anomaly_set expected_anomalies; ///< anomalies that its behaviour causes on purpose
    /// The platform's timeouts for the vehicle's first and final response; hop `expiry` counts from their end.
    /// 0: unknown.
    nanoseconds pending_timeout{0};
    nanoseconds running_timeout{0};
    nanoseconds completion_timeout{0}; ///< of its service; 0: that of the ledger
};

/// Requests that are recorded individually, with their messages. Unexpected ones and those with an anomaly always are, the slowest of
/// the others at the end.
enum class recording : std::uint8_t { unexpected, all };

/// Information about a command that was delivered to a vehicle.
struct delivery {
    bool is_first = true;              ///< first delivery of this command
    std::optional<arrival_id> arrival; ///< arrival of the request; absent: not a request of this run
    bool identifies = false;           ///< its id becomes that of the open request, which was accepted without one
};

/// Message that announces a completion. Empty: none, as the completion is loadsim's own conclusion.
struct completion_message {
    std::string_view head{}; ///< topic or path; may be empty
    std::string_view payload{};
    std::uint64_t payload_bytes = 0; ///< of the whole payload
};

/// Tracks the requests of one shard from due to completion. At most one request per vehicle is open at a time.
///
/// A request completes when both the driver's result (accepted, rejected, errored) and the completion are known, in either
/// order. The driver's result decides: a completion of a rejected or errored request is not its outcome.
/// Instants (never: did not occur): due, begun (the load generator got to it), sent, accepted, delivered (command at the vehicle), acked, finished (the vehicle
/// sent its final response), observed (the platform announced the completion). Hops are differences, see latency.hpp.
/// Lost requests must not improve a percentile: `e2e` has a sample for every request begun whose vehicle should have
/// responded; without a completion the time until expiry, and at least its completion timeout. A time-out that is expected
/// belongs to `expiry` alone.
/// `lag` has a sample for every request that was begun; the wait for a connection that follows is the platform's time.
/// Errors:  an unknown id, a repeated completion etc. is an anomaly, counted by kind; nothing is dropped.
/// Threads: one. Reads no clock.
class ledger {
public:
    /// `vin_of` names vehicles in records; the labels name everything else.
    ledger(labels names, std::function<std::string(vehicle_id)> vin_of, nanoseconds completion_timeout,
           recording = recording::unexpected);

    /// Sets the start of the load; instants in records are relative to it. Earlier records are kept back until then.
    void set_start(monotonic_time load_start) noexcept;

    /// Called for each request that completes, when its vehicle has no open request any more.
    void set_on_completed(std::function<void(vehicle_id)>);

    ~ledger();

    bool is_open(vehicle_id) const; ///< the vehicle has an open request
    std::size_t open_count() const noexcept;
    /// Counts this ledger's open requests in `count`, too: one count of all ledgers of a process. Call before the first request;
    /// it must outlive the ledger.
    void share_open_count(std::atomic<std::uint64_t>& count) noexcept;
    /// Open requests of all ledgers with the same count; other threads' requests of the last instant may be missing.
    std::uint64_t shared_open_count() const noexcept;
    std::size_t waiting_count() const noexcept; ///< open requests that wait for a connection: begun and not sent
    std::size_t busy_count() const noexcept;    ///< vehicles that have an open request or execute a command
    /// Selected open requests due until then whose vehicle should respond: a platform that stands still has no samples.
    std::uint64_t count_open_since(monotonic_time due_until,
                                   const std::function<bool(const due_request&)>& selected) const;
    /// Completed requests whose command may still be delivered.
    std::size_t missing_count() const noexcept;
    bool is_open(request_key) const; ///< this request is the open one

    /// Due, and skipped at once. `wanted`: by the scenario (maxVusers), therefore not unexpected. `is_late`: in time, the load generator
    /// might have found a vehicle.
    void skip(const due_request&, std::string_view why, bool wanted, bool is_late = false);
    /// Due, and given to the driver now. Precondition: the vehicle has no open request.
    void begin(const due_request&, monotonic_time now);

    /// Driver events. Events of a request that has expired meanwhile are ignored.
    /// Content of the request, from drivers that have more than its service; before sent(). `request`: its id if the driver
    /// chooses it, else empty. Without a service: that of the due request.
    void requested(request_key, std::string_view request, const command_content&);
    /// The request to the API, kept as evidence while the request is open; before sent(). `head`: method and path.
    void api_request(request_key, std::string_view head, std::string_view body, std::string_view traceparent);
    void sent(request_key, monotonic_time);
    /// The API's response, kept as evidence; before accepted(), rejected() or errored().
    void api_response(request_key, std::string_view status, std::string_view body, monotonic_time);
    /// Empty `request`: no id in the response; the first new id that the vehicle receives is then that of the request.
    /// Returns the id of the request; empty: not known yet.
    std::string accepted(request_key, std::string_view request, monotonic_time);
    void rejected(request_key, std::string_view why, monotonic_time);
    void errored(request_key, std::string_view why, monotonic_time);

    /// Vehicle events. `retained`: the broker had kept the command since before the vehicle subscribed.
    delivery delivered(vehicle_id, std::string_view request, monotonic_time, const command_content& = {},
                       bool retained = false);
    void acked(vehicle_id, std::string_view request, monotonic_time);
    void finished(vehicle_id, std::string_view request, monotonic_time);
    /// Outcomes with a correct platform, in place of those of the due request; active conditions add theirs as before.
    void expect(vehicle_id, std::string_view request, outcome_set);
    /// The vehicle executed the command (the horn sounded).
    void executed(vehicle_id, std::string_view request, monotonic_time);
    /// The vehicle executes commands from execution_began() to execution_ended(), with an open request or without.
    void execution_began(vehicle_id);
    void execution_ended(vehicle_id);
    /// A message of a request, to or from its vehicle; kept as evidence while the request is open.
    void message(vehicle_id, std::string_view request, bool to_vehicle, std::string_view topic,
                 std::string_view payload, monotonic_time);

    /// Link events. Unreachable: no session, or a condition blocks the link; commands need not arrive.
    void vehicle_unreachable(vehicle_id);
    void vehicle_reachable(vehicle_id);
    /// A condition is active on the vehicle until condition_ended(): it adds expected outcomes and anomalies to the open
    /// request and to requests that begin meanwhile.
    void condition_began(vehicle_id, std::uint32_t condition, outcome_set expected, anomaly_set expected_anomalies);
    void condition_ended(vehicle_id, std::uint32_t condition);
    /// An event of the vehicle's session; recorded unchanged as evidence.
    void session_event(vehicle_id, std::string what, monotonic_time);

    /// A vehicle's response was observed at the broker, with its sequence number (1, 2, ... per vehicle).
    void response_observed(vehicle_id, std::uint64_t sequence, std::string_view request, monotonic_time);

    /// An observer saw a completion: executed, failed or timed_out. The first decides; a repetition by the same observer or
    /// a different outcome is an anomaly. `observer`: below 32. Empty `request`: the open one. The message is kept as
    /// evidence.
    void completion_observed(vehicle_id, std::string_view request, outcome, std::string_view reason, monotonic_time,
                             std::uint32_t observer = 0, const completion_message& = {});
    /// Records an anomaly found elsewhere: a completion without a known vehicle, a message that could not be parsed.
    void record_anomaly(anomaly, std::optional<vehicle_id>, std::string_view request, std::string evidence,
                        monotonic_time);

    /// Abort of the run: records that wait for the vehicle's final response are given as they are, those of requests that end later,
    /// too. Open requests stay open.
    void flush_records();
    /// End of the run: everything not yet received is lost. Call once, after expire_all().
    void finish(monotonic_time now);

    /// Completes all requests whose completion timeout has passed: as unanswered, or as errored if never sent. Drops
    /// closed ones of some minutes ago, see completed_requests. To be called about once a second.
    void expire_requests(monotonic_time now);
    /// Completes all open requests the same way, at the end of the drain.
    void expire_all(monotonic_time now);

    /// Counts and records since the previous call. Records are complete; only anomalies and session events beyond a limit
    /// are just counted (`omitted_records`).
    totals take_counts();

private:
    struct state;
    template <class IsOverdue>
    void expire(monotonic_time now, IsOverdue);
    std::unique_ptr<state> state_;
};

} // namespace loadsim::measure
