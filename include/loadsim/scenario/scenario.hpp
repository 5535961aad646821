// The scenario as a plain struct: what a YAML document becomes, and nothing that lives.
#pragma once

#include <loadsim/backend/options.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/drive/auth.hpp>
#include <loadsim/drive/calls.hpp>
#include <loadsim/drive/options.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/load/options.hpp>
#include <loadsim/load/schedule.hpp>
#include <loadsim/net/options.hpp>
#include <loadsim/observe/options.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/verdict/budget.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

/// The platform under test. What read() makes of it: `embedded` alone: our mosquitto and our backend; a broker: no
/// mosquitto of ours, and our backend only if the http driver needs one; broker and api: nothing of ours, whatever
/// the scenario says under target.embedded. An embedded backend that is told no services serves its defaults and
/// load.services.
struct target {
    bool embedded = true;                ///< our mosquitto and our reference backend
    std::optional<net::endpoint> broker; ///< a real one, or in place of the embedded mosquitto
    std::optional<net::endpoint> api;    ///< a real one, or in place of the embedded backend
    backend::options backend;            ///< of the embedded one
    // Of somebody's platform.
    std::vector<net::endpoint> more_brokers{}; ///< besides `broker`: in turn, and when one is not there
    std::vector<net::endpoint> more_apis{};    ///< besides `api`, the same
    http::tls_options tls{};                   ///< of https
    std::optional<net::endpoint> proxy{};      ///< for the API
    drive::auth_options auth{};                ///< what the API asks for
    friend bool operator==(const target&, const target&) = default;
};

struct load {
    std::vector<loadsim::load::service_weight> services{{"horn", 1.0}};
    loadsim::load::spacing spacing = loadsim::load::spacing::uniform;
    std::vector<loadsim::load::phase> phases;
    nanoseconds drain = std::chrono::seconds{30}; ///< after the last phase: wait so long for what is in flight
    nanoseconds unanswered_after =
        std::chrono::seconds{60}; ///< a request without an end is given up so long after it was due
    nanoseconds lag_limit =
        std::chrono::milliseconds{100}; ///< of lag p99; above it the generator was the limit: invalid
    drive::kind driver = drive::kind::http;
    drive::http_options http;
    drive::mqtt_options mqtt;
    std::vector<observe::options> observers{observe::mqtt_options{}}; ///< at least one, 32 at most
    bool watch_words = false; ///< a second subscription follows the vehicles' words, and checks their sequence numbers
    friend bool operator==(const load&, const load&) = default;
};

/// Which requests are written down one by one, with their messages.
enum class record : std::uint8_t {
    automatic,  ///< all of a plan of up to record_all_up_to requests, else unexpected ones
    unexpected, ///< and those with an anomaly
    all,
};
inline constexpr std::uint64_t record_all_up_to = 100'000;

/// One test: who is there, what they do, what is asked of them, and what counts as good.
struct document {
    std::string name;
    std::uint64_t seed = 1;
    scenario::target target;
    loadsim::contract::options contract;
    fleet::options fleet;
    std::vector<vehicle::behaviour> behaviours; ///< the built-in ones, replaced or extended by the scenario's own
    std::vector<vehicle::condition> conditions;
    scenario::load load;
    std::vector<drive::call_options> before; ///< in order, before the fleet connects
    std::vector<drive::call_options> after;  ///< after the drain
    std::vector<fleet::campaign_options> campaigns;
    scenario::record record = record::automatic;
    std::vector<verdict::budget> budgets;
    friend bool operator==(const document&, const document&) = default;
};

/// Where the broker is, and where the API: all of them, the first one first; empty: embedded.
std::vector<net::endpoint> brokers_of(const target&);
std::vector<net::endpoint> apis_of(const target&);

/// Somebody speaks MQTT: not so with the link broker-api, unless something else of the scenario does.
bool needs_a_broker(const document&);

/// loadsim's own contract is spoken, which is the only one that the embedded backend understands.
bool speaks_our_own(const document&);

/// The behaviour of that name; the reader has checked that there is one.
const vehicle::behaviour& behaviour_of(const document&, std::string_view name);

/// Names for the indexes that measurements use.
measure::legend legend_of(const document&);

/// The phases with the spikes of the conditions worked in: a phase that a spike falls into is cut, and the parts are
/// named "steady", "steady (spike)", "steady (2)"; of a spike that comes again "steady (spike 1)" ... What
/// legend_of() and schedule_of() go by. The area under the rate is what the phase has, and (factor - 1) times the
/// spike's part of it.
std::vector<loadsim::load::phase> phases_of(const document&);

/// The plan of the load.
loadsim::load::schedule schedule_of(const document&);

} // namespace loadsim::scenario
