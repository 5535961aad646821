#include "check.hpp"

#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/read.hpp>

#include <loadsim/base/spelling.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/net/source_addresses.hpp>

#include <boost/asio/ip/address_v4.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <variant>
#include <vector>

namespace loadsim::scenario {
namespace {

constexpr std::string_view small_letters = "abcdefghijklmnopqrstuvwxyz";

bool consists_of(std::string_view text, std::string_view letters, std::string_view more) {
    return std::ranges::all_of(text, [&](char c) {
        return letters.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
    });
}

/// Whether the name, with the time of the run appended, is a valid folder name on all file systems.
bool is_folder_name(std::string_view name) {
    constexpr std::string_view more = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !name.empty() && name.size() <= 100 && name.front() != '.' && name.front() != '-' &&
           consists_of(name, small_letters, more);
}

/// Checks what a behaviour requires of the rest of the scenario. Only for behaviours in use, since the built-in ones
/// are always defined.
void check_behaviour_requirements(const scenario_config& d, const vehicle::behaviour& b, const std::string& path,
                                  problems& all) {
    const auto& m = d.fleet.mqtt;
    const bool own_broker = d.target.embedded && !d.target.broker;
    if (b.credentials && own_broker && m.user.empty())
        all.add(path,
                fmt::format("'{}' has wrong credentials, and the embedded broker has to know the right ones: give "
                            "fleet.mqtt a user and a password",
                            b.name));
    if (!b.asleep) return;
    if (d.load.driver == driver::kind::mqtt)
        all.add(path, fmt::format("'{}' sleeps, and the mqtt driver cannot wake vehicles", b.name));
    if (!m.presence)
        all.add(path, fmt::format("'{}' sleeps, and without fleet.mqtt.presence the platform does not know", b.name));
}

void check_segments(const scenario_config& d, problems& all) {
    std::vector<std::string_view> known;
    for (const auto& b : d.behaviours) known.push_back(b.name);
    std::set<std::string_view> seen;
    double sum = 0;
    const auto& segments = d.fleet.segments;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const auto path = fmt::format("fleet.segments[{}]", i);
        const auto& s = segments[i];
        sum += s.fleet_fraction.value;
        if (s.name.empty()) all.add(path + ".name", "a segment needs a name");
        if (!seen.insert(s.name).second)
            all.add(path + ".name", fmt::format("there are two segments called '{}'", s.name));
        if (std::ranges::count(known, s.behaviour) == 0)
            all.add(path + ".behaviour", unknown_name("behaviour", s.behaviour, known));
        else
            check_behaviour_requirements(d, behaviour_of(d, s.behaviour), path + ".behaviour", all);
    }
    if (!segments.empty() && std::abs(sum - 1) > 1e-6)
        all.add("fleet.segments", fmt::format("the shares add up to {:.6g}%, not to 100%", sum * 100));
}

void check_behaviours(const scenario_config& d, problems& all) {
    std::vector<std::string_view> services;
    for (const auto& s : d.load.services) services.push_back(s.name);
    for (const auto& s : d.target.backend.services)
        if (d.target.embedded && std::ranges::count(services, s.name) == 0) services.push_back(s.name);
    for (const auto& b : d.behaviours) {
        const auto path = "behaviours." + b.name;
        for (auto& f : vehicle::check(b))
            all.add(f.path.empty() ? path : fmt::format("{}.{}", path, f.path), std::move(f.text));
        for (const auto& [service, ignored] : b.services)
            if (std::ranges::count(services, service) == 0)
                all.add(fmt::format("{}.services.{}", path, service), unknown_name("service", service, services));
    }
}

void check_budgets(const scenario_config& d, problems& all) {
    const auto legend = labels_of(d);
    for (std::size_t i = 0; i < d.budgets.size(); ++i)
        for (auto& text : verdict::check(d.budgets[i], legend)) all.add(fmt::format("budgets[{}]", i), std::move(text));
}

} // namespace

bool is_service_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && consists_of(name, small_letters, "0123456789-") &&
           small_letters.find(name.front()) != std::string_view::npos;
}

bool broker_is_on_loopback(const scenario_config& d) {
    if (!d.target.broker) return d.target.embedded;
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address_v4(d.target.broker->host, no_address);
    return !no_address && address.is_loopback();
}

namespace {

/// Checks the list of observers and the options of each.
void check_observers(const scenario_config& d, problems& all) {
    const auto& observers = d.load.observers;
    if (observers.empty())
        all.add("load.observers", "no observer would see the completion of a request; name one, such as mqtt");
    if (observers.size() > 32) all.add("load.observers", "there can be 32 at most");
    const bool is_default = observers == std::vector<observer::options>{observer::mqtt_options{}};
    if (d.load.driver == driver::kind::mqtt && !is_default && !observers.empty())
        all.add("load.observers",
                "the mqtt driver observes the vehicles' final responses itself; leave the observers out");
    for (std::size_t i = 0; i < observers.size(); ++i) {
        const auto path = fmt::format("load.observers[{}]", i);
        std::visit(
            [&](const auto& o) {
                if constexpr (requires { o.reading; }) {
                    if (const auto read = contract::event_mapping::compile(o.reading, path); !read)
                        for (const auto& p : read.error().list) all.add(path, p.text);
                    if (o.reading.outcomes.empty())
                        all.add(path, "'ends' names no outcome, so no request would ever end");
                }
                if constexpr (requires { o.factor; })
                    if (!(o.factor >= 1)) all.add(path, "a factor below 1 would ask ever more often");
                if constexpr (requires { o.hmac; }) {
                    if (const auto at = net::parse_listen_address(o.listen); !at)
                        for (const auto& p : at.error().list) all.add(path + ".webhook.listen", p.text);
                    if (!o.path.starts_with('/')) all.add(path + ".webhook.path", "a path begins with '/'");
                }
            },
            observers[i]);
    }
}

/// The embedded backend supports only the built-in contract; the mqtt driver has no API for hook requests.
void check_contract(const scenario_config& d, problems& all) {
    const bool own_backend = d.target.embedded && !d.target.api && d.load.driver == driver::kind::http;
    if (own_backend && !uses_builtin_contract(d))
        all.add("contract",
                "the embedded backend supports only loadsim's own contract; give target.api, or leave contract "
                "out");
    if (d.target.auth.type != driver::auth_options::kind::none)
        for (const auto& p : driver::check(d.target.auth).list) all.add("target.auth." + p.location, p.text);
    for (const auto* calls : {&d.before, &d.after})
        if (!calls->empty() && d.load.driver == driver::kind::mqtt)
            all.add(calls == &d.before ? "before" : "after",
                    "the mqtt driver needs no platform, so there is no API to call");
}

void check_link(const scenario_config& d, problems& all) {
    if (d.fleet.link != fleet::link_kind::broker_api) return;
    for (const auto& f : fleet::check(d.fleet.broker_api)) all.add("fleet.brokerApi." + f.path, f.text);
    if (d.load.driver == driver::kind::mqtt)
        all.add("fleet.link", "the mqtt driver speaks to vehicles at a broker; with broker-api use the http driver");
    if (d.target.api && d.fleet.broker_api.inbound.url.empty())
        all.add("fleet.brokerApi.inbound",
                "'url' is missing: which endpoint of your platform takes the vehicles' responses?");
    if (!d.campaigns.empty()) all.add("campaigns", "vehicles behind the broker's API subscribe to nothing");
    if (d.contract.telemetry)
        all.add("contract.telemetry", "vehicles behind the broker's API send responses and nothing else");
}

/// Whether vehicles of one campaign also receive the messages of the other. `{segment}` in the filter separates
/// campaigns without a common segment.
bool filters_overlap(const fleet::campaign_options& one, const fleet::campaign_options& other) {
    if (one.filter != other.filter) return false;
    if (one.segments.empty() || other.segments.empty() || one.filter.find("{segment") == std::string::npos) return true;
    return std::ranges::any_of(one.segments, [&](const auto& s) { return std::ranges::count(other.segments, s) != 0; });
}

void check_campaigns(const scenario_config& d, problems& all) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < d.campaigns.size(); ++i) {
        const auto& c = d.campaigns[i];
        const auto path = fmt::format("campaigns[{}]", i);
        if (!seen.insert(c.name).second)
            all.add(path + ".name", fmt::format("there are two campaigns called '{}'", c.name));
        for (std::size_t other = 0; other < i; ++other)
            if (const auto& o = d.campaigns[other]; (c.id.empty() || o.id.empty()) && filters_overlap(o, c))
                all.add(
                    path + ".filter",
                    fmt::format(
                        "'{}' has the same one: give both an id, the field path of the campaign's name in a message",
                        o.name));
        for (const auto& s : c.segments)
            if (std::ranges::count(d.fleet.segments, s, &vehicle::segment::name) == 0) {
                std::vector<std::string_view> known;
                for (const auto& one : d.fleet.segments) known.push_back(one.name);
                all.add(path + ".segments", unknown_name("segment", s, known));
            }
        if (seconds(c.at) > load_seconds(d.load)) all.add(path + ".at", "the load is over by then");
    }
}

} // namespace

void check_target(const scenario_config& d, problems& all) {
    const auto& t = d.target;
    if (t.api && !t.broker && d.fleet.link == fleet::link_kind::mqtt)
        all.add("target.api", "the vehicles need a broker too: give target.broker");
    if (!t.embedded && !t.broker && !t.api) all.add("target", "a target is embedded, or has a broker");
    if (!t.embedded && !t.api && d.load.driver == driver::kind::http)
        all.add("target", "the http driver needs a target.api, or an embedded target");
    if (!t.embedded) return;
    const auto is_requested = [&](std::string_view name) {
        return std::ranges::count(d.load.services, name, &loadsim::load::service_weight::name) != 0;
    };
    for (const auto& s : t.backend.services)
        if (!is_service_name(s.name) && !is_requested(s.name)) // check_load() checks the requested ones
            all.add("target.embedded.services." + s.name,
                    fmt::format("'{}' is no service name: small letters, digits and '-', a letter first", s.name));
    std::vector<std::string_view> served;
    for (const auto& s : t.backend.services) served.push_back(s.name);
    for (const auto& s : d.load.services)
        if (std::ranges::count(served, s.name) == 0)
            all.add("load.services." + s.name,
                    "the embedded target does not have this service: " + unknown_name("service", s.name, served));
}

void check_fleet(const scenario_config& d, problems& all) {
    const auto& f = d.fleet;
    if (f.vehicles == 0 || f.vehicles > vehicle::vin_capacity)
        all.add("fleet.vehicles", fmt::format("{} vehicles; there can be 1 to {}", f.vehicles, vehicle::vin_capacity));
    if (!(f.connect_rate.per_second > 0)) all.add("fleet.connectRate", "at a rate of 0 no vehicle ever connects");
    if (const auto text = vehicle::check(f.vin); !text.empty())
        all.add("fleet.vin." + text.substr(0, text.find(' ')), text); // the message begins with the key
    if (f.reconnect.cap < f.reconnect.base) all.add("fleet.reconnect.cap", "cap is less than base");
    if (f.mqtt.session.protocol == mqtt::version::v3_1_1 && f.mqtt.session.session_expiry.count() != 0)
        all.add("fleet.mqtt.sessionExpiry", "MQTT 3.1.1 has no session expiry; use version 5.0, or cleanStart: false");
    if (const auto sources = net::parse_source_addresses(f.source_addresses); !sources)
        for (const auto& p : sources.error().list) all.add("fleet.sourceAddresses", p.text);
    const auto check_address = [&all](const char* place, const std::string& text) {
        if (const auto at = net::parse_listen_address(text); !at)
            for (const auto& p : at.error().list) all.add(place, p.text);
    };
    check_address("fleet.wakeup.udp", f.wakeup.udp);
    check_address("fleet.wakeup.sms", f.wakeup.sms);
    check_segments(d, all);
}

problems check(const scenario_config& d) {
    problems all;
    if (!is_folder_name(d.name))
        all.add("name",
                fmt::format("'{}' cannot name a folder: letters, digits, '.', '_' and '-', at most 100", d.name));
    check_target(d, all);
    check_fleet(d, all);
    check_behaviours(d, all);
    check_conditions(d, all);
    check_load(d, all);
    check_budgets(d, all);
    check_observers(d, all);
    check_contract(d, all);
    check_link(d, all);
    check_campaigns(d, all);
    if (!all.empty()) return all; // templates are compiled only in a scenario without other problems
    if (const auto compiled = compile(d); !compiled) all.add(compiled.error());
    return all;
}

} // namespace loadsim::scenario
