// Keys of connections to a cluster with the Kafka API, for taps, the observer and the sink.
#pragma once

#include <loadsim/kafka/options.hpp>

#include "schema/composite_types.hpp"
#include "schema_visitors.hpp"

#include <boost/json/object.hpp>

namespace loadsim::scenario {

namespace value_types {

/// Keys `tls` and `sasl` of a connection; the brokers are elsewhere.
struct kafka_security {
    void read(read_context&, const yaml_node&, kafka::connection_options& out) const;
    yaml_node write(const kafka::connection_options&) const;
    boost::json::object schema() const;
};

} // namespace value_types

/// `embedded`: the cluster of target.embedded.kafka may be meant.
template <class V>
void describe_connection(V& v, kafka::connection_options& o, bool embedded = true) {
    v.field("brokers", o.brokers,
            embedded ? "host:port of some brokers of the cluster; empty: those of target.embedded.kafka."
                     : "host:port of some brokers of the cluster.",
            value_types::list<value_types::text>{{}, "brokers", 100});
    v.field("security", o, "TLS and SASL of the connections; left out: plain TCP.", value_types::kafka_security{});
}

/// Of consumers.
template <class V>
void describe(V& v, kafka::consumer_options& o) {
    describe_connection(v, o.connection);
    v.required("topics", o.topics, "Names of the topics.", value_types::list<value_types::text>{{}, "topics", 100});
    v.field("consumerGroup", o.group,
            "Consumer group of Kafka under which the consumed offsets are committed, so that tools show the lag; "
            "empty: they are "
            "not.",
            value_types::text{});
}

} // namespace loadsim::scenario
