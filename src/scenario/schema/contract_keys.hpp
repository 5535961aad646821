// Keys of messages and of event mappings, for contracts, observers and campaigns.
#pragma once

#include <loadsim/contract/options.hpp>

#include "schema/composite_types.hpp"
#include "schema_visitors.hpp"

#include <array>
#include <chrono>
#include <limits>
#include <string>

namespace loadsim::scenario {

inline constexpr std::size_t max_template_length = 4096; ///< characters; equals the limit of a YAML scalar

// QoS of a message; the QoS choices in schema.hpp are of type mqtt::qos.
inline constexpr std::array<std::string_view, 3> message_qos_names{"0", "1", "2"};
inline constexpr std::array<std::uint8_t, 3> message_qos_values{0, 1, 2};

template <class V>
void describe(V& v, contract::message_options& o) {
    v.field("topic", o.topic, "A template.", value_types::text{max_template_length});
    v.field("payload", o.payload,
            "A template: a text (what begins with { or [ is JSON), or {json: ..}, {text: ..}, {hex: ..}, {base64: ..}, "
            "{file: PATH}.",
            value_types::payload{});
    v.field("qos", o.qos, "Left out: that of fleet.mqtt.",
            value_types::choice<std::uint8_t>{message_qos_names, message_qos_values});
    v.field("retain", o.retain, "The broker keeps it for who subscribes later.", value_types::flag{});
    v.field("responseTopic", o.response_topic, "A template; MQTT 5.0 only, as are all that follow.",
            value_types::text{});
    v.field("correlationData", o.correlation_data, "A template; empty: in an answer the command's own.",
            value_types::text{});
    v.field("contentType", o.content_type, "A template.", value_types::text{});
    v.field("expiry", o.expiry, "Whole seconds after which the broker no longer delivers it; 0s: never.",
            value_types::duration{.max = std::chrono::seconds{std::numeric_limits<std::uint32_t>::max()}});
    v.field("userProperties", o.user_properties, "Templates by name.", value_types::named_texts{});
}

template <class V>
void describe(V& v, contract::event_mapping_options& o) {
    v.field(
        "id", o.id,
        "Where a message says whose end it is: /pointer, topic[1], payload, correlation, property:NAME or header:NAME.",
        value_types::field_path{});
    v.field("vin", o.vin, "Where it says the vehicle; '' where it does not.", value_types::field_path{});
    v.field("state", o.state, "Where it says the state; of a list, the texts joined by a blank.",
            value_types::field_paths{});
    v.field("reason", o.reason, "Where it says why; '' where it does not.", value_types::field_path{});
    v.field("sequence", o.sequence, "Where a vehicle's word says its number; '' where it does not.",
            value_types::field_path{});
    v.field("ends", o.outcomes,
            "What states are an end: {executed: DONE, failed: [ERROR*, REFUSED]}. A * stands for any rest.",
            value_types::outcome_states{});
}

} // namespace loadsim::scenario
