// What the network, or the road, does to vehicles' links, as data.
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
        tunnel,    ///< nothing goes through, in either direction; then all that waited does, on the same connection
        garage,    ///< the connection is reset, and the vehicle stays away
        handover,  ///< a new connection from another address of ours, for the same session; the old one is left behind
        half_open, ///< what is sent is lost and nobody hears of it: no FIN, no RST; it comes back after `lasts`
        slow,      ///< so many bytes a second, and so much delay, each way
        lossy,     ///< part of what vehicles publish is lost before it is sent (application level)
        outage,    ///< the embedded broker is away
        reconnect_storm, ///< all connections are reset within `within`, and come back without any backoff
        power_on,        ///< the vehicles have no session until then, and all connect within `within`
        spike,           ///< `factor` times the load
    };
    enum class outage_way : std::uint8_t {
        restart, ///< ended and started again: connections are closed; sessions are kept as its persistence says
        freeze,  ///< stopped and continued (SIGSTOP): connections stand, nobody answers
    };

    std::string name; ///< used in reports
    condition::kind what{};
    std::vector<std::string> segments; ///< whom it may befall; empty: all
    share part{1};                     ///< of them, drawn anew each time
    nanoseconds at{0};                 ///< since the load's start
    std::optional<nanoseconds> every;  ///< and again, to the load's end
    nanoseconds jitter{0};             ///< each vehicle is struck up to so much later
    delay lasts{}; ///< not of reconnect_storm and power_on; of handover the gap; of outage and spike a fixed one
    nanoseconds within{0};       ///< of reconnect_storm and power_on: spread evenly over this
    double bytes_per_second = 0; ///< of slow; 0: not limited
    delay added{};               ///< of slow: each way
    share loss{};                ///< of lossy
    double factor = 1;           ///< of spike
    outage_way way = outage_way::restart;
    outcome_set expected; ///< these outcomes are right too, of requests that it touches
    anomaly_set provokes; ///< and these anomalies are meant

    friend bool operator==(const condition&, const condition&) = default;
};

/// It befalls single vehicles; the others befall the broker or the load.
constexpr bool strikes_vehicles(condition::kind k) {
    return k != condition::kind::outage && k != condition::kind::spike;
}

/// One vehicle's part of one occurrence; instants since the load's start.
struct strike {
    nanoseconds from{0};
    nanoseconds until{0}; ///< equal to `from` where nothing lasts
};

/// Whether the n-th occurrence (from 0) of the c-th condition of the scenario befalls the vehicle, and when: a
/// function of (seed, vehicle, c, n). The vehicle's segment is the caller's to look at.
std::optional<strike> strike_of(const condition&, std::uint32_t c, std::uint32_t n, std::uint64_t seed, vehicle_id);

/// Whether it is meant for a vehicle of that segment.
bool befalls(const condition&, std::string_view segment);

/// When the n-th occurrence (from 0) begins, since the load's start.
nanoseconds beginning(const condition&, std::uint32_t n);

/// How often it occurs in a load of that length: none begins at its end or later.
std::uint32_t occurrences(const condition&, nanoseconds load);

/// It goes on for some time, and then passes.
constexpr bool lasts(condition::kind k) {
    return k != condition::kind::reconnect_storm && k != condition::kind::power_on;
}

/// "tunnel", "reconnectStorm" ...: the scenario's key.
std::string_view to_string(condition::kind);

/// What makes no sense, each with the scenario's key below the condition ("for", "every"); empty: usable.
std::vector<finding> check(const condition&);

} // namespace loadsim::vehicle
