#include "check.hpp"

#include <loadsim/scenario/read.hpp>

#include <loadsim/base/names.hpp>
#include <loadsim/net/sources.hpp>

#include <boost/asio/ip/address_v4.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace loadsim::scenario {
namespace {

constexpr std::string_view small_letters = "abcdefghijklmnopqrstuvwxyz";

bool consists_of(std::string_view text, std::string_view letters, std::string_view more) {
    return std::ranges::all_of(text, [&](char c) {
        return letters.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
    });
}

/// A name that is a folder's name everywhere, with the run's time behind it.
bool is_folder_name(std::string_view name) {
    constexpr std::string_view more = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !name.empty() && name.size() <= 100 && name.front() != '.' && name.front() != '-' &&
           consists_of(name, small_letters, more);
}

/// What a behaviour needs of the rest of the scenario. Only those that somebody has: the built-in ones are always
/// there.
void check_means(const document& d, const vehicle::behaviour& b, const std::string& path, problems& all) {
    const auto& m = d.fleet.mqtt;
    const bool own_broker = d.target.embedded && !d.target.broker;
    if (b.credentials && own_broker && m.user.empty())
        all.add(path,
                fmt::format("'{}' has wrong credentials, and the embedded broker has to know the right ones: give "
                            "fleet.mqtt a user and a password",
                            b.name));
    if (!b.asleep) return;
    if (d.load.driver == drive::kind::mqtt)
        all.add(path, fmt::format("'{}' sleeps, and the mqtt driver has nobody who would wake it", b.name));
    if (!m.presence) all.add(path, fmt::format("'{}' sleeps, and without fleet.mqtt.presence nobody knows", b.name));
}

void check_segments(const document& d, problems& all) {
    std::vector<std::string_view> known;
    for (const auto& b : d.behaviours) known.push_back(b.name);
    std::set<std::string_view> seen;
    double sum = 0;
    const auto& segments = d.fleet.segments;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const auto path = fmt::format("fleet.segments[{}]", i);
        const auto& s = segments[i];
        sum += s.part.of_one;
        if (s.name.empty()) all.add(path + ".name", "a segment needs a name");
        if (!seen.insert(s.name).second)
            all.add(path + ".name", fmt::format("there are two segments called '{}'", s.name));
        if (std::ranges::count(known, s.behaviour) == 0)
            all.add(path + ".behaviour", unknown_name("behaviour", s.behaviour, known));
        else
            check_means(d, behaviour_of(d, s.behaviour), path + ".behaviour", all);
    }
    if (!segments.empty() && std::abs(sum - 1) > 1e-6)
        all.add("fleet.segments", fmt::format("the shares add up to {:.6g}%, not to 100%", sum * 100));
}

void check_behaviours(const document& d, problems& all) {
    std::vector<std::string_view> services;
    for (const auto& s : d.load.services) services.push_back(s.name);
    for (const auto& s : d.target.backend.services)
        if (d.target.embedded && std::ranges::count(services, s.name) == 0) services.push_back(s.name);
    for (const auto& b : d.behaviours) {
        const auto path = "behaviours." + b.name;
        for (auto& f : vehicle::check(b))
            all.add(f.place.empty() ? path : fmt::format("{}.{}", path, f.place), std::move(f.text));
        for (const auto& [service, ignored] : b.services)
            if (std::ranges::count(services, service) == 0)
                all.add(fmt::format("{}.services.{}", path, service), unknown_name("service", service, services));
    }
}

void check_budgets(const document& d, problems& all) {
    const auto legend = legend_of(d);
    for (std::size_t i = 0; i < d.budgets.size(); ++i)
        for (auto& text : verdict::check(d.budgets[i], legend)) all.add(fmt::format("budgets[{}]", i), std::move(text));
}

} // namespace

bool is_service_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && consists_of(name, small_letters, "0123456789-") &&
           small_letters.find(name.front()) != std::string_view::npos;
}

bool broker_is_on_loopback(const document& d) {
    if (!d.target.broker) return d.target.embedded;
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address_v4(d.target.broker->host, no_address);
    return !no_address && address.is_loopback();
}

void check_target(const document& d, problems& all) {
    const auto& t = d.target;
    if (t.api && !t.broker) all.add("target.api", "the vehicles need a broker too: give target.broker");
    if (!t.embedded && !t.broker && !t.api) all.add("target", "a target is embedded, or has a broker");
    if (!t.embedded && !t.api && d.load.driver == drive::kind::http)
        all.add("target", "the http driver needs a target.api, or an embedded target");
    if (!t.embedded) return;
    const auto is_asked_for = [&](std::string_view name) {
        return std::ranges::count(d.load.services, name, &loadsim::load::service_weight::name) != 0;
    };
    for (const auto& s : t.backend.services)
        if (!is_service_name(s.name) && !is_asked_for(s.name)) // those are the load's to check
            all.add("target.embedded.services." + s.name,
                    fmt::format("'{}' is no service name: small letters, digits and '-', a letter first", s.name));
    std::vector<std::string_view> served;
    for (const auto& s : t.backend.services) served.push_back(s.name);
    for (const auto& s : d.load.services)
        if (std::ranges::count(served, s.name) == 0)
            all.add("load.services." + s.name,
                    "the embedded target does not serve this: " + unknown_name("service", s.name, served));
}

void check_fleet(const document& d, problems& all) {
    const auto& f = d.fleet;
    if (f.vehicles == 0 || f.vehicles > vehicle::vin_capacity)
        all.add("fleet.vehicles", fmt::format("{} vehicles; there can be 1 to {}", f.vehicles, vehicle::vin_capacity));
    if (!(f.connect_rate.per_second > 0)) all.add("fleet.connectRate", "at a rate of 0 nobody ever connects");
    if (const auto text = vehicle::check(f.vin); !text.empty())
        all.add("fleet.vin." + text.substr(0, text.find(' ')), text); // the sentence begins with the key
    if (f.reconnect.cap < f.reconnect.base) all.add("fleet.reconnect.cap", "cap is less than base");
    if (f.mqtt.session.protocol == mqtt::version::v3_1_1 && f.mqtt.session.session_expiry.count() != 0)
        all.add("fleet.mqtt.sessionExpiry", "MQTT 3.1.1 has no session expiry; use version 5.0, or cleanStart: false");
    if (const auto sources = net::parse_sources(f.source_addresses); !sources)
        for (const auto& p : sources.error().list) all.add("fleet.sourceAddresses", p.text);
    const auto check_address = [&all](const char* place, const std::string& text) {
        if (const auto at = net::parse_listen_address(text); !at)
            for (const auto& p : at.error().list) all.add(place, p.text);
    };
    check_address("fleet.wake.udp", f.wake.udp);
    check_address("fleet.wake.sms", f.wake.sms);
    check_segments(d, all);
}

problems check(const document& d) {
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
    return all;
}

} // namespace loadsim::scenario
