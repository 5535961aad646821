// Checks of the contract, and of the messages that services and campaigns have besides it.
#include "check.hpp"

#include "telemetry/compiled_telemetry.hpp"

#include <loadsim/scenario/compiled_scenario.hpp>

#include <loadsim/contract/placeholder_text.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/mqtt/packet.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <variant>

namespace loadsim::scenario {
namespace {

/// The embedded backend supports only the built-in contract; the mqtt driver has no API for hook requests.
void check_requests(const scenario_config& config, problems& all) {
    const bool own_backend = config.target.embedded && !config.target.api && config.load.driver == driver::kind::http;
    if (own_backend && !uses_builtin_contract(config))
        all.add("contract",
                "the embedded backend supports only loadsim's own contract; give target.api, or leave contract "
                "out");
    const auto check_headers = [&](const contract::named_texts& headers, const std::string& path) {
        for (const auto& [name, text] : headers) {
            if (auto why = http::header_problem(name, contract::known_text(text)); !why.empty())
                all.add(path + ".headers." + name, std::move(why));
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
    for_each_telemetry_message(config.fleet, check_message);
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

} // namespace

void check_contract(const scenario_config& config, problems& all) {
    check_requests(config, all);
    check_topics(config, all);
}

void warn_of_contract(const scenario_config& config, const compiled_scenario& compiled, problems& warnings) {
    warn_of_unsent_parameters(config, compiled, warnings);
    warn_of_the_other_driver(config, warnings);
    warn_of_builtin_messages(config, warnings);
}

} // namespace loadsim::scenario
