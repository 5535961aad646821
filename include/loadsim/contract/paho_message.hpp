// Messages of the contract as those of Eclipse Paho, and the other way round; for modules that link Paho.
#pragma once

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/contract/message_parser.hpp>
#include <loadsim/mqtt/options.hpp>

#include <mqtt/message.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace loadsim::contract {

/// View of a received message, which must outlive it, with copies of the properties.
class paho_message_view {
public:
    explicit paho_message_view(const ::mqtt::message& m) {
        using ::mqtt::property;
        const auto& properties = m.get_properties();
        for (std::size_t i = 0; i < properties.count(property::USER_PROPERTY); ++i)
            named_.push_back(::mqtt::get<::mqtt::string_pair>(properties, property::USER_PROPERTY, i));
        const auto text_of = [&](property::code which) {
            return properties.contains(which) ? ::mqtt::get<std::string>(properties, which) : std::string{};
        };
        correlation_ = text_of(property::CORRELATION_DATA);
        response_topic_ = text_of(property::RESPONSE_TOPIC);
        view_ = {.topic = m.get_topic(),
                 .payload = m.get_payload_str(),
                 .correlation = correlation_,
                 .retained = m.is_retained()};
        if (!named_.empty())
            view_.property = [this](std::string_view name) {
                const auto found =
                    std::ranges::find(named_, name, [](const auto& p) -> std::string_view { return std::get<0>(p); });
                return found == named_.end() ? std::string_view{} : std::string_view(std::get<1>(*found));
            };
    }
    paho_message_view(const paho_message_view&) = delete;
    paho_message_view& operator=(const paho_message_view&) = delete;

    const message_view& view() const noexcept { return view_; }
    std::string_view response_topic() const noexcept { return response_topic_; }

private:
    std::vector<::mqtt::string_pair> named_;
    std::string correlation_, response_topic_;
    message_view view_;
};

/// At the message's own QoS, else `default_qos`. MQTT 3.1.1 has no properties.
inline ::mqtt::message_ptr paho_message_of(const outgoing_message& m, mqtt::qos default_qos, mqtt::version version) {
    const auto qos = m.qos ? static_cast<int>(*m.qos) : static_cast<int>(default_qos);
    auto made = ::mqtt::message::create(m.topic, m.payload.data(), m.payload.size(), qos, m.retain);
    if (version == mqtt::version::v3_1_1) return made;
    using ::mqtt::property;
    ::mqtt::properties properties;
    const auto add = [&](property::code which, const std::string& text) {
        if (!text.empty()) properties.add({which, text});
    };
    add(property::RESPONSE_TOPIC, m.response_topic);
    add(property::CORRELATION_DATA, m.correlation);
    add(property::CONTENT_TYPE, m.content_type);
    if (m.expiry_s != 0) properties.add({property::MESSAGE_EXPIRY_INTERVAL, static_cast<std::int32_t>(m.expiry_s)});
    for (const auto& [name, value] : m.user_properties) properties.add({property::USER_PROPERTY, name, value});
    if (!properties.empty()) made->set_properties(std::move(properties));
    return made;
}

} // namespace loadsim::contract
