// The account of every request: its instants, its outcome, its anomalies.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/totals.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::measure {

/// A request that is due: what the plan says of it.
struct due_request {
    arrival_id id{};
    vehicle_id vehicle{};
    std::uint32_t segment = 0;
    std::uint32_t service = 0;
    std::uint32_t phase = 0;
    monotonic_time due{};
    outcome_set expected;
    anomaly_set provokes; ///< what its behaviour brings about on purpose
    /// How long the platform waits for a silent vehicle's first word, and for its last; expiry counts from the end of that.
    /// 0: nobody knows.
    nanoseconds pending_limit{0};
    nanoseconds running_limit{0};
};

/// Which requests are told one by one, with their messages. Unexpected ones and those with an anomaly always are.
enum class recording : std::uint8_t { unexpected, all };

/// What the ledger knows of a command that came to a vehicle.
struct delivery {
    bool fresh = true;                 ///< the vehicle did not have it before
    std::optional<arrival_id> arrival; ///< of the request, if it is one of ours
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
    /// `vin_of` names vehicles in records; the legend names everything else.
    ledger(legend names, std::function<std::string(vehicle_id)> vin_of, nanoseconds patience,
           recording = recording::unexpected);

    /// The load's start, which the instants in records count from.
    void set_start(monotonic_time load_start) noexcept;

    ~ledger();

    bool open(vehicle_id) const; ///< a request is open for it
    std::size_t open_count() const noexcept;
    /// Requests that are over and whose command may still come.
    std::size_t missing_count() const noexcept;
    bool open(request_key) const; ///< that very request

    /// Due, and ends at once. `wanted`: the scenario asked for it (maxVusers), so it is not unexpected.
    void skip(const due_request&, std::string_view why, bool wanted);
    /// Due, and about to be sent. The vehicle has no open request.
    void begin(const due_request&);

    /// The driver's side. What comes for a request that has been given up meanwhile changes nothing.
    void sent(request_key, monotonic_time);
    void accepted(request_key, std::string_view request, monotonic_time); ///< empty: the platform does not tell its id
    void rejected(request_key, std::string_view why, monotonic_time);
    void errored(request_key, std::string_view why, monotonic_time);

    /// The vehicle's side.
    delivery delivered(vehicle_id, std::string_view request, monotonic_time);
    void acked(vehicle_id, std::string_view request, monotonic_time);
    void finished(vehicle_id, std::string_view request, monotonic_time);
    /// It did what it was asked for (the horn sounded).
    void executed(vehicle_id, std::string_view request, monotonic_time);
    /// A message of a request, to or from its vehicle: evidence, kept while the request is open.
    void message(vehicle_id, std::string_view request, bool to_vehicle, std::string_view topic,
                 std::string_view payload, monotonic_time);

    /// The link's side. Its session is gone, or a condition keeps it from hearing: a command need not arrive.
    void away(vehicle_id);
    void back(vehicle_id);
    /// A condition touches the vehicle from now on until passed(): these outcomes of its requests are right too, and these
    /// anomalies are meant. An open request is touched at once, later ones when they begin.
    void touched(vehicle_id, std::uint32_t condition, outcome_set expected, anomaly_set provokes);
    void passed(vehicle_id, std::uint32_t condition);
    /// Something that happened to its session: evidence, told as it is.
    void session(vehicle_id, std::string what, monotonic_time);

    /// A vehicle's word came over the broker, with its sequence number (1, 2, ... of that vehicle).
    void heard(vehicle_id, std::uint64_t sequence, std::string_view request, monotonic_time);

    /// An observer saw the platform announce an end: executed, failed or timed_out. The first one that does decides; what the same
    /// one sees again, and what another one sees differently, is an anomaly. `observer`: below 32. An empty request: the open one.
    void ended(vehicle_id, std::string_view request, outcome, std::string_view reason, monotonic_time,
               std::uint32_t observer = 0);
    /// What nobody else can tell: an end that cannot be given to a vehicle of ours, a message that could not be read.
    void note(anomaly, std::optional<vehicle_id>, std::string_view request, std::string evidence, monotonic_time);

    /// Nothing more will come: what has not arrived by now is lost. After give_up(), once.
    void finish(monotonic_time now);

    /// Ends what was due at or before `before`: as unanswered, or as errored what could not even be sent.
    void give_up(monotonic_time before, monotonic_time now);

    /// What happened since the last take; what is told in it is complete, but for anomalies and session events beyond a bound,
    /// which are only counted (`not_recorded`).
    totals take();

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace loadsim::measure
