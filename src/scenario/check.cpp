#include "check.hpp"

#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/read.hpp>

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/spelling.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/contract/placeholder_text.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/mqtt/packet.hpp>
#include <loadsim/net/source_addresses.hpp>

#include <boost/asio/ip/address_v4.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
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
bool is_folder_name(std::string_view name) {
    return !name.empty() && name.size() <= 100 && name.front() != '.' && name.front() != '-' &&
           has_name_characters(name);
}

/// Checks what a behaviour requires of the rest of the scenario. Only for behaviours in use, since the built-in ones
/// are always defined.
void check_behaviour_requirements(const scenario_config& config, const vehicle::behaviour& b, const std::string& path,
                                  problems& all) {
    const auto& m = config.fleet.mqtt;
    const bool own_broker = config.target.embedded && !config.target.broker;
    if (b.credentials && own_broker && m.user.empty())
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

void check_budgets(const scenario_config& config, problems& all) {
    const auto names = labels_of(config);
    for (std::size_t i = 0; i < config.budgets.size(); ++i)
        for (auto& text : verdict::check(config.budgets[i], names))
            all.add(fmt::format("budgets[{}]", i), std::move(text));
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

/// The embedded backend supports only the built-in contract; the mqtt driver has no API for hook requests.
void check_contract(const scenario_config& config, problems& all) {
    const bool own_backend = config.target.embedded && !config.target.api && config.load.driver == driver::kind::http;
    if (own_backend && !uses_builtin_contract(config))
        all.add("contract",
                "the embedded backend supports only loadsim's own contract; give target.api, or leave contract "
                "out");
    const auto check_headers = [&](const contract::named_texts& headers, const std::string& path) {
        for (const auto& [name, text] : headers) {
            auto why = http::header_name_problem(name);
            if (why.empty()) why = http::header_value_problem(name, contract::known_text(text));
            if (!why.empty()) all.add(path + ".headers." + name, std::move(why));
        }
    };
    const auto& request = config.contract.request;
    if (auto why = http::method_problem(request.method); !why.empty())
        all.add("contract.request.method", std::move(why));
    check_headers(request.headers, "contract.request");
    if (config.load.http.traceparent && !http::find_header(request.headers, "traceparent").empty())
        all.add("load.http.traceparent", "contract.request.headers has a traceparent, too; leave out one of them");
    for (const auto& s : config.load.services)
        if (config.load.http.traceparent && !http::find_header(s.contract.headers, "traceparent").empty())
            all.add(fmt::format("load.services.{}.headers", s.name),
                    "a traceparent is in load.http.traceparent, too; leave out one of them");
    for (const auto& s : config.load.services) {
        const auto path = "load.services." + s.name;
        if (s.contract.method)
            if (auto why = http::method_problem(*s.contract.method); !why.empty())
                all.add(path + ".method", std::move(why));
        check_headers(s.contract.headers, path);
        if (own_backend && s.contract.changes_request())
            all.add(path,
                    "the embedded backend supports only loadsim's own requests; give target.api, or leave out what "
                    "is not weight, as, parameters or deadline");
    }
    if (config.target.auth.type != driver::auth_options::kind::none)
        for (const auto& p : driver::check(config.target.auth).list) all.add("target.auth." + p.location, p.text);
    for (const auto* hooks : {&config.before, &config.after})
        if (!hooks->empty() && config.load.driver == driver::kind::mqtt)
            all.add(hooks == &config.before ? "before" : "after",
                    "the mqtt driver needs no platform, so there is no API to call");
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
    if (config.contract.telemetry)
        all.add("contract.telemetry", "vehicles behind the broker's API send responses and nothing else");
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

/// MQTT 5.0, 4.7.1 and 4.8.2: topics and filters are valid whatever the values of their placeholders.
void check_topics(const scenario_config& config, problems& all) {
    const auto check_topic = [&](const std::string& path, const std::string& text) {
        if (!text.empty() && !mqtt::valid_topic_name(contract::sample_text(text)))
            all.add(path, fmt::format("'{}' is a filter; a message goes to one topic, without + and #", text));
    };
    const auto check_filter = [&](const std::string& path, const std::string& text, const std::string& sample) {
        if (text.empty()) return all.add(path, "an empty filter matches no topic; '#' matches all");
        if (mqtt::valid_topic_filter(sample)) return;
        all.add(path, text.starts_with("$share/")
                          ? fmt::format("'{}': a shared subscription is written $share/NAME/FILTER, the name without + "
                                        "and #, and the wildcards of the filter alone in their levels",
                                        text)
                          : fmt::format("'{}': + is alone in its level, and # is alone in the last one", text));
    };
    const auto check_message = [&](const std::string& path, const contract::message_options& m) {
        if (m.none) return;
        check_topic(path + ".topic", m.topic);
        check_topic(path + ".responseTopic", m.response_topic);
    };
    const auto& c = config.contract;
    for (const auto& s : config.load.services) {
        const auto path = "load.services." + s.name;
        if (s.contract.topic) check_topic(path + ".topic", *s.contract.topic);
        const auto has_service = [](const std::string& topic) { return topic.find("{service}") != std::string::npos; };
        const std::initializer_list<const contract::message_options*> responses{&c.ack, &c.running, &c.executed,
                                                                                &c.failed};
        const bool in_topic =
            std::ranges::any_of(responses, [&](const auto* m) { return !m->none && has_service(m->topic); }) ||
            (config.load.driver == driver::kind::mqtt &&
             has_service(s.contract.topic.value_or(c.command.message.topic)));
        if (in_topic && !mqtt::valid_topic_name(s.platform_name()))
            all.add(path, fmt::format("'{}' cannot be in a topic, where {{service}} is: + and # belong in filters",
                                      s.platform_name()));
    }
    check_message("contract.command", c.command.message);
    check_message("contract.ack", c.ack);
    check_message("contract.running", c.running);
    check_message("contract.executed", c.executed);
    check_message("contract.failed", c.failed);
    check_message("contract.presence", c.presence);
    if (c.telemetry) check_message("contract.telemetry", c.telemetry->message);
    check_filter("contract.command.filter", c.command.filter, contract::sample_text(c.command.filter));
    check_filter("contract.responses.filter", c.responses_filter, c.responses_filter);
    for (std::size_t i = 0; i < config.campaigns.size(); ++i) {
        const auto path = fmt::format("campaigns[{}]", i);
        check_message(path, config.campaigns[i].message);
        check_filter(path + ".filter", config.campaigns[i].filter, contract::sample_text(config.campaigns[i].filter));
    }
    for (std::size_t i = 0; i < config.load.observers.size(); ++i) {
        const auto* o = std::get_if<observer::mqtt_options>(&config.load.observers[i]);
        if (o == nullptr) continue;
        const auto path = fmt::format("load.observers[{}].mqtt.filter", i);
        check_filter(path, o->filter, o->filter);
        if (o->clients > 1 && o->filter.starts_with("$share/"))
            all.add(path,
                    "several clients share their subscription by themselves; write the filter without $share/NAME/");
    }
}

/// Messages that a contract of one's own leaves out: vehicles send loadsim's own, which another platform does not read.
void warn_of_builtin_messages(const scenario_config& config, problems& warnings) {
    const auto& c = config.contract;
    const contract::options builtin;
    if (c.executed == builtin.executed) return; // no responses of its own
    const auto warn = [&](std::string_view key, const contract::message_options& m,
                          const contract::message_options& builtin_message, std::string_view remedy) {
        if (m == builtin_message)
            warnings.add("contract", fmt::format("'{}' is left out, so vehicles send loadsim's own on {}; {}", key,
                                                 m.topic, remedy));
    };
    constexpr auto or_none = "give the platform's, or none if it has no such message";
    warn("ack", c.ack, builtin.ack, or_none);
    warn("running", c.running, builtin.running, or_none);
    warn("failed", c.failed, builtin.failed, "give the platform's");
    warn("presence", c.presence, builtin.presence, or_none);
}

/// Parameters of services that no template contains.
void warn_of_unsent_parameters(const scenario_config& config, const compiled_scenario& compiled, problems& warnings) {
    const auto& names = compiled.symbols.parameters;
    const bool by_mqtt = config.load.driver == driver::kind::mqtt;
    for (std::uint32_t i = 0; i < config.load.services.size(); ++i)
        for (const auto& p : config.load.services[i].parameters) {
            const auto index = static_cast<std::size_t>(std::ranges::find(names, p.name) - names.begin());
            if (by_mqtt ? compiled.message_contract.command_uses_parameter(i, index)
                        : compiled.message_contract.request(i).uses_parameter(index))
                continue;
            warnings.add(fmt::format("load.services.{}.parameters.{}", config.load.services[i].name, p.name),
                         fmt::format("it is not sent: no template of the {} has {{parameter.{}}}",
                                     by_mqtt ? "command" : "request", p.name));
        }
}

/// Keys of services that are of the other driver.
void warn_of_the_other_driver(const scenario_config& config, problems& warnings) {
    const bool by_mqtt = config.load.driver == driver::kind::mqtt;
    for (const auto& s : config.load.services)
        if (by_mqtt ? s.contract.changes_request() : s.contract.changes_command())
            warnings.add("load.services." + s.name,
                         by_mqtt ? "'driver: mqtt' sends no request to an API: only weight, as, parameters, deadline, "
                                   "topic and payload of a service have an effect"
                                 : "topic and payload have an effect only with 'driver: mqtt': else the platform sends "
                                   "the command");
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

/// Calls `visit` with the path and the options of each payload that vehicles or requests for them send.
void each_payload(const scenario_config& config, const auto& visit) {
    const auto& c = config.contract;
    visit("contract.request.body", c.request.body);
    for (const auto& [key, m] :
         {std::pair{"command", &c.command.message}, std::pair{"ack", &c.ack}, std::pair{"running", &c.running},
          std::pair{"executed", &c.executed}, std::pair{"failed", &c.failed}, std::pair{"presence", &c.presence}})
        if (!m->none) visit(fmt::format("contract.{}.payload", key), m->payload);
    if (c.telemetry) visit("contract.telemetry.payload", c.telemetry->message.payload);
    for (const auto& s : config.load.services) {
        if (s.contract.body) visit(fmt::format("load.services.{}.body", s.name), *s.contract.body);
        if (s.contract.payload) visit(fmt::format("load.services.{}.payload", s.name), *s.contract.payload);
    }
    for (const auto& [key, hooks] : {std::pair{"before", &config.before}, std::pair{"after", &config.after}})
        for (std::size_t i = 0; i < hooks->size(); ++i) visit(fmt::format("{}[{}].body", key, i), (*hooks)[i].body);
}

/// Cells of fleet.data within a payload of hex or base64: the first that makes it none.
void check_encoded_cells(const scenario_config& config, const compiled_scenario& compiled, problems& all) {
    using form = contract::payload_options::payload_format;
    const auto columns = compiled.registry.columns();
    each_payload(config, [&](const std::string& path, const contract::payload_options& payload) {
        if (payload.format != form::hex && payload.format != form::base64) return;
        for (const auto& name : contract::data_columns(payload.text)) {
            const auto column = static_cast<std::size_t>(std::ranges::find(columns, name) - columns.begin());
            if (column == columns.size()) continue; // {{data.x}} is text
            const bool is_whole = payload.text == fmt::format("{{data.{}}}", name);
            for (std::uint32_t v = 0; v < config.fleet.vehicles; ++v) {
                auto cell = compiled.registry.row(vehicle_id{v})[column];
                const auto text = cell;
                if (!is_whole) { // the other parts may complete the digits of a byte
                    while (payload.format == form::base64 && cell.ends_with('=')) cell.pop_back();
                    cell += payload.format == form::hex ? cell : std::string(3 * cell.size(), 'A');
                }
                if (payload.format == form::hex ? decode_hex(cell) : decode_base64(cell)) continue;
                all.add(path, fmt::format("{}: '{}' is no {}, and {{data.{}}} is within it",
                                          vehicle::registry::place_of(config.fleet.data, vehicle_id{v}, column), text,
                                          payload.format == form::hex ? "hex" : "base64", name));
                return;
            }
        }
    });
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

problems check(const scenario_config& config) {
    problems warnings;
    return check(config, warnings);
}

problems check(const scenario_config& config, problems& warnings) {
    problems all;
    if (!is_folder_name(config.name))
        all.add("name",
                fmt::format("'{}' cannot name a folder: letters, digits, '.', '_' and '-', at most 100", config.name));
    check_target(config, all);
    check_fleet(config, all);
    check_behaviours(config, all);
    check_conditions(config, all);
    check_load(config, all, warnings);
    check_budgets(config, all);
    check_observers(config, all);
    check_contract(config, all);
    check_link(config, all);
    check_campaigns(config, all);
    check_topics(config, all);
    if (!all.empty()) return all; // templates are compiled only in a scenario without other problems
    if (const auto compiled = compile(config); !compiled) {
        all.add(compiled.error());
    } else {
        check_encoded_cells(config, *compiled, all);
        warn_of_generated_vins(config, *compiled, warnings);
        warn_of_unsent_parameters(config, *compiled, warnings);
    }
    warn_of_the_other_driver(config, warnings);
    warn_of_builtin_messages(config, warnings);
    warn_of_high_limits(config, warnings);
    if (all.empty()) warn_of_load(config, warnings);
    return all;
}

} // namespace loadsim::scenario
