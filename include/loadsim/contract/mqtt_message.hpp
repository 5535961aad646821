// Messages of the contract as MQTT messages, and the other way round. Both functions copy nothing.
#pragma once

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/contract/message_parser.hpp>
#include <loadsim/mqtt/message.hpp>

#include <string_view>

namespace loadsim::contract {

/// At the message's own QoS, else `default_qos`. Refers to the argument.
inline mqtt::message mqtt_message_of(const outgoing_message& m, mqtt::qos default_qos) {
    return {.topic = m.topic,
            .payload = m.payload,
            .quality = m.qos ? static_cast<mqtt::qos>(*m.qos) : default_qos,
            .retain = m.retain,
            .response_topic = m.response_topic,
            .correlation_data = m.correlation,
            .content_type = m.content_type,
            .expiry_interval = m.expiry_s,
            .user_properties = m.user_properties};
}

/// Refers to the argument.
inline message_view message_view_of(const mqtt::message& m) {
    message_view view{.topic = m.topic, .payload = m.payload, .correlation = m.correlation_data, .retained = m.retain};
    if (!m.raw_properties.empty()) view.property = [&m](std::string_view name) { return mqtt::user_property(m, name); };
    return view;
}

} // namespace loadsim::contract
