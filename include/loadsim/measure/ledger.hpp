// The account of every request: its instants, its outcome, its anomalies.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/totals.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace loadsim::measure {

/// A request that is due: what the plan says of it.
struct due_request {
    arrival_id id{};
    vehicle_id vehicle{};
    std::uint32_t segment = 0;
    std::uint32_t service = 0;
    std::uint32_t phase = 0;
    monotonic_time due{};
    outcome expected{};
    /// How long the platform waits for a silent vehicle's first word, and for its last; expiry counts from the end of that.
    nanoseconds pending_limit{0};
    nanoseconds running_limit{0};
};

/// Follows the requests of one shard from due to end. At most one is open for a vehicle at a time.
///
/// A request is closed when both its answer (accepted, rejected, errored) and its end are known, whichever comes first; what
/// the answer says decides: an end of a request that was rejected or errored is not its outcome.
/// Instants (never: it did not happen): due, sent, accepted, delivered (command at the vehicle), acked, finished (the vehicle sent
/// its last word), observed (the platform told the world). Hops are their differences, see latency.hpp. So that losing requests
/// cannot improve a percentile, `e2e` has a sample for every request that was begun and whose vehicle should have answered:
/// without an end the time it was waited for, and not less than `patience` when it was rejected or errored, for nobody waits
/// then. `lag` has one for every request that was begun: of one that was never sent, the time until it was given up.
/// Errors:  what does not fit (an unknown id, a second end) is an anomaly, counted by kind; nothing is dropped.
/// Threads: one. Reads no clock.
class ledger {
public:
    /// `vin_of` names vehicles in failures; the legend names everything else.
    ledger(legend names, std::function<std::string(vehicle_id)> vin_of, nanoseconds patience);

    /// The load's start, which the instants in failures count from.
    void set_start(monotonic_time load_start) noexcept { load_start_ = load_start; }

    bool open(vehicle_id) const; ///< a request is open for it
    std::size_t open_count() const noexcept { return open_.size(); }
    bool open(request_key) const; ///< that very request

    /// Due, and ends at once. `wanted`: the scenario asked for it (maxVusers), so it is not unexpected.
    void skip(const due_request&, std::string_view why, bool wanted);
    /// Due, and about to be sent. The vehicle has no open request.
    void begin(const due_request&);

    /// The driver's side. What comes for a request that has been given up meanwhile changes nothing.
    void sent(request_key, monotonic_time);
    void accepted(request_key, std::string_view request, monotonic_time);
    void rejected(request_key, std::string_view why, monotonic_time);
    void errored(request_key, std::string_view why, monotonic_time);

    /// The vehicle's side. False: the vehicle had this command before (it then does nothing).
    bool delivered(vehicle_id, std::string_view request, monotonic_time);
    void acked(vehicle_id, std::string_view request, monotonic_time);
    void finished(vehicle_id, std::string_view request, monotonic_time);

    /// The platform announced an end: executed, failed or timed_out.
    void ended(vehicle_id, std::string_view request, outcome, std::string_view reason, monotonic_time);
    /// An end that cannot be given to a vehicle of ours, or a message that could not be read.
    void note(anomaly);

    /// Ends what was due at or before `before`: as unanswered, or as errored what could not even be sent.
    void give_up(monotonic_time before, monotonic_time now);

    /// What happened since the last take; the failures in it are complete records.
    totals take();

private:
    struct entry {
        due_request plan;
        std::string request{}; ///< the platform's id; empty until somebody shows it
        monotonic_time sent = never, accepted = never, delivered = never, acked = never, finished = never;
        std::optional<outcome> end{}; ///< announced before the answer to the request was read
        std::string reason{};
        monotonic_time observed = never;
    };
    struct closed {
        std::string request; ///< empty: the platform never told us
        outcome end{};
    };

    entry* of(request_key);
    entry* find(vehicle_id, std::string_view request);
    const closed* closed_before(vehicle_id, std::string_view request) const;
    void close(vehicle_id, outcome, std::string why, monotonic_time observed);
    void count(const due_request&, outcome, bool unexpected);
    void measure(const entry&, outcome, monotonic_time observed);
    void sample(hop, const entry&, nanoseconds);
    failure describe(const entry&, outcome, std::string_view why, monotonic_time observed) const;

    legend names_;
    std::function<std::string(vehicle_id)> vin_of_;
    nanoseconds patience_;
    monotonic_time load_start_{};
    std::unordered_map<std::uint32_t, entry> open_;
    std::unordered_map<std::uint32_t, closed> closed_; ///< the last one of each vehicle
    totals seen_;
};

} // namespace loadsim::measure
