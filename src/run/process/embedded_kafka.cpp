#include "process/embedded_kafka.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <utility>

namespace loadsim::run {
namespace {

/// A bridge forwards at once, as a rule engine does.
constexpr nanoseconds bridge_linger = std::chrono::milliseconds{1};

} // namespace

result<embedded_kafka> start_embedded_kafka(const scenario::scenario_config& scenario, const net::endpoint& broker) {
    auto cluster = kafka::mock_cluster::start(scenario::embedded_topics(*scenario.target.embedded_kafka));
    if (!cluster) return cluster.error();
    auto bridge =
        backend::kafka_bridge::start(scenario.target.embedded_kafka->bridge, {broker},
                                     {.connection = {.brokers = cluster->brokers()}, .linger = bridge_linger});
    if (!bridge) return bridge.error();
    return embedded_kafka{std::move(*cluster), std::move(*bridge)};
}

std::string embedded_kafka::notice() const {
    return fmt::format("embedded Kafka: mock cluster on {}, fed by a bridge", fmt::join(cluster.brokers(), ", "));
}

} // namespace loadsim::run
