// Embedded cluster with the Kafka API, and the bridge to it from the embedded broker.
#pragma once

#include <loadsim/backend/kafka_bridge.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/kafka/mock_cluster.hpp>
#include <loadsim/net/url.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <string>

namespace loadsim::run {

struct embedded_kafka {
    kafka::mock_cluster cluster;
    backend::kafka_bridge bridge; ///< ends before the cluster

    std::string notice() const; ///< sentence printed at the start
};

/// The bridge reorders records within the streams that the scenario's taps of the cluster compare.
/// `broker`: the embedded one, with loadsim's own login. Precondition: target.embedded_kafka.
/// Errors: as those of cluster and bridge; nothing is left running then.
result<embedded_kafka> start_embedded_kafka(const scenario::scenario_config&, const scenario::compiled_scenario&,
                                            const net::endpoint& broker);

} // namespace loadsim::run
