// Kafka bridge of the embedded target: forwards messages of vehicles to Kafka topics, as a broker's rule engine does.
#pragma once

#include <loadsim/base/enum_names.hpp>
#include <loadsim/base/fault_plan.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/tap_mapping.hpp>
#include <loadsim/kafka/options.hpp>
#include <loadsim/kafka/producer.hpp>
#include <loadsim/net/url.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::backend {

/// Messages that match the filter become records of the topic.
struct bridge_rule {
    enum class form : std::uint8_t {
        payload, ///< the value is the message's payload
        envelope ///< the value is a JSON object as of EMQX: clientid, topic, qos, payload (text), timestamp
    };
    BOOST_DESCRIBE_NESTED_ENUM(form, payload, envelope)
    std::string filter = "v1/+/tlm/#";
    std::string topic = "telemetry";
    std::string key = "topic[1]"; ///< field path of the vehicle in the message
    bridge_rule::form value = form::payload;
    friend bool operator==(const bridge_rule&, const bridge_rule&) = default;
};

/// Fault injected by the bridge, to test whether a tap detects it. The messages that match a rule are numbered 1, 2, ...
struct bridge_fault {
    enum class kind : std::uint8_t {
        drop,
        duplicate, ///< two records
        reorder,   ///< the record follows the next `distance` ones of its stream; see bridged_stream
        swap_keys, ///< the record has the key of the last record of another vehicle
        stall,     ///< this record and all later ones wait for `delay`, and then follow in order
        corrupt,   ///< a byte of the payload changes; JSON remains JSON
    };
    BOOST_DESCRIBE_NESTED_ENUM(kind, drop, duplicate, reorder, swap_keys, stall, corrupt)
    bridge_fault::kind what{};
    fault_rule rule{};                           ///< without a window
    std::uint32_t distance = 1;                  ///< for kind::reorder
    nanoseconds delay = std::chrono::seconds{5}; ///< for kind::stall
    friend bool operator==(const bridge_fault&, const bridge_fault&) = default;
};

struct bridge_options {
    std::vector<bridge_rule> rules{bridge_rule{}};
    std::vector<bridge_fault> faults{};
    std::uint64_t seed = 1; ///< for faults by probability
    friend bool operator==(const bridge_options&, const bridge_options&) = default;
};

/// Mapping by which a tap reads the records of a topic. A record is reordered within its stream, the messages of a vehicle in a telemetry group, and
/// behind records of higher sequences: nothing else is out of order for the tap.
struct bridged_stream {
    std::string topic; ///< of Kafka
    contract::tap_mapping mapping;
};

/// Problems of the options, each with a location behind that of the bridge: ".rules[0].filter". Errors: one sentence each.
problems check(const bridge_options&);

struct bridge_counts {
    std::uint64_t received = 0;    ///< messages
    std::uint64_t unmatched = 0;   ///< part of `received`: no rule has a filter for it
    std::uint64_t without_key = 0; ///< records without a key, because the message lacks the field
    std::uint64_t forwarded = 0;   ///< records
    std::uint64_t waiting = 0;     ///< records that a fault still holds
    /// Applied, by kind. A record that should be reordered counts once a record of a higher sequence is forwarded before it.
    std::array<std::uint64_t, enum_names<bridge_fault::kind>.size()> faults{};
    std::uint64_t of(bridge_fault::kind what) const { return faults[static_cast<std::size_t>(what)]; }
    friend bool operator==(const bridge_counts&, const bridge_counts&) = default;
};

/// Running bridge from an MQTT broker to a cluster with the Kafka API.
///
/// Threads: starts its own. Members may be called from any other thread, but not concurrently, except counts().
/// Errors:  from start() only. After it the bridge reconnects; failures are in producer_counts().
class kafka_bridge {
public:
    /// `streams`: of topics that have a tap; the stream of other records is the MQTT topic of their messages, in order of arrival.
    /// Returns when the broker has acknowledged the subscriptions and a Kafka broker has responded. Takes about 10 s at most for each.
    static result<kafka_bridge> start(const bridge_options&, const std::vector<net::endpoint>& brokers,
                                      const kafka::producer_options&, std::vector<bridged_stream> streams = {});
    kafka_bridge(kafka_bridge&&) noexcept;
    kafka_bridge& operator=(kafka_bridge&&) noexcept;
    ~kafka_bridge(); ///< stop()

    bridge_counts counts() const;
    kafka::producer_counts producer_counts() const;
    /// Forwards what faults still hold and waits for delivery reports, at most 1 s. Idempotent.
    void stop();

private:
    class impl;
    explicit kafka_bridge(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::backend
