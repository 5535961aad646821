#include "artillery/translation.hpp"

#include "artillery/flows.hpp"
#include "artillery/limits.hpp"
#include "artillery/names.hpp"
#include "artillery/phases.hpp"

#include <loadsim/net/url.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace loadsim::scenario::artillery {
namespace {

constexpr std::string_view default_target = "http://127.0.0.1:8080";
constexpr double default_timeout = 10; // seconds, of Artillery
constexpr double max_timeout = 3600;
constexpr double least_vehicles = 10;
constexpr double most_vehicles = 1'000'000;

yaml_node list_of(std::initializer_list<std::string_view> texts) {
    auto made = make_node(yaml_node::kind::list);
    for (const auto text : texts) made.items.push_back(make_scalar(std::string(text)));
    return made;
}

/// After this time a request is given up. Longer than the time-out of its HTTP request, which may wait for a connection.
double longest_seconds(double timeout) { return std::ceil(timeout) + 5; }

yaml_node empty_text() { return make_scalar(""); }

class script_translator {
public:
    script_translator(const yaml_node& root, const yaml_node& config, const payload_table& payload,
                      const artillery_options& options, const std::string& environment, note_list& notes)
        : root_(root), config_(config), payload_(payload), notes_(notes), options_(options),
          values_(config, payload, options, environment, notes) {}

    translated_script translate() {
        note_unsupported();
        const auto timeout = timeout_seconds();
        auto phases = translate_phases(config_, values_, notes_);
        auto flows = translate_flows(root_, config_, values_, notes_);
        const auto api = api_url();

        translated_script made;
        auto& tree = made.tree;
        made.vehicles = static_cast<std::uint32_t>(
            std::clamp(std::ceil(phases.peak_rate * longest_seconds(timeout)), least_vehicles, most_vehicles));
        const auto file_name = options_.file.substr(options_.file.find_last_of('/') + 1);
        tree.add("name", make_scalar(name_from(file_name.substr(0, file_name.find_last_of('.')), "artillery")));
        auto target = make_map("api", make_scalar(api));
        if (flows.auth.what == yaml_node::kind::map) target.add("auth", std::move(flows.auth));
        tree.add("target", std::move(target));
        tree.add("contract", contract());
        auto behaviour = make_map("steps", make_node(yaml_node::kind::list));
        behaviour.add("expect", make_scalar("executed"));
        behaviour.add("expectAnomalies", list_of({"command_lost", "completion_before_response"}));
        tree.add("behaviours", make_map("api-only", std::move(behaviour)));
        tree.add("fleet", fleet(api));
        if (!flows.before.items.empty()) tree.add("before", std::move(flows.before));
        if (!flows.after.items.empty()) tree.add("after", std::move(flows.after));
        tree.add("load", load(std::move(phases), std::move(flows), timeout));
        auto budgets = translate_limits(config_, values_, notes_);
        if (budgets.items.empty()) budgets.items.push_back(make_scalar("unexpected == 0"));
        tree.add("budgets", std::move(budgets));
        return made;
    }

private:
    std::string api_url() {
        static const std::map<std::string, std::string> none;
        const auto* target = find(config_, {"target"});
        if (target == nullptr) {
            notes_.add(config_,
                       fmt::format("config.target is missing: {} stands for it; choose another with --env or --api",
                                   default_target));
            return std::string(default_target);
        }
        auto url = values_.text(*target, {.is_hook = true, .captured = &none}, text_use::plain);
        while (url.ends_with('/')) url.pop_back();
        if (url.find("${") != std::string::npos && url.find("undefined") == std::string::npos) return url;
        if (const auto parsed = net::parse_api_url(url); !parsed) {
            notes_.add(*target, fmt::format("config.target is not carried over, {} stands for it: {}", default_target,
                                            shown(parsed.error().list.front().text)));
            return std::string(default_target);
        }
        return url;
    }

    double timeout_seconds() {
        const auto* timeout = find(config_, {"timeout"});
        if (timeout == nullptr) timeout = find(config_, {"http", "timeout"});
        if (timeout == nullptr) return default_timeout;
        const auto seconds = values_.number(*timeout, "http.timeout");
        if (seconds >= 0.001 && seconds <= max_timeout) return seconds;
        notes_.add(*timeout, fmt::format("http.timeout is not carried over, {}s stand for it: write seconds up to {}",
                                         default_timeout, max_timeout));
        return default_timeout;
    }

    static yaml_node contract() {
        auto request = make_map("method", make_scalar("GET"));
        request.add("path", make_scalar("/"));
        request.add("body", empty_text());
        request.add("accepted", list_of({"200", "201", "202", "204"}));
        request.add("rejected", make_node(yaml_node::kind::list));
        request.add("id", empty_text());
        auto made = make_map("request", std::move(request));
        made.add("command", make_map("service", empty_text()));
        return made;
    }

    yaml_node fleet(const std::string& api) const {
        auto made = make_map("vehicles", make_scalar("0")); // set_vehicles()
        if (!payload_.columns.empty()) made.add("data", make_scalar(options_.data_file));
        made.add("link", make_scalar("broker-api"));
        made.add("brokerApi", make_map("inbound", make_map("url", make_scalar(api))));
        auto segment = make_map("name", make_scalar("all"));
        segment.add("share", make_scalar("100%"));
        segment.add("behaviour", make_scalar("api-only"));
        auto segments = make_node(yaml_node::kind::list);
        segments.items.push_back(std::move(segment));
        made.add("segments", std::move(segments));
        return made;
    }

    yaml_node load(translated_phases phases, translated_flows flows, double timeout) {
        auto made = make_map("services", std::move(flows.services));
        auto response = make_map("id", empty_text());
        response.add("vin", empty_text());
        response.add("state", make_scalar(flows.state));
        response.add("reason", empty_text());
        response.add("ends", make_map("executed", make_scalar(flows.state.empty() ? "*" : flows.executed_state)));
        auto observers = make_node(yaml_node::kind::list);
        observers.items.push_back(make_map("response", std::move(response)));
        made.add("observers", std::move(observers));
        auto http = make_map("timeout", make_scalar(decimal(timeout) + "s"));
        if (const auto* pool = find(config_, {"http", "pool"})) {
            const auto connections = std::floor(values_.number(*pool, "http.pool"));
            if (connections >= 1 && connections <= 10'000)
                http.add("connections", make_scalar(fmt::format("{:.0f}", connections)));
            else
                notes_.add(*pool, "http.pool is not carried over: load.http.connections is a number from 1 to 10000");
        }
        const auto* tracing = find(config_, {"http", "distributedTracing"});
        if (tracing != nullptr && !is_false(tracing) && !is_false(find(*tracing, {"enabled"})))
            http.add("traceparent", make_scalar("true"));
        made.add("http", std::move(http));
        const auto longest = decimal(longest_seconds(timeout)) + "s";
        made.add("completionTimeout", make_scalar(longest));
        made.add("drain", make_scalar(longest));
        if (phases.is_poisson) made.add("spacing", make_scalar("poisson"));
        made.add("phases", std::move(phases.phases));
        return made;
    }

    void note_unsupported() {
        notes_.add_other_keys(root_, {"config", "scenarios", "before", "after"}, "the script");
        constexpr std::pair<std::string_view, std::string_view> keys[] = {
            {"processor", "loadsim runs no functions of a script"},
            {"engines", "loadsim sends HTTP requests"},
            {"ws", "loadsim sends HTTP requests"},
            {"socketio", "loadsim sends HTTP requests"},
            {"includeFiles", "loadsim finds files relative to the scenario"},
            {"bundling", "loadsim runs no functions of a script"},
            {"apdex", "budgets limit percentiles"},
            {"statsInterval", "the timeline of a report has a line for each second"},
        };
        for (const auto& [key, why] : keys)
            if (const auto* found = find(config_, {key}))
                notes_.add(*found, fmt::format("config.{} is not carried over: {}", key, why));
        notes_.add_other_keys(config_, {"target",   "phases",    "variables",    "payload", "http",     "timeout",
                                        "tls",      "defaults",  "environments", "ensure",  "plugins",  "mode",
                                        "engine",   "processor", "engines",      "ws",      "socketio", "includeFiles",
                                        "bundling", "apdex",     "statsInterval"},
                              "config");
        if (const auto* plugins = find(config_, {"plugins"}))
            for (const auto& m : plugins->members)
                if (m.key != "ensure" && m.key != "expect")
                    notes_.add(
                        m.location.line,
                        fmt::format("the plugin '{}' is not carried over: loadsim runs no plugins", shown(m.key)));
        if (const auto* tls = find(config_, {"tls"}))
            for (const auto& m : tls->members)
                if (m.key != "rejectUnauthorized" || !is_true(&m.value))
                    notes_.add(m.location.line, fmt::format("config.tls.{} is not carried over: loadsim verifies each "
                                                            "certificate; target.tls has ca, certificate and key",
                                                            shown(m.key)));
        if (const auto* http = find(config_, {"http"})) {
            if (const auto* sockets = find(*http, {"maxSockets"}))
                notes_.add(*sockets, "http.maxSockets is not carried over: it is of a virtual user; "
                                     "load.http.connections is of the run");
            notes_.add_other_keys(*http, {"timeout", "pool", "maxSockets", "distributedTracing", "defaults"},
                                  "config.http");
        }
        const auto* defaults = find(config_, {"http", "defaults"});
        if (defaults == nullptr) defaults = find(config_, {"defaults"});
        if (defaults != nullptr) notes_.add_other_keys(*defaults, {"headers", "cookie"}, "the defaults");
    }

    const yaml_node& root_;
    const yaml_node& config_;
    const payload_table& payload_;
    note_list& notes_;
    const artillery_options& options_;
    value_translator values_;
};

} // namespace

translated_script translate_script(const yaml_node& root, const yaml_node& config, const payload_table& payload,
                                   const artillery_options& options, const std::string& environment, note_list& notes) {
    return script_translator(root, config, payload, options, environment, notes).translate();
}

void set_vehicles(yaml_node& tree, std::uint32_t vehicles) {
    *tree.find("fleet")->find("vehicles") = make_scalar(std::to_string(vehicles));
}

yaml_node difference(const yaml_node& base, const yaml_node& changed) {
    auto made = make_node(yaml_node::kind::null);
    for (const auto& m : changed.members) {
        const auto* known = base.find(m.key);
        if (known != nullptr && to_yaml(*known) == to_yaml(m.value)) continue;
        const bool is_map =
            known != nullptr && known->what == yaml_node::kind::map && m.value.what == yaml_node::kind::map;
        made.add(m.key, is_map ? difference(*known, m.value) : m.value);
    }
    return made;
}

} // namespace loadsim::scenario::artillery
