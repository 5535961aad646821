#include "process/target_setup.hpp"

#include "process/broker_access.hpp"
#include "process/broker_tls.hpp"

#include <loadsim/driver/authenticator.hpp>
#include <loadsim/net/connect_check.hpp>
#include <loadsim/net/source_addresses.hpp>
#include <loadsim/net/tls_session.hpp>
#include <loadsim/scenario/run_estimate.hpp>
#include <loadsim/target/preflight.hpp>
#include <loadsim/vehicle/segment.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::run {
namespace {

constexpr nanoseconds response_timeout = std::chrono::seconds{5};

bool any_behaviour(const scenario::scenario_config& scenario, bool (*predicate)(const vehicle::behaviour&)) {
    return std::ranges::any_of(scenario.fleet.segments, [&](const vehicle::segment& s) {
        return predicate(scenario::behaviour_of(scenario, s.behaviour));
    });
}

/// `password`: target.embedded.password; empty: one for this run.
target::mosquitto_login generator_login(const std::string& password) {
    std::random_device entropy;
    return {scenario::embedded_user, password.empty() ? fmt::format("{:08x}{:08x}", entropy(), entropy()) : password};
}

/// TLS of the vehicles; nullopt: no broker uses it.
result<std::optional<fleet::vehicle_tls>> make_vehicle_tls(const scenario::scenario_config& scenario,
                                                           const scenario::compiled_scenario& compiled) {
    if (!scenario.target.embedded_tls && std::ranges::none_of(scenario::brokers_of(scenario.target), net::uses_tls))
        return std::optional<fleet::vehicle_tls>{};
    auto made = fleet::vehicle_tls::create(
        scenario.fleet.tls, compiled.symbols,
        {.seed = scenario.seed, .now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())});
    if (!made) return made.error();
    return std::optional(std::move(*made));
}

/// The embedded broker ends with the run; it persists sessions only if they must survive an outage.
result<void> start_broker(const scenario::scenario_config& scenario, const scenario::compiled_scenario& compiled,
                          fleet_partition vehicles, const fleet::vehicle_tls* tls_of_vehicles,
                          const std::filesystem::path& folder, target_setup& setup) {
    target::mosquitto_options wanted;
    const auto& tls = scenario.target.embedded_tls;
    const bool mutual = tls && tls->mutual;
    const auto own = generator_login(scenario.target.embedded_password);
    const bool requires_login =
        !mutual && (!scenario.target.embedded_password.empty() || any_behaviour(scenario, [](const auto& b) {
            return b.credentials && !b.credentials->user.empty();
        }));
    if (requires_login) wanted.logins = logins_of(scenario, compiled, vehicles, own);
    if (tls)
        wanted.tls =
            make_broker_tls(scenario, mutual ? access_rules_of(scenario, compiled, vehicles).text() : std::string(),
                            revoked_certificates(scenario, compiled, vehicles, *tls_of_vehicles));
    wanted.persistent_sessions = std::ranges::any_of(
        scenario.conditions, [](const auto& c) { return c.type == vehicle::condition::kind::outage; });
    auto started = target::mosquitto::start(folder, wanted);
    if (!started) return started.error();
    setup.embedded_broker = std::move(*started);
    auto& broker = setup.endpoints.broker_urls.emplace_back(setup.embedded_broker->broker());
    broker.tls = setup.embedded_broker->client_tls();
    if (scenario::is_broker_faulty(scenario)) { // the vehicles are to refuse it, and not loadsim's own sessions
        broker.tls.verify = net::tls_verification::none;
        broker.tls.min_version = net::tls_version::v1_0;
    }
    if (requires_login) {
        broker.user = own.user;
        broker.password = own.password;
    }
    return {};
}

/// Servers of these URLs that answer. Reports and leaves out those that do not. Errors: none answers.
result<net::server_list> check_servers(const std::vector<net::endpoint>& urls, std::string_view peer,
                                       const notice_handler& on_notice) {
    auto found = net::check_servers(urls, peer, response_timeout);
    if (found.servers.at(std::chrono::steady_clock::now())->empty()) return found.unreachable;
    for (const auto& p : found.unreachable.list)
        on_notice(fmt::format("going on without a {}: {}", peer, to_string(p)));
    return std::move(found.servers);
}

/// Those of the list's URLs that have a server.
std::vector<net::endpoint> reachable_urls(const net::server_list& servers) {
    const auto known = servers.at(std::chrono::steady_clock::now());
    std::vector<net::endpoint> all;
    for (std::size_t i = 0; i < servers.urls().size(); ++i)
        if (std::ranges::count(*known, i, &net::server::url) != 0) all.push_back(servers.urls()[i]);
    return all;
}

http::client_options api_of(const scenario::scenario_config& scenario, std::vector<net::endpoint> bases) {
    return {.base_urls = std::move(bases),
            .tls = scenario.target.tls,
            .proxy = scenario.target.proxy,
            .max_connections = scenario.load.http.connections,
            .timeout = scenario.load.http.timeout,
            .retries = scenario.load.http.retries,
            .keep_headers = false,
            .limits = scenario.load.http.limits};
}

result<void> start_backend(const scenario::scenario_config& scenario, target_setup& setup) {
    auto wanted = scenario.target.backend;
    if (setup.wakeup_listener) {
        wanted.wakeup.udp = setup.wakeup_listener->udp();
        wanted.wakeup.sms = setup.wakeup_listener->sms();
    }
    if (setup.broker_api) {
        wanted.broker_api.url = setup.broker_api->url();
        wanted.broker_api.path = setup.broker_api->path();
        wanted.broker_api.events = setup.observers->webhook_url();
    }
    auto started = backend::server::start(wanted, reachable_urls(setup.endpoints.brokers),
                                          net::endpoint{"http", "127.0.0.1", 0, ""});
    if (!started) return started.error();
    setup.embedded_backend = std::move(*started);
    return {};
}

result<void> start_api(const scenario::scenario_config& scenario, target_setup& setup,
                       const notice_handler& on_notice) {
    if (scenario.target.api) {
        setup.endpoints.api = api_of(scenario, scenario::apis_of(scenario.target));
    } else {
        if (const auto started = start_backend(scenario, setup); !started) return started.error();
        setup.endpoints.api = api_of(scenario, {setup.embedded_backend->api()});
        on_notice("embedded backend: " + net::to_string(setup.embedded_backend->api()));
    }
    if (scenario.target.auth.type != driver::auth_options::kind::none) {
        auto authenticator = driver::authenticator::open(scenario.target.auth, *setup.endpoints.api);
        if (!authenticator) return authenticator.error();
        setup.endpoints.auth = std::move(*authenticator);
    }
    auto& api = *setup.endpoints.api;
    auto servers = api.proxy ? check_servers({*api.proxy}, "proxy", on_notice)
                             : check_servers(api.base_urls, "platform's API", on_notice);
    if (!servers) return servers.error();
    api.servers = std::move(*servers);
    // With a custom contract no harmless request is known: only the TCP connection is checked.
    if (!scenario::uses_builtin_contract(scenario)) return {};
    auto check_options = api;
    check_options.timeout = response_timeout;
    if (!api.proxy) check_options.base_urls = reachable_urls(api.servers);
    return driver::check_api(check_options, setup.endpoints.auth.get());
}

/// Starts the simulated broker API, which receives the commands instead of a broker.
result<void> open_broker_api(const scenario::scenario_config& scenario, target_setup& setup,
                             const notice_handler& on_notice) {
    auto opened = fleet::broker_api::open(scenario.fleet.broker_api, scenario.seed);
    if (!opened) return opened.error();
    setup.broker_api.emplace(std::move(*opened));
    on_notice("simulated broker API: " + setup.broker_api->url() + setup.broker_api->path());
    return {};
}

} // namespace

result<void> check_machine(const scenario::scenario_config& scenario, const cluster::rank_info& rank,
                           const notice_handler& on_notice) {
    target::raise_open_file_limit();
    const auto warnings = target::preflight(scenario::requirements_of(scenario, {rank.count, rank.ranks_on_host}),
                                            target::inspect_machine());
    if (!warnings) return warnings.error();
    for (const auto& warning : *warnings) on_notice(warning);
    return {};
}

result<target_setup> start_target(const scenario::scenario_config& scenario,
                                  const scenario::compiled_scenario& compiled, fleet_partition vehicles,
                                  const std::filesystem::path& folder, const notice_handler& on_notice,
                                  net::byte_tap* tap) {
    target_setup setup;
    setup.endpoints.broker_api = scenario.fleet.broker_api;
    setup.endpoints.broker_api.inbound.limits = scenario.load.http.limits;
    if (scenario::needs_a_broker(scenario)) {
        setup.endpoints.broker_urls = scenario::brokers_of(scenario.target);
        for (auto& url : setup.endpoints.broker_urls) url.tls = scenario.target.tls;
        auto tls = make_vehicle_tls(scenario, compiled);
        if (!tls) return tls.error();
        if (setup.endpoints.broker_urls.empty()) {
            if (const auto started = start_broker(scenario, compiled, vehicles, *tls ? &**tls : nullptr, folder, setup);
                !started)
                return started.error();
            on_notice("embedded broker: mosquitto on " + net::to_string(setup.endpoints.broker_urls.front()));
        }
        if (*tls) {
            const auto& own = setup.endpoints.broker_urls.front().tls;
            if (const auto usable = net::tls_context::make(own); !usable) return usable.error();
            (*tls)->trust(own.ca);
            if (const auto usable = net::tls_context::make((*tls)->context_options()); !usable) return usable.error();
            if (const auto usable = check_credentials(scenario, compiled, **tls); !usable) return usable.error();
            setup.endpoints.vehicle_tls = std::make_shared<const fleet::vehicle_tls>(std::move(**tls));
        }
        auto servers = check_servers(setup.endpoints.broker_urls, "broker", on_notice);
        if (!servers) return servers.error();
        setup.endpoints.brokers = std::move(*servers);
    }
    if (scenario.target.embedded_kafka && setup.embedded_broker) {
        auto bus = start_embedded_kafka(scenario, compiled, setup.endpoints.broker_urls.front());
        if (!bus) return bus.error();
        setup.bus.emplace(std::move(*bus));
        setup.endpoints.kafka_brokers = setup.bus->cluster.brokers();
        on_notice(setup.bus->notice());
    }
    if (any_behaviour(scenario, [](const auto& b) { return b.asleep.has_value(); })) {
        auto wakeup = fleet::wakeup_listener::open(scenario.fleet.wakeup);
        if (!wakeup) return wakeup.error();
        setup.wakeup_listener.emplace(std::move(*wakeup));
        on_notice("listeners for wake-up triggers: udp " + setup.wakeup_listener->udp() + " and " +
                  setup.wakeup_listener->sms() + "/sms");
    }
    if (scenario.fleet.link == fleet::link_kind::broker_api)
        if (const auto opened = open_broker_api(scenario, setup, on_notice); !opened) return opened.error();
    setup.observers = std::make_unique<process_observers>(scenario);
    if (const auto opened = setup.observers->open(tap); !opened) return opened.error();
    for (const auto& sentence : setup.observers->notices()) on_notice(sentence);
    if (scenario.load.driver == driver::kind::http)
        if (const auto reachable = start_api(scenario, setup, on_notice); !reachable) return reachable.error();
    if (setup.embedded_backend && setup.endpoints.broker_api.inbound.url.empty())
        setup.endpoints.broker_api.inbound.url = net::to_string(setup.embedded_backend->api());
    const auto sources =
        net::parse_source_addresses(scenario.fleet.source_addresses).value(); // read() has validated them
    for (const auto& broker : *setup.endpoints.brokers.at(std::chrono::steady_clock::now()))
        if (const auto available = net::check_source_addresses(sources, broker.address.address()); !available)
            return available.error();
    return setup;
}

} // namespace loadsim::run
