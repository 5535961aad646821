#include <loadsim/scenario/scenario.hpp>

#include <algorithm>
#include <cassert>
#include <variant>

namespace loadsim::scenario {

namespace {

std::vector<net::endpoint> join_endpoints(const std::optional<net::endpoint>& first,
                                          const std::vector<net::endpoint>& more) {
    std::vector<net::endpoint> all;
    if (first) all.push_back(*first);
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

/// "mqtt", "webhook"; for several of a kind "poll 1", "poll 2".
std::vector<std::string> observer_names(const std::vector<observer::options>& observers) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < observers.size(); ++i) {
        const auto kind = observer::kind_of(observers[i]);
        const auto is_same = [&](const observer::options& o) { return o.index() == observers[i].index(); };
        std::string name(kind);
        if (std::ranges::count_if(observers, is_same) > 1)
            name +=
                " " + std::to_string(1 + std::count_if(observers.begin(),
                                                       observers.begin() + static_cast<std::ptrdiff_t>(i), is_same));
        names.push_back(std::move(name));
    }
    return names;
}

} // namespace

std::vector<kafka::mock_cluster::topic> embedded_topics(const embedded_kafka& wanted) {
    auto all = wanted.topics;
    for (const auto& rule : wanted.bridge.rules)
        if (std::ranges::count(all, rule.topic, &kafka::mock_cluster::topic::name) == 0)
            all.push_back({rule.topic, embedded_kafka::default_partitions});
    return all;
}

scenario_config::scenario_config() = default;
scenario_config::scenario_config(const scenario_config&) = default;
scenario_config::scenario_config(scenario_config&&) noexcept = default;
scenario_config& scenario_config::operator=(const scenario_config&) = default;
scenario_config& scenario_config::operator=(scenario_config&&) noexcept = default;
scenario_config::~scenario_config() = default;

std::uint64_t message_step_of(const scenario_config& config) { return config.cost ? config.cost->message_step : 0; }

bool needs_a_broker(const scenario_config& config) {
    const auto is_mqtt = [](const observer::options& o) { return std::holds_alternative<observer::mqtt_options>(o); };
    return config.fleet.link == fleet::link_kind::mqtt || config.load.driver == driver::kind::mqtt ||
           !config.campaigns.empty() || std::ranges::any_of(config.load.observers, is_mqtt);
}

bool vehicles_use_tls(const scenario_config& config) {
    const auto brokers = brokers_of(config.target);
    return config.fleet.link == fleet::link_kind::mqtt &&
           (brokers.empty() ? config.target.embedded_tls.has_value() : std::ranges::any_of(brokers, net::uses_tls));
}

std::vector<net::endpoint> brokers_of(const target& t) { return join_endpoints(t.broker, t.more_brokers); }
std::vector<net::endpoint> apis_of(const target& t) { return join_endpoints(t.api, t.more_apis); }

bool is_broker_faulty(const scenario_config& s) {
    return s.target.embedded_tls && s.target.embedded_tls->fault != embedded_tls::broker_fault::none;
}

bool uses_builtin_contract(const scenario_config& config) {
    auto own = config.contract;
    own.deadlines.reset();
    if (own.presence.none) own.presence = contract::options{}.presence; // it needs none, except of sleeping vehicles
    return own == contract::options{};
}

const vehicle::behaviour& behaviour_of(const scenario_config& config, std::string_view name) {
    const auto found = std::ranges::find(config.behaviours, name, &vehicle::behaviour::name);
    assert(found != config.behaviours.end());
    return *found;
}

std::vector<double> service_weights_of(const load& l) {
    std::vector<double> weights;
    for (const auto& s : l.services) weights.push_back(s.weight);
    return weights;
}

loadsim::load::parameter_values parameter_values_of(const scenario_config& config) {
    std::vector<std::vector<loadsim::load::parameter>> by_service;
    for (const auto& s : config.load.services) by_service.push_back(s.parameters);
    return loadsim::load::parameter_values(config.seed, std::move(by_service));
}

nanoseconds completion_timeout_of(const load& l, const service& s) { return s.deadline.value_or(l.completion_timeout); }

nanoseconds longest_completion_timeout(const load& l) {
    nanoseconds longest{0};
    for (const auto& s : l.services) longest = std::max(longest, completion_timeout_of(l, s));
    return longest;
}

measure::labels labels_of(const scenario_config& config) {
    measure::labels made;
    for (const auto& s : config.load.services) {
        made.services.push_back(s.name);
        made.platform_services.push_back(s.platform_name());
    }
    for (const auto& p : phases_of(config)) made.phases.push_back(p.name);
    for (const auto& s : config.fleet.segments) {
        made.segments.push_back(s.name);
        made.behaviours.push_back(s.behaviour);
    }
    if (config.fleet.segments.empty()) { // only in scenarios built in code: read() adds a segment
        made.segments.emplace_back("all");
        made.behaviours.emplace_back("success");
    }
    for (const auto& c : config.conditions) made.conditions.push_back(c.name);
    if (config.load.driver == driver::kind::mqtt)
        made.observers.emplace_back("mqtt driver"); // receives the vehicles' final responses itself
    else
        made.observers = observer_names(config.load.observers);
    for (const auto& c : config.campaigns) made.campaigns.push_back(c.name);
    for (const auto& g : config.fleet.telemetry.groups) made.telemetry.push_back(g.name);
    for (const auto& a : config.fleet.telemetry.alarms) made.telemetry.push_back(a.name);
    for (const auto& t : config.taps) made.taps.push_back(t.name);
    for (const auto& [name, path] : config.contract.command.parameters) made.parameters.push_back(name);
    return made;
}

} // namespace loadsim::scenario
