#include "platform.hpp"

#include <loadsim/drive/api_probe.hpp>
#include <loadsim/fleet/papers.hpp>
#include <loadsim/net/reach.hpp>
#include <loadsim/vehicle/segment.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace loadsim::run {
namespace {
constexpr nanoseconds answer_within = std::chrono::seconds{5};

bool any_behaviour(const scenario::document& scenario, bool (*fits)(const vehicle::behaviour&)) {
    return std::ranges::any_of(scenario.fleet.segments, [&](const vehicle::segment& s) {
        return fits(scenario::behaviour_of(scenario, s.behaviour));
    });
}

/// A broker that is to tell right credentials from wrong ones has to know the right ones: the vehicles' and ours.
std::vector<target::mosquitto_login> logins_of(const scenario::document& scenario, const scenario::vocabulary& words,
                                               const target::mosquitto_login& own) {
    const auto forms = fleet::paper_forms::compile(scenario.fleet.mqtt, words.names).value(); // read() has checked them
    const vehicle::segmentation segments(scenario.seed, scenario.fleet.vehicles, scenario.fleet.segments);
    std::vector<target::mosquitto_login> all{own};
    std::unordered_set<std::string> known;
    for (std::uint32_t i = 0; i < scenario.fleet.vehicles; ++i) {
        const vehicle_id v{i};
        const auto vin = words.cars.vin_of(v);
        const auto segment = segments.segment_of(v);
        contract::values about{.vin = vin};
        words.fill(v, segment, scenario.fleet.segments[segment].name, about);
        fleet::papers shown;
        forms.fill(about, shown);
        if (known.insert(shown.user).second) all.push_back({shown.user, shown.password});
    }
    return all;
}

target::mosquitto_login own_login() {
    std::random_device bits;
    return {"loadsim", fmt::format("{:08x}{:08x}", bits(), bits())};
}

/// What is ours ends with the run, and so its broker keeps nothing but what an outage is to leave.
result<void> start_broker(const scenario::document& scenario, const scenario::vocabulary& words,
                          const std::filesystem::path& folder, platform& up) {
    target::mosquitto_options wanted;
    const auto own = own_login();
    const bool guarded = any_behaviour(scenario, [](const auto& b) { return b.credentials.has_value(); });
    if (guarded) wanted.logins = logins_of(scenario, words, own);
    wanted.keeps_sessions = std::ranges::any_of(
        scenario.conditions, [](const auto& c) { return c.what == vehicle::condition::kind::outage; });
    auto started = target::mosquitto::start(folder, wanted);
    if (!started) return started.error();
    up.own_broker = std::move(*started);
    auto& broker = up.brokers.emplace_back(up.own_broker->broker());
    if (guarded) {
        broker.user = own.user;
        broker.password = own.password;
    }
    return {};
}

/// The address of each broker that answers. One at least has to.
result<void> reach_brokers(platform& up, const std::function<void(const std::string&)>& said) {
    problems missing;
    for (const auto& broker : up.brokers) {
        const auto there = net::reach(broker, "broker", answer_within);
        if (there)
            up.broker_addresses.push_back(*there);
        else
            missing.add(there.error());
    }
    if (up.broker_addresses.empty()) return missing;
    for (const auto& p : missing.list) said("going on without a broker: " + to_string(p));
    return {};
}

http::client_options api_of(const scenario::document& scenario, std::vector<net::endpoint> bases) {
    return {.bases = std::move(bases),
            .tls = scenario.target.tls,
            .proxy = scenario.target.proxy,
            .connections = scenario.load.http.connections,
            .timeout = scenario.load.http.timeout,
            .retries = scenario.load.http.retries,
            .keep_headers = false};
}

result<void> start_backend(const scenario::document& scenario, platform& up) {
    auto wanted = scenario.target.backend;
    if (up.wake) {
        wanted.wake.udp = up.wake->udp();
        wanted.wake.sms = up.wake->sms();
    }
    if (up.broker_api) {
        wanted.broker_api.url = up.broker_api->url();
        wanted.broker_api.path = up.broker_api->path();
        wanted.broker_api.events = up.watch->webhook_url();
    }
    const auto broker = up.brokers.empty() ? net::endpoint{} : up.brokers.front();
    auto started = backend::server::start(wanted, broker, net::endpoint{"http", "127.0.0.1", 0, ""});
    if (!started) return started.error();
    up.own_backend = std::move(*started);
    return {};
}

result<void> bring_up_api(const scenario::document& scenario, platform& up,
                          const std::function<void(const std::string&)>& said) {
    if (scenario.target.api) {
        up.api = api_of(scenario, scenario::apis_of(scenario.target));
    } else {
        if (const auto started = start_backend(scenario, up); !started) return started.error();
        up.api = api_of(scenario, {up.own_backend->api()});
        said("embedded backend: " + net::to_string(up.own_backend->api()));
    }
    if (scenario.target.auth.is != drive::auth_options::kind::none) {
        auto door = drive::door::open(scenario.target.auth, *up.api);
        if (!door) return door.error();
        up.way_in = std::move(*door);
    }
    // Of an API that is not ours nobody knows what may be asked for.
    auto question = *up.api;
    question.timeout = answer_within;
    if (scenario::speaks_our_own(scenario)) return drive::probe_api(question, up.way_in.get());
    for (const auto& base : up.api->proxy ? std::vector{*up.api->proxy} : up.api->bases)
        if (const auto there = net::reach(base, "platform's API", answer_within); !there) return there.error();
    return {};
}

/// Commands come to us in place of the broker.
result<void> open_broker_api(const scenario::document& scenario, platform& up,
                             const std::function<void(const std::string&)>& said) {
    auto opened = fleet::broker_api::open(scenario.fleet.broker_api, scenario.seed);
    if (!opened) return opened.error();
    up.broker_api.emplace(std::move(*opened));
    said("the broker's API, played by us: " + up.broker_api->url() + up.broker_api->path());
    return {};
}

} // namespace

result<platform> bring_up(const scenario::document& scenario, const scenario::vocabulary& words,
                          const std::filesystem::path& folder, const std::function<void(const std::string&)>& said) {
    platform up;
    up.link = scenario.fleet.broker_api;
    if (scenario::needs_a_broker(scenario)) {
        up.brokers = scenario::brokers_of(scenario.target);
        if (up.brokers.empty()) {
            if (const auto started = start_broker(scenario, words, folder, up); !started) return started.error();
            said("embedded broker: mosquitto on " + net::to_string(up.brokers.front()));
        }
        if (const auto reached = reach_brokers(up, said); !reached) return reached.error();
    }
    if (any_behaviour(scenario, [](const auto& b) { return b.asleep.has_value(); })) {
        auto ports = fleet::wake_ports::open(scenario.fleet.wake);
        if (!ports) return ports.error();
        up.wake.emplace(std::move(*ports));
        said("vehicles that sleep are woken at udp " + up.wake->udp() + " and " + up.wake->sms() + "/sms");
    }
    if (scenario.fleet.link == fleet::link_kind::broker_api)
        if (const auto opened = open_broker_api(scenario, up, said); !opened) return opened.error();
    up.watch = std::make_unique<watch>(scenario);
    if (const auto opened = up.watch->open(); !opened) return opened.error();
    for (const auto& sentence : up.watch->said()) said(sentence);
    if (scenario.load.driver == drive::kind::http)
        if (const auto there = bring_up_api(scenario, up, said); !there) return there.error();
    if (up.own_backend && up.link.inbound.url.empty()) up.link.inbound.url = net::to_string(up.own_backend->api());
    return up;
}

} // namespace loadsim::run
