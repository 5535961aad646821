#include "check.hpp"

#include "telemetry/compiled_telemetry.hpp"

#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/read.hpp>
#include <loadsim/verdict/default_budgets.hpp>

#include <loadsim/base/spelling.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/net/source_addresses.hpp>

#include <boost/asio/ip/address_v4.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <type_traits>
#include <variant>
#include <vector>

namespace loadsim::scenario {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// True: letters, digits, '.', '_' and '-' only.
bool has_name_characters(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'; });
}

/// True: the name, with the time of the run appended, is a valid folder name on all file systems.
void check_tags(const std::vector<std::string>& tags, problems& all) {
    for (std::size_t i = 0; i < tags.size(); ++i) {
        const auto path = fmt::format("tags[{}]", i);
        if (tags[i].empty() || !has_name_characters(tags[i]))
            all.add(path, fmt::format("'{}' is no tag: letters, digits, '.', '_' and '-'", tags[i]));
        else if (std::ranges::count(std::span(tags).first(i), tags[i]) != 0)
            all.add(path, fmt::format("the tag '{}' is there twice", tags[i]));
    }
}

/// Checks what a behaviour requires of the rest of the scenario. Only for behaviours in use, since the built-in ones
/// are always defined.
void check_behaviour_requirements(const scenario_config& config, const vehicle::behaviour& b, const std::string& path,
                                  problems& all) {
    const auto& m = config.fleet.mqtt;
    const bool own_broker = config.target.embedded && !config.target.broker;
    const auto& tls = config.target.embedded_tls;
    const bool has_wrong_login = b.credentials && !b.credentials->user.empty();
    if (has_wrong_login && own_broker && tls && tls->mutual)
        all.add(path, fmt::format("'{}' has a wrong user or password, which the embedded broker does not read: with "
                                  "target.embedded.tls.mutual the user follows from the certificate; leave mutual out",
                                  b.name));
    else if (has_wrong_login && own_broker && m.user.empty())
        all.add(path,
                fmt::format("'{}' has wrong credentials, and the embedded broker has to know the right ones: give "
                            "fleet.mqtt a user and a password",
                            b.name));
    if (!b.asleep) return;
    if (config.load.driver == driver::kind::mqtt)
        all.add(path, fmt::format("'{}' sleeps, and the mqtt driver cannot wake vehicles", b.name));
    if (config.contract.presence.none)
        all.add(path, fmt::format("'{}' sleeps, and with contract.presence: none the platform does not know", b.name));
}

void check_segments(const scenario_config& config, problems& all) {
    std::vector<std::string_view> known;
    for (const auto& b : config.behaviours) known.push_back(b.name);
    std::set<std::string_view> seen;
    double sum = 0;
    const auto& segments = config.fleet.segments;
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
            check_behaviour_requirements(config, behaviour_of(config, s.behaviour), path + ".behaviour", all);
    }
    constexpr double rounding = 0.001; // three times 33.3% is 100%; the fleet is divided in proportion to the shares
    if (!segments.empty() && std::abs(sum - 1) > rounding + 1e-9)
        all.add("fleet.segments", fmt::format("the shares add up to {:.6g}%, not to 100%", sum * 100));
}

void check_behaviours(const scenario_config& config, problems& all) {
    std::vector<std::string_view> services;
    for (const auto& s : config.load.services) services.push_back(s.name);
    for (const auto& s : config.target.backend.services)
        if (config.target.embedded && std::ranges::count(services, s.name) == 0) services.push_back(s.name);
    for (const auto& b : config.behaviours) {
        const auto path = "behaviours." + b.name;
        for (auto& f : vehicle::check(b))
            all.add(f.path.empty() ? path : fmt::format("{}.{}", path, f.path), std::move(f.text));
        for (const auto& [service, ignored] : b.services)
            if (std::ranges::count(services, service) == 0)
                all.add(fmt::format("{}.services.{}", path, service), unknown_name("service", service, services));
    }
}

/// Text for a budget of the requests in a spike, which is in phases of its own and a condition of no vehicle; empty: none.
std::string spike_label_problem(const verdict::budget& b, const scenario_config& config, const measure::labels& names) {
    if (b.condition.empty() || !verdict::is_of_requests(b)) return {};
    const auto found = std::ranges::find(config.conditions, b.condition, &vehicle::condition::name);
    if (found == config.conditions.end() || found->type != vehicle::condition::kind::spike) return {};
    const auto phase = std::ranges::find_if(
        names.phases, [&](const std::string& name) { return name.find(" (" + b.condition) != std::string::npos; });
    return fmt::format(
        "'{}' is a spike, which multiplies the load and is a condition of no vehicle; write {{phase={}}}", b.condition,
        phase == names.phases.end() ? "NAME" : *phase);
}

void check_budgets(const scenario_config& config, problems& all) {
    const auto names = labels_of(config);
    if (config.budgets.size() > max_budgets)
        all.add("budgets", fmt::format("{} budgets with `unexpected == 0` and `anomalies == 0`; {} are the most",
                                       config.budgets.size(), max_budgets));
    for (std::size_t i = 0; i < config.budgets.size(); ++i) {
        auto b = config.budgets[i];
        const auto path = fmt::format("budgets[{}]", i);
        if (b.metric_kind == verdict::budget::kind::cost && !config.cost)
            all.add(path, fmt::format(
                              "cost.{} has no data, as the scenario has no prices: give cost, or leave the budget out",
                              b.stat));
        if (!b.phase.empty() && std::ranges::count(config.load.phases, b.phase, &loadsim::load::phase::name) != 0 &&
            std::ranges::count(names.phases, b.phase) == 0) {
            const auto part = std::ranges::find_if(
                names.phases, [&](const std::string& name) { return name.starts_with(b.phase + " ("); });
            all.add(path, fmt::format("the phase '{}' is in a spike from its begin to its end; write {{phase={}}}",
                                      b.phase, *part));
            b.phase.clear(); // the other labels
        }
        for (auto& text : verdict::check(b, names)) all.add(path, std::move(text));
        if (auto text = spike_label_problem(b, config, names); !text.empty()) all.add(path, std::move(text));
    }
}

} // namespace

bool is_service_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && is_letter(name.front()) && has_name_characters(name);
}

std::string service_name_problem(std::string_view name) {
    return fmt::format(
        "'{}' is no service name of the embedded backend: letters, digits, '.', '_' and '-', a letter first", name);
}

bool broker_is_on_loopback(const scenario_config& config) {
    if (!config.target.broker) return config.target.embedded;
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address_v4(config.target.broker->host, no_address);
    return !no_address && address.is_loopback();
}

namespace {

/// True: the observer finds the request of a completion by the request's id.
bool needs_request_id(const observer::options& all) {
    return std::visit(
        [](const auto& o) {
            if constexpr (requires { o.factor; }) return true; // poll: one by one
            if constexpr (std::is_same_v<decltype(o), const observer::response_options&>) return false;
            if constexpr (requires { o.reading; }) return o.reading.vin.empty();
            return false;
        },
        all);
}

/// Checks the list of observers and the options of each.
void check_observers(const scenario_config& config, problems& all) {
    const auto& observers = config.load.observers;
    if (observers.empty())
        all.add("load.observers", "no observer would see the completion of a request; name one, such as mqtt");
    if (observers.size() > 32) all.add("load.observers", "there can be 32 at most");
    const bool is_default = observers == std::vector<observer::options>{observer::mqtt_options{}};
    const bool no_id =
        config.load.driver == driver::kind::http && std::ranges::any_of(config.load.services, [&](const service& s) {
            return s.contract.id.value_or(config.contract.request.id).empty();
        });
    if (config.load.driver == driver::kind::mqtt && !is_default && !observers.empty())
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
                    if (!(o.factor >= 1)) all.add(path, "must be at least 1: below it, the polls become more frequent");
                if constexpr (requires { o.hmac; })
                    for (const auto& p : observer::check(o).list) all.add(path + ".webhook" + p.location, p.text);
            },
            observers[i]);
        if (no_id && needs_request_id(observers[i]))
            all.add(path,
                    "it finds a request by its id, and contract.request.id is '': name the field of the API's response "
                    "that has the id; or, except for poll, the field of the VIN ('vin')");
    }
}

void check_link(const scenario_config& config, problems& all) {
    if (config.fleet.link != fleet::link_kind::broker_api) return;
    for (const auto& f : fleet::check(config.fleet.broker_api)) all.add("fleet.brokerApi." + f.path, f.text);
    if (config.load.driver == driver::kind::mqtt)
        all.add("fleet.link", "the mqtt driver sends commands through a broker; with broker-api use the http driver");
    if (config.target.api && config.fleet.broker_api.inbound.url.empty())
        all.add("fleet.brokerApi.inbound",
                "'url' is missing: which endpoint of your platform takes the vehicles' responses?");
    if (!config.campaigns.empty()) all.add("campaigns", "vehicles behind the broker's API subscribe to nothing");
    if (has_telemetry(config.fleet))
        all.add("fleet.telemetry", "vehicles behind the broker's API send responses and nothing else");
}

/// True: vehicles of one campaign also receive the messages of the other. `{segment}` in the filter separates
/// campaigns without a common segment.
bool filters_overlap(const fleet::campaign_options& one, const fleet::campaign_options& other) {
    if (one.filter != other.filter) return false;
    if (one.segments.empty() || other.segments.empty() || one.filter.find("{segment") == std::string::npos) return true;
    return std::ranges::any_of(one.segments, [&](const auto& s) { return std::ranges::count(other.segments, s) != 0; });
}

void check_campaigns(const scenario_config& config, problems& all) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < config.campaigns.size(); ++i) {
        const auto& c = config.campaigns[i];
        const auto path = fmt::format("campaigns[{}]", i);
        if (!seen.insert(c.name).second)
            all.add(path + ".name", fmt::format("there are two campaigns called '{}'", c.name));
        for (std::size_t other = 0; other < i; ++other)
            if (const auto& o = config.campaigns[other]; (c.id.empty() || o.id.empty()) && filters_overlap(o, c))
                all.add(
                    path + ".filter",
                    fmt::format(
                        "'{}' has the same one: give both an id, the field path of the campaign's name in a message",
                        o.name));
        for (const auto& s : c.segments)
            if (std::ranges::count(config.fleet.segments, s, &vehicle::segment::name) == 0) {
                std::vector<std::string_view> known;
                for (const auto& one : config.fleet.segments) known.push_back(one.name);
                all.add(path + ".segments", unknown_name("segment", s, known));
            }
        if (seconds(c.at) >= load_seconds(config.load)) all.add(path + ".at", "the load is over by then");
    }
}

/// Budgets of recovery that no run of the scenario can have data for.
void warn_of_unmeasured_recoveries(const scenario_config& config, problems& warnings) {
    for (std::size_t i = 0; i < config.budgets.size(); ++i) {
        const auto& b = config.budgets[i];
        const auto path = fmt::format("budgets[{}]", i);
        if (b.metric_kind != verdict::budget::kind::recovery) continue;
        if (config.conditions.empty())
            warnings.add(
                path, fmt::format("recovery.{} has no data: the scenario has no conditions to recover from", b.stat));
        else if (b.stat == "latency" && !verdict::recovery_budget(config.budgets))
            warnings.add(path,
                         "recovery.latency has no data: it compares with the first upper limit of a percentile or "
                         "max of e2e, and budgets has none");
    }
}

/// Longest part of the load, phase after phase, that a budget covers.
nanoseconds longest_covered_time(const verdict::budget& b, const scenario_config& config) {
    nanoseconds longest{0}, current{0};
    for (const auto& p : phases_of(config)) {
        current = verdict::covers_phase(b, p.name) ? current + p.duration : nanoseconds{0};
        longest = std::max(longest, current);
    }
    return longest;
}

/// Windows and an end of the load that are longer than the load.
void warn_of_long_windows(const scenario_config& config, problems& warnings) {
    for (std::size_t i = 0; i < config.budgets.size(); ++i) {
        const auto& b = config.budgets[i];
        const auto path = fmt::format("budgets[{}]", i);
        if (const auto covered = longest_covered_time(b, config); b.over > covered)
            warnings.add(path,
                         fmt::format("the budget has no data: it covers {} of the load at a time, which is no full "
                                     "window of {}",
                                     format_duration(covered), format_duration(b.over)));
        if (b.abort_after && seconds(*b.abort_after) >= load_seconds(config.load))
            warnings.add(path, fmt::format("abort: {} does not end the run: the load is over by then",
                                           format_duration(*b.abort_after)));
    }
}

/// Limits that no run can miss. One in place of a default budget is how a scenario accepts what that would not.
void warn_of_limits_without_effect(const scenario_config& config, problems& warnings) {
    const auto default_count = verdict::missing_default_budgets({}).size();
    for (std::size_t i = 0; i < config.budgets.size(); ++i)
        if (const auto& b = config.budgets[i];
            verdict::always_holds(b) && verdict::missing_default_budgets({b}).size() == default_count)
            warnings.add(fmt::format("budgets[{}]", i),
                         fmt::format("'{}' always holds; write a limit that a bad run misses, or leave it out",
                                     b.limit_expression));
}

void warn_of_unmeasured_tls(const scenario_config& config, problems& warnings) {
    if (vehicles_use_tls(config)) return;
    for (std::size_t i = 0; i < config.budgets.size(); ++i)
        if (const auto& b = config.budgets[i]; verdict::is_of_tls(b))
            warnings.add(
                fmt::format("budgets[{}]", i),
                fmt::format("{} has no data: the vehicles use no TLS; target.broker would be mqtts://HOST", b.metric));
}

/// A lost request counts with the completion timeout, so that a limit above it is kept even if all are lost.
void warn_of_high_limits(const scenario_config& config, problems& warnings) {
    for (std::size_t i = 0; i < config.budgets.size(); ++i) {
        const auto& b = config.budgets[i];
        const bool is_upper = b.op == verdict::comparison::less || b.op == verdict::comparison::less_equal;
        if (b.metric != "e2e" || b.metric_kind != verdict::budget::kind::latency || !is_upper) continue;
        for (const auto& s : config.load.services) {
            const auto timeout = completion_timeout_of(config.load, s);
            if ((!b.service.empty() && b.service != s.name) || !(s.weight > 0) || b.limit < milliseconds(timeout))
                continue;
            warnings.add(fmt::format("budgets[{}]", i),
                         fmt::format("lost requests do not miss this limit: they count with {}, which is {}",
                                     s.deadline ? "the deadline of " + s.name : "load.completionTimeout",
                                     format_duration(timeout)));
            break;
        }
    }
}

/// fleet.data without the VINs of the platform's vehicles: requests go to generated ones.
void warn_of_generated_vins(const scenario_config& config, const compiled_scenario& compiled, problems& warnings) {
    if (config.fleet.data.empty() || compiled.registry.has_vins()) return;
    warnings.add("fleet.data", fmt::format("the VINs are generated, for {} has no column 'vin'; its columns are {}",
                                           config.fleet.data, fmt::join(compiled.registry.columns(), ", ")));
}

} // namespace

void check_target(const scenario_config& config, problems& all) {
    const auto& t = config.target;
    if (t.api && !t.broker && config.fleet.link == fleet::link_kind::mqtt)
        all.add("target.api", "the vehicles need a broker too: give target.broker");
    if (!t.embedded && !t.broker && !t.api) all.add("target", "a target is embedded, or has a broker");
    if (!t.embedded && !t.api && config.load.driver == driver::kind::http)
        all.add("target", "the http driver needs a target.api, or an embedded target");
    if (!t.embedded) return;
    if (t.embedded_tls && !needs_a_broker(config))
        all.add("target.embedded.tls", "nothing in this scenario uses a broker; leave tls out");
    if (const auto& login = config.fleet.mqtt;
        !t.embedded_password.empty() && (login.user.empty() || login.password.empty()))
        all.add("fleet.mqtt",
                "with target.embedded.password vehicles need a user and a password; give both, or neither "
                "for those of loadsim");
    else if (!t.embedded_password.empty() && login.user == embedded_user && login.password != t.embedded_password)
        all.add(
            "fleet.mqtt.password",
            fmt::format("{} is the user of loadsim's own sessions, whose password is target.embedded.password, and a "
                        "broker has one for each user; give vehicles another user",
                        embedded_user));
    const auto is_requested = [&](std::string_view name) {
        return std::ranges::count(config.load.services, name, &service::platform_name) != 0;
    };
    for (const auto& s : t.backend.services)
        if (!is_service_name(s.name) && !is_requested(s.name)) // check_load() checks the requested ones
            all.add("target.embedded.services." + s.name, service_name_problem(s.name));
    std::vector<std::string_view> served;
    for (const auto& s : t.backend.services) served.push_back(s.name);
    for (const auto& s : config.load.services)
        if (std::ranges::count(served, s.platform_name()) == 0)
            all.add("load.services." + s.name, "the embedded target does not have this service: " +
                                                   unknown_name("service", s.platform_name(), served));
}

void check_fleet(const scenario_config& config, problems& all) {
    const auto& f = config.fleet;
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
    check_segments(config, all);
}

bool is_folder_name(std::string_view name) {
    return !name.empty() && name.size() <= 100 && name.front() != '.' && name.front() != '-' &&
           has_name_characters(name);
}

problems check(const scenario_config& config) {
    problems warnings;
    return check(config, warnings);
}

problems check(const scenario_config& config, problems& warnings) {
    problems all;
    if (!is_folder_name(config.name))
        all.add("name",
                fmt::format("'{}' cannot name a folder: letters, digits, '.', '_' and '-', at most 100", config.name));
    check_tags(config.tags, all);
    check_target(config, all);
    check_fleet(config, all);
    check_behaviours(config, all);
    check_conditions(config, all);
    check_load(config, all, warnings);
    check_budgets(config, all);
    check_observers(config, all);
    check_contract(config, all);
    check_telemetry(config, all);
    check_taps(config, all);
    check_tls(config, all);
    check_link(config, all);
    check_paho(config, all);
    check_campaigns(config, all);
    if (!all.empty()) return all; // templates are compiled only in a scenario without other problems
    if (const auto compiled = compile(config); !compiled) {
        all.add(compiled.error());
    } else {
        check_vehicle_values(config, *compiled, all);
        warn_of_generated_vins(config, *compiled, warnings);
        warn_of_contract(config, *compiled, warnings);
    }
    warn_of_telemetry(config, warnings);
    warn_of_taps(config, warnings);
    warn_of_high_limits(config, warnings);
    warn_of_limits_without_effect(config, warnings);
    warn_of_unmeasured_recoveries(config, warnings);
    warn_of_unmeasured_tls(config, warnings);
    if (all.empty()) warn_of_long_windows(config, warnings);
    if (all.empty()) warn_of_load(config, warnings);
    return all;
}

} // namespace loadsim::scenario
