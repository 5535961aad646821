#include "process/embedded_kafka.hpp"

#include "tap_groups.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::run {
namespace {

/// A bridge forwards at once, as a rule engine does.
constexpr nanoseconds bridge_linger = std::chrono::milliseconds{1};

std::vector<backend::bridged_stream> streams_of_taps(const scenario::scenario_config& scenario,
                                                     const scenario::compiled_scenario& compiled) {
    std::vector<backend::bridged_stream> streams;
    const auto names = scenario::labels_of(scenario).telemetry;
    for (const auto& tap : scenario.taps) {
        if (!tap.consumer.connection.brokers.empty()) continue; // of another cluster
        const auto mapping =
            contract::tap_mapping::compile(tap.mapping, tap_groups_of(names, compiled, tap).mapping, {});
        if (!mapping) continue; // the tap does not start, and says why
        for (const auto& topic : tap.consumer.topics) streams.push_back({topic, *mapping});
    }
    return streams;
}

} // namespace

result<embedded_kafka> start_embedded_kafka(const scenario::scenario_config& scenario,
                                            const scenario::compiled_scenario& compiled, const net::endpoint& broker) {
    auto cluster = kafka::mock_cluster::start(scenario::embedded_topics(*scenario.target.embedded_kafka));
    if (!cluster) return cluster.error();
    auto bridge = backend::kafka_bridge::start(scenario.target.embedded_kafka->bridge, {broker},
                                               {.connection = {.brokers = cluster->brokers()}, .linger = bridge_linger},
                                               streams_of_taps(scenario, compiled));
    if (!bridge) return bridge.error();
    return embedded_kafka{std::move(*cluster), std::move(*bridge)};
}

std::string embedded_kafka::notice() const {
    return fmt::format("embedded Kafka: mock cluster on {}, fed by a bridge", fmt::join(cluster.brokers(), ", "));
}

} // namespace loadsim::run
