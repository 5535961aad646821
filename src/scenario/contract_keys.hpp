// The keys of what a contract is made of, for the contract itself and for whatever else sends or reads messages.
#pragma once

#include <loadsim/contract/options.hpp>

#include "shapes.hpp"
#include "visitors.hpp"

#include <array>
#include <chrono>
#include <limits>
#include <string>

namespace loadsim::scenario {

inline constexpr std::size_t template_most = 4096; ///< characters; no scalar is longer

// Of a message; language.hpp has the fleet's, which are of another type.
inline constexpr std::array<std::string_view, 3> message_qos_names{"0", "1", "2"};
inline constexpr std::array<std::uint8_t, 3> message_qos_values{0, 1, 2};

template <class V>
void describe(V& v, contract::message_options& o) {
    v.field("topic", o.topic, "A template.", kinds::text{template_most});
    v.field("payload", o.payload,
            "A template: a text (what begins with { or [ is JSON), or {json: ..}, {text: ..}, {hex: ..}, {base64: ..}, "
            "{file: PATH}.",
            kinds::payload{});
    v.field("qos", o.qos, "Left out: that of fleet.mqtt.",
            kinds::choice<std::uint8_t>{message_qos_names, message_qos_values});
    v.field("retain", o.retain, "The broker keeps it for who subscribes later.", kinds::flag{});
    v.field("responseTopic", o.response_topic, "A template; MQTT 5.0 only, as are all that follow.", kinds::text{});
    v.field("correlationData", o.correlation_data, "A template; empty: in an answer the command's own.", kinds::text{});
    v.field("contentType", o.content_type, "A template.", kinds::text{});
    v.field("expiry", o.expiry, "Whole seconds after which the broker no longer delivers it; 0s: never.",
            kinds::duration{.most = std::chrono::seconds{std::numeric_limits<std::uint32_t>::max()}});
    v.field("userProperties", o.user_properties, "Templates by name.", kinds::named_texts{});
}

template <class V>
void describe(V& v, contract::reading_options& o) {
    v.field(
        "id", o.id,
        "Where a message says whose end it is: /pointer, topic[1], payload, correlation, property:NAME or header:NAME.",
        kinds::message_source{});
    v.field("vin", o.vin, "Where it says the vehicle; '' where it does not.", kinds::message_source{});
    v.field("state", o.state, "Where it says the state; of a list, the texts joined by a blank.",
            kinds::message_sources{});
    v.field("reason", o.reason, "Where it says why; '' where it does not.", kinds::message_source{});
    v.field("sequence", o.sequence, "Where a vehicle's word says its number; '' where it does not.",
            kinds::message_source{});
    v.field("ends", o.ends,
            "What states are an end: {executed: DONE, failed: [ERROR*, REFUSED]}. A * stands for any rest.",
            kinds::ends{});
}

} // namespace loadsim::scenario
