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

// QoS of a message; the QoS choices in schema.hpp are of type mqtt::qos.
inline constexpr std::array<std::string_view, 3> message_qos_names{"0", "1", "2"};
inline constexpr std::array<std::uint8_t, 3> message_qos_values{0, 1, 2};

/// `payload_type`: value_types::payload, or telemetry_payload.
template <class V, class Payload>
void describe_message(V& v, contract::message_options& o, const Payload& payload_type) {
    v.field("topic", o.topic, "Topic: a template.", value_types::placeholder_text{});
    v.field("payload", o.payload,
            "Payload: a template. A text (JSON, if it begins with { or [), or {json: ..}, {text: ..}, {hex: ..}, "
            "{base64: ..}, {file: PATH}.",
            payload_type);
    v.field("qos", o.qos, "QoS; left out: that of fleet.mqtt.",
            value_types::choice<std::uint8_t>{message_qos_names, message_qos_values});
    v.field("retain", o.retain, "The broker retains the message.", value_types::flag{});
    v.field("responseTopic", o.response_topic, "Response topic: a template. MQTT 5.0 only.",
            value_types::placeholder_text{});
    v.field("correlationData", o.correlation_data,
            "Correlation data: a template; empty: a response has that of its command. MQTT 5.0 only.",
            value_types::placeholder_text{});
    v.field("contentType", o.content_type, "Content type: a template. MQTT 5.0 only.", value_types::placeholder_text{});
    v.field("expiry", o.expiry, "Message expiry in whole seconds; 0s: none. MQTT 5.0 only.",
            value_types::duration{.max = std::chrono::seconds{std::numeric_limits<std::uint32_t>::max()}});
    v.field("userProperties", o.user_properties, "User properties by name: templates. MQTT 5.0 only.",
            value_types::named_texts{});
}

template <class V>
void describe(V& v, contract::message_options& o) {
    describe_message(v, o, value_types::payload{});
}

template <class V>
void describe(V& v, contract::protobuf_options& o) {
    v.required("descriptor", o.descriptor,
               "File with the type: a FileDescriptorSet, as protoc --include_imports --descriptor_set_out writes it.",
               value_types::file_path{});
    v.required("message", o.message, "Full name of the message's type, with its package.", value_types::text{});
    v.required(
        "fields", o.fields,
        "Values by field: templates, as for payload; hex, base64 and file are for bytes. a.b is the field b of the "
        "message a; a list of values is for a repeated field, or a[0] is its first element.",
        value_types::protobuf_fields{});
}

/// Keys of a telemetry message: those of a message, and the other forms of a payload.
template <class V>
void describe_telemetry_message(V& v, contract::message_options& o) {
    constexpr std::size_t max_signals = 500;
    describe_message(v, o, value_types::telemetry_payload{});
    v.field(
        "vss", o.vss,
        R"(In place of payload: names of signals of VSS; the payload is {"vin","ts","seq","signals":{NAME: value}}.)",
        value_types::list<value_types::text>{{}, "signals", max_signals});
    v.field("protobuf", o.protobuf, "In place of payload: a message of Protocol Buffers.",
            value_types::object<contract::protobuf_options>{});
}

template <class V>
void describe(V& v, contract::event_mapping_options& o) {
    v.field("id", o.id,
            "Field path of the request's id: /pointer, topic[1], payload, correlation, property:NAME or header:NAME.",
            value_types::field_path{});
    v.field("vin", o.vin, "Field path of the VIN; '': none.", value_types::field_path{});
    v.field("state", o.state, "Field path of the state; of several, the texts are joined by a blank.",
            value_types::field_paths{});
    v.field("reason", o.reason, "Field path of the reason; '': none.", value_types::field_path{});
    v.field("sequence", o.sequence, "Field path of the vehicle's sequence number; '': none.",
            value_types::field_path{});
    v.field(
        "ends", o.outcomes,
        "States that complete a request, by outcome: {executed: DONE, failed: [ERROR*, REFUSED]}; * matches any rest.",
        value_types::outcome_states{});
}

} // namespace loadsim::scenario
