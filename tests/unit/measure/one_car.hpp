// A ledger and one vehicle, for stories about them.
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

constexpr monotonic_time at(nanoseconds since_start) { return monotonic_time{std::chrono::seconds{100}} + since_start; }

inline due_request due(unsigned n, nanoseconds when = {}, outcome_set expected = outcome::executed) {
    using namespace std::chrono_literals;
    due_request d;
    d.id = arrival_id{n};
    d.vehicle = vehicle_id{7};
    d.due = at(when);
    d.expected = expected;
    d.pending_limit = 5s;
    d.running_limit = 9s;
    return d;
}

/// Request n has the platform's id "rn".
struct one_car {
    using counts = std::map<anomaly, std::uint64_t>;

    static constexpr vehicle_id car{7};
    recording what = recording::unexpected;
    measure::ledger ledger{{{"horn"}, {"steady"}, {"healthy"}, {"success"}, {"tunnel", "garage"}},
                           [](vehicle_id v) { return "VIN" + std::to_string(index(v)); },
                           std::chrono::seconds{60},
                           what};
    anomaly_set provokes; ///< by each request
    totals all;           ///< of what was taken

    explicit one_car(recording told = recording::unexpected) : what(told) { ledger.set_start(at({})); }

    static request_key key(unsigned n) { return {arrival_id{n}, car}; }
    static std::string id(unsigned n) { return "r" + std::to_string(n); }

    /// Begun and sent: the answer is waited for.
    void begin(unsigned n, nanoseconds when = {}, outcome_set expected = outcome::executed) {
        using namespace std::chrono_literals;
        auto plan = due(n, when, expected);
        plan.provokes = provokes;
        ledger.begin(plan);
        ledger.sent(key(n), at(when + 1ms));
    }
    void request(unsigned n, nanoseconds when = {}, outcome_set expected = outcome::executed) {
        using namespace std::chrono_literals;
        begin(n, when, expected);
        ledger.accepted(key(n), id(n), at(when + 4ms));
    }
    /// The command comes and is answered, executed.
    void answer(unsigned n, nanoseconds when = {}) {
        using namespace std::chrono_literals;
        ledger.delivered(car, id(n), at(when + 10ms));
        ledger.acked(car, id(n), at(when + 15ms));
        ledger.executed(car, id(n), at(when + 30ms));
        ledger.finished(car, id(n), at(when + 30ms));
    }
    void well(unsigned n, nanoseconds when = {}) {
        using namespace std::chrono_literals;
        request(n, when);
        answer(n, when);
        ledger.ended(car, id(n), outcome::executed, "", at(when + 40ms));
    }
    /// Nobody hears of it.
    void times_out(unsigned n, nanoseconds when = {}) {
        using namespace std::chrono_literals;
        request(n, when);
        ledger.ended(car, id(n), outcome::timed_out, "timeout", at(when + 5050ms));
    }

    void keep(totals t) {
        all.add(t);
        all.tell(std::move(t));
    }
    counts found() const { return named(all.anomalies); }
    counts provoked() const { return named(all.provoked); }
    counts told() const {
        counts by_kind;
        for (const auto& one : all.anomalies_told)
            if (!one.evidence.empty()) ++by_kind[one.what];
        return by_kind;
    }

private:
    static counts named(const std::array<std::uint64_t, anomaly_count>& numbers) {
        counts by_kind;
        for (std::size_t i = 0; i < anomaly_count; ++i)
            if (numbers[i] != 0) by_kind[static_cast<anomaly>(i)] = numbers[i];
        return by_kind;
    }
};

} // namespace loadsim::measure
