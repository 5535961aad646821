#include "process/embedded_kafka.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

/// A bridge forwards at once, as a rule engine does.
constexpr nanoseconds bridge_linger = std::chrono::milliseconds{1};

} // namespace

std::vector<kafka::mock_cluster::topic> embedded_topics(const scenario::scenario_config& scenario) {
    const auto& wanted = *scenario.target.embedded_kafka;
    auto all = wanted.topics;
    const auto add = [&](const std::string& name) {
        if (std::ranges::count(all, name, &kafka::mock_cluster::topic::name) == 0)
            all.push_back({name, scenario::embedded_kafka::default_partitions});
    };
    const auto add_all = [&](const kafka::consumer_options& consumer) {
        if (consumer.connection.brokers.empty()) std::ranges::for_each(consumer.topics, add);
    };
    for (const auto& rule : wanted.bridge.rules) add(rule.topic);
    for (const auto& tap : scenario.taps) add_all(tap.consumer);
    for (const auto& o : scenario.load.observers)
        if (const auto* kafka = std::get_if<observer::kafka_observer_options>(&o)) add_all(kafka->consumer);
    return all;
}

result<embedded_kafka> start_embedded_kafka(const scenario::scenario_config& scenario, const net::endpoint& broker) {
    auto cluster = kafka::mock_cluster::start(embedded_topics(scenario));
    if (!cluster) return cluster.error();
    auto wanted = scenario.target.embedded_kafka->bridge;
    wanted.seed = scenario.seed;
    auto bridge = backend::kafka_bridge::start(
        wanted, {broker}, {.connection = {.brokers = cluster->brokers()}, .linger = bridge_linger});
    if (!bridge) return bridge.error();
    return embedded_kafka{std::move(*cluster), std::move(*bridge)};
}

std::string embedded_kafka::notice() const {
    return fmt::format("embedded Kafka: mock cluster on {}, fed by a bridge", fmt::join(cluster.brokers(), ", "));
}

} // namespace loadsim::run
