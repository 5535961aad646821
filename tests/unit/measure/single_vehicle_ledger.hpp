// Test fixture: a ledger with one vehicle.
#pragma once

#include <loadsim/measure/ledger.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <utility>

namespace loadsim {

inline void PrintTo(anomaly a, std::ostream* out) { *out << to_string(a); }

} // namespace loadsim

namespace loadsim::measure {

constexpr vehicle_id car{7};

constexpr monotonic_time at(nanoseconds since_start) { return monotonic_time{std::chrono::seconds{100}} + since_start; }

inline due_request due(unsigned n, nanoseconds when = {}, outcome_set expected = outcome::executed) {
    using namespace std::chrono_literals;
    due_request d;
    d.id = arrival_id{n};
    d.vehicle = car;
    d.due = at(when);
    d.expected = expected;
    d.pending_timeout = 5s;
    d.running_timeout = 9s;
    return d;
}

/// Ledger of one vehicle. Request n has the platform's id "rn".
struct single_vehicle_ledger {
    using counts = std::map<anomaly, std::uint64_t>;

    static constexpr vehicle_id vehicle = car;
    recording record_mode = recording::unexpected;
    measure::ledger ledger{
        {{"horn"}, {"steady"}, {"healthy"}, {"success"}, {"tunnel", "garage"}, {}, {}, {"degrees", "side"}},
        [](vehicle_id v) { return "VIN" + std::to_string(index(v)); },
        std::chrono::seconds{60},
        record_mode};
    anomaly_set expected_anomalies; ///< of each request
    totals collected;               ///< sum of the collected counts and records

    explicit single_vehicle_ledger(recording mode = recording::unexpected) : record_mode(mode) {
        ledger.set_start(at({}));
    }

    static request_key key(unsigned n) { return {arrival_id{n}, vehicle}; }
    static std::string id(unsigned n) { return "r" + std::to_string(n); }

    /// Begun and sent, not yet accepted.
    void begin(unsigned n, nanoseconds when = {}, outcome_set expected = outcome::executed) {
        using namespace std::chrono_literals;
        auto request = due(n, when, expected);
        request.expected_anomalies = expected_anomalies;
        ledger.begin(request, request.due);
        ledger.sent(key(n), at(when + 1ms));
    }
    /// By a driver that chooses the ids, such as mqtt; its request fails without an answer.
    void errored_request_with_id(unsigned n, nanoseconds when = {}) {
        using namespace std::chrono_literals;
        auto request = due(n, when);
        request.expected_anomalies = expected_anomalies;
        ledger.begin(request, request.due);
        ledger.requested(key(n), id(n), {});
        ledger.sent(key(n), at(when + 1ms));
        ledger.errored(key(n), "mqtt: the broker did not acknowledge the command", at(when + 10s));
    }
    void accepted_request(unsigned n, nanoseconds when = {}, outcome_set expected = outcome::executed) {
        using namespace std::chrono_literals;
        begin(n, when, expected);
        ledger.accepted(key(n), id(n), at(when + 4ms));
    }
    /// The command is delivered and the vehicle responds with executed.
    void respond(unsigned n, nanoseconds when = {}) {
        using namespace std::chrono_literals;
        ledger.delivered(vehicle, id(n), at(when + 10ms));
        ledger.acked(vehicle, id(n), at(when + 15ms));
        ledger.executed(vehicle, id(n), at(when + 30ms));
        ledger.finished(vehicle, id(n), at(when + 30ms));
    }
    void successful_request(unsigned n, nanoseconds when = {}) {
        using namespace std::chrono_literals;
        accepted_request(n, when);
        respond(n, when);
        ledger.completion_observed(vehicle, id(n), outcome::executed, "", at(when + 40ms));
    }
    /// The command is never delivered, and the platform reports a time-out.
    void timed_out_request(unsigned n, nanoseconds when = {}) {
        using namespace std::chrono_literals;
        accepted_request(n, when);
        ledger.completion_observed(vehicle, id(n), outcome::timed_out, "timeout", at(when + 5050ms));
    }

    void collect(totals t) {
        collected.add(t);
        collected.move_records_from(std::move(t));
    }
    counts unexpected_anomaly_counts() const { return nonzero_counts(collected.anomalies); }
    counts expected_anomaly_counts() const { return nonzero_counts(collected.expected_anomalies); }
    counts recorded_anomaly_counts() const {
        counts by_kind;
        for (const auto& one : collected.anomaly_records)
            if (!one.evidence.empty()) ++by_kind[one.kind];
        return by_kind;
    }

private:
    static counts nonzero_counts(const std::array<std::uint64_t, anomaly_count>& numbers) {
        counts by_kind;
        for (std::size_t i = 0; i < anomaly_count; ++i)
            if (numbers[i] != 0) by_kind[static_cast<anomaly>(i)] = numbers[i];
        return by_kind;
    }
};

} // namespace loadsim::measure
