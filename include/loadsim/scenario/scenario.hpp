// Scenario as a plain struct: the values of the YAML file with defaults filled in; no runtime state.
#pragma once

#include <loadsim/backend/kafka_bridge.hpp>
#include <loadsim/backend/options.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/driver/options.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/http/options.hpp>
#include <loadsim/kafka/mock_cluster.hpp>
#include <loadsim/load/options.hpp>
#include <loadsim/load/parameters.hpp>
#include <loadsim/load/schedule.hpp>
#include <loadsim/measure/cost.hpp>
#include <loadsim/net/url.hpp>
#include <loadsim/observer/options.hpp>
#include <loadsim/scenario/report_options.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/verdict/budget.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

/// TLS of the embedded mosquitto, with certificates of the run's own CA (certificate::run_authority()).
struct embedded_tls {
    /// Fault of the broker: every client must refuse it.
    enum class broker_fault : std::uint8_t {
        none,
        wrong_host,  ///< its certificate is for another host
        expired,     ///< its certificate
        untrusted,   ///< its certificate is of another CA
        old_version, ///< it has TLS 1.1 at most
    };
    bool mutual = false; ///< clients need a certificate; its common name is the user, which has access rules
    broker_fault fault = broker_fault::none;
    friend bool operator==(const embedded_tls&, const embedded_tls&) = default;
};

/// Mock cluster with the Kafka API, and the bridge to it from the embedded mosquitto.
struct embedded_kafka {
    static constexpr std::uint32_t default_partitions = 4; ///< of the topics that are used and not in the list
    std::vector<kafka::mock_cluster::topic> topics{};
    backend::bridge_options bridge{};
    friend bool operator==(const embedded_kafka&, const embedded_kafka&) = default;
};

/// Topics of the cluster: those of the list and of the bridge's rules, each once.
std::vector<kafka::mock_cluster::topic> embedded_topics(const embedded_kafka&);

/// Platform under test. read() resolves it: `embedded` alone: embedded mosquitto and embedded backend; a broker: no
/// embedded mosquitto, and the embedded backend only if the http driver needs one; broker and api: nothing embedded,
/// whatever target.embedded contains. An embedded backend without configured services serves its defaults and
/// load.services.
struct target {
    bool embedded = true;                ///< starts mosquitto and the reference backend
    std::optional<net::endpoint> broker; ///< external broker; replaces the embedded mosquitto
    std::optional<net::endpoint> api;    ///< external API; replaces the embedded backend
    backend::options backend;            ///< options of the embedded backend
    std::string embedded_password{};     ///< of the embedded mosquitto; empty: none is needed. Never printed
    std::optional<scenario::embedded_tls> embedded_tls{};     ///< none: plain TCP
    std::optional<scenario::embedded_kafka> embedded_kafka{}; ///< none: no cluster; needs the embedded mosquitto
    // Options of an external platform.
    std::vector<net::endpoint> more_brokers{}; ///< besides `broker`: used round robin and for failover
    std::vector<net::endpoint> more_apis{};    ///< besides `api`: used the same way
    net::tls_options tls{};                    ///< for https, and for loadsim's own sessions with mqtts
    std::optional<net::endpoint> proxy{};      ///< HTTP proxy for the API
    driver::auth_options auth{};               ///< credentials for the API
    friend bool operator==(const target&, const target&) = default;
};

/// A service of the load.
struct service {
    std::string name; ///< in reports and budgets
    double weight = 1;
    loadsim::contract::service_options contract{}; ///< differences from the contract
    std::vector<loadsim::load::parameter> parameters{};
    std::optional<nanoseconds> deadline{}; ///< instead of load::completion_timeout
    friend bool operator==(const service&, const service&) = default;

    /// The platform's name: value of {service}, and of the service in commands.
    const std::string& platform_name() const { return contract.as.empty() ? name : contract.as; }
};

/// User name of loadsim's own sessions at the embedded broker, if that demands a password.
inline constexpr const char* embedded_user = "loadsim";

struct load {
    std::vector<service> services{{"horn", 1.0}};
    loadsim::load::spacing spacing = loadsim::load::spacing::uniform;
    std::vector<loadsim::load::phase> phases;
    nanoseconds drain = std::chrono::seconds{30}; ///< waiting time after the last phase for requests in flight
    nanoseconds completion_timeout =
        std::chrono::seconds{60}; ///< from due time to completion; after it a request counts as unanswered
    nanoseconds lag_limit =
        std::chrono::milliseconds{100}; ///< of lag p99; above it the generator was too slow: invalid run
    driver::kind driver = driver::kind::http;
    driver::http_options http;
    driver::mqtt_options mqtt;
    std::vector<observer::options> observers{observer::mqtt_options{}}; ///< 1 to 32
    bool check_response_sequence =
        false; ///< a second subscription checks the sequence numbers of the vehicles' responses
    friend bool operator==(const load&, const load&) = default;
};

/// Selects the requests that get a record of their own, with their messages.
enum class record : std::uint8_t {
    automatic,  ///< all requests of a run of up to record_all_up_to requests, else as `unexpected`
    unexpected, ///< requests with an unexpected outcome or with an anomaly
    all,
};
inline constexpr std::uint64_t record_all_up_to = 100'000;

inline constexpr std::size_t max_budgets = 100; ///< the default ones included: a written scenario is read again

/// Line of a value in its file, for messages about it.
struct value_place {
    std::string file{}; ///< as in problems of the scenario; empty: in none, as after --set
    int line = 0;       ///< from 1
};
/// All are equal: scenarios do not differ in where their values are written.
struct value_places {
    std::vector<value_place> list{};
    friend bool operator==(const value_places&, const value_places&) { return true; }
};

/// One load test: target, contract, fleet, behaviours, conditions, load and budgets.
struct scenario_config {
    std::string name;
    std::vector<std::string> tags; ///< `suite --tag` selects by them
    std::uint64_t seed = 1;
    scenario::target target;
    loadsim::contract::options contract;
    fleet::options fleet;
    std::vector<vehicle::behaviour> behaviours; ///< built-in behaviours, replaced or extended by the scenario's own
    std::vector<vehicle::condition> conditions;
    scenario::load load;
    std::vector<driver::hook_options> before; ///< setup requests, in order, before the fleet connects
    std::vector<driver::hook_options> after;  ///< teardown requests, after the drain
    std::vector<fleet::campaign_options> campaigns;
    std::vector<observer::tap_options> taps{};
    scenario::record record = record::automatic;
    scenario::report_options report;
    std::optional<measure::price_list> cost{};
    std::vector<verdict::budget> budgets; ///< from read(): with the default ones (verdict/default_budgets.hpp)
    value_places budget_places{};         ///< of `budgets`, same index; set by read(), not written

    // Defined in scenario.cpp: every file that holds a scenario would compile them again.
    scenario_config();
    scenario_config(const scenario_config&);
    scenario_config(scenario_config&&) noexcept;
    scenario_config& operator=(const scenario_config&);
    scenario_config& operator=(scenario_config&&) noexcept;
    ~scenario_config();
    friend bool operator==(const scenario_config&, const scenario_config&) = default;
};

/// All brokers, or all APIs, of the target, the primary one first; empty: embedded.
std::vector<net::endpoint> brokers_of(const target&);
std::vector<net::endpoint> apis_of(const target&);

/// Bytes that count as one message of the prices; 0: the scenario has none.
std::uint64_t message_step_of(const scenario_config&);

/// True: anything in the scenario uses MQTT. With the link broker-api: only the driver, observers or campaigns can.
bool needs_a_broker(const scenario_config&);

/// True: the vehicles' sessions use TLS.
bool vehicles_use_tls(const scenario_config&);

/// True: the embedded broker is one that every vehicle must refuse.
bool is_broker_faulty(const scenario_config&);

/// True: the contract is loadsim's built-in one, the only one that the embedded backend supports.
bool uses_builtin_contract(const scenario_config&);

/// The behaviour of that name; read() has checked that it exists.
const vehicle::behaviour& behaviour_of(const scenario_config&, std::string_view name);

std::vector<double> service_weights_of(const load&);
/// Parameters of all services, drawn with the scenario's seed.
loadsim::load::parameter_values parameter_values_of(const scenario_config&);
/// Time from due time to completion, after which a request for the service counts as unanswered.
nanoseconds completion_timeout_of(const load&, const service&);
nanoseconds longest_completion_timeout(const load&);

/// Names for the indexes used in measurements.
measure::labels labels_of(const scenario_config&);

/// Phases of the load with all spikes applied; labels_of() and schedule_of() use these. A phase with a spike is split: the
/// parts before and after it keep the name "steady", so that a budget of that phase covers them all, and that of the spike is named
/// "steady (spike)"; those of a repeated spike "steady (spike 1)" ...
/// Arrivals: those of the phase, plus (factor - 1) times those in the time of the spike.
std::vector<loadsim::load::phase> phases_of(const scenario_config&);

/// Arrival schedule of the load, spikes included.
loadsim::load::schedule schedule_of(const scenario_config&);

} // namespace loadsim::scenario
