// Conditions: scheduled disruptions of vehicle links, the broker or the load, as data.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/delay.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::vehicle {

struct condition {
    enum class kind : std::uint8_t {
        tunnel,   ///< both directions blocked; then the queued data is delivered on the same connection
        garage,   ///< connection reset; the vehicle stays disconnected
        handover, ///< new connection from another source address, same session; the old connection is abandoned
        half_open, ///< connection abandoned without FIN or RST; sent data is lost; the vehicle reconnects after `duration`
        slow,      ///< bandwidth limit and added delay in each direction
        lossy,     ///< a fraction of the vehicles' publications is dropped before sending (application level)
        outage,    ///< the embedded broker is unavailable
        reconnect_storm, ///< all connections are reset within `spread`, and reconnect without backoff
        power_on,        ///< vehicles have no session before this, and all connect within `spread`
        spike,           ///< load multiplied by `factor`
    };
    enum class outage_mode : std::uint8_t {
        restart, ///< broker stopped and restarted: connections are closed; sessions survive if the broker persists them
        freeze,  ///< broker suspended and continued (SIGSTOP, SIGCONT): connections stay open without replies
    };

    std::string name; ///< used in reports
    condition::kind type{};
    std::vector<std::string> segments;   ///< segments the condition applies to; empty: all
    fraction affected_fraction{1};       ///< fraction of their vehicles, drawn for each occurrence
    nanoseconds start{0};                ///< since the load's start
    std::optional<nanoseconds> interval; ///< period of repetition until the end of the load
    nanoseconds jitter{0};               ///< maximum random delay of each vehicle's window
    delay duration{}; ///< unused by reconnect_storm and power_on; handover: the gap; outage and spike: must be fixed
    nanoseconds spread{0};       ///< reconnect_storm, power_on: windows start evenly over this time
    double bytes_per_second = 0; ///< slow: bandwidth per direction; 0: unlimited
    delay added_delay{};         ///< slow: delay per direction
    fraction loss{};             ///< lossy: fraction of dropped publications
    double factor = 1;           ///< spike: load factor
    double telemetry_factor = 1; ///< spike: factor of the rate of telemetry
    outage_mode mode = outage_mode::restart;
    outcome_set expected;           ///< additional accepted outcomes of affected requests
    anomaly_set expected_anomalies; ///< deliberately caused anomalies of affected requests

    friend bool operator==(const condition&, const condition&) = default;
};

/// True: the condition affects single vehicles; the others affect the broker or the load.
constexpr bool affects_vehicles(condition::kind k) {
    return k != condition::kind::outage && k != condition::kind::spike;
}

/// Time window in which one occurrence affects one vehicle; since the start of the load.
struct condition_window {
    nanoseconds from{0};
    nanoseconds until{0}; ///< equal to `from` for conditions without duration
};

/// Window of a vehicle for the n-th occurrence (from 0) of the c-th condition of the scenario; nullopt: not affected. A function
/// of (seed, vehicle, c, n). The caller checks the vehicle's segment with applies_to().
std::optional<condition_window> window_of(const condition&, std::uint32_t c, std::uint32_t n, std::uint64_t seed,
                                          vehicle_id);

/// True: the condition applies to vehicles of that segment.
bool applies_to(const condition&, std::string_view segment);

/// Start of the n-th occurrence (from 0), since the start of the load.
nanoseconds start_of(const condition&, std::uint32_t n);

/// Longest time from the start of an occurrence to the end of its last window; for unbounded distributions of the duration that
/// of their 99th percentile or higher.
nanoseconds longest_span(const condition&);

/// Number of occurrences that start before the end of a load of that duration.
std::uint32_t occurrence_count(const condition&, nanoseconds load);

/// True: the condition kind has a duration.
constexpr bool has_duration(condition::kind k) {
    return k != condition::kind::reconnect_storm && k != condition::kind::power_on;
}

/// Scenario key: "tunnel", "reconnectStorm" ...
std::string_view to_string(condition::kind);

/// Validates a condition: issues with the scenario key below the condition ("for", "every"); empty: valid.
std::vector<validation_issue> check(const condition&);

} // namespace loadsim::vehicle
