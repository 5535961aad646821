#include "paho_fleet/paho_client.hpp"

#include <loadsim/net/paho.hpp>
#include <loadsim/net/refusal.hpp>

#include <boost/asio/post.hpp>

#include <cstddef>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Paho (C 1.3) has the reason of a CONNACK as return code, those of 3.1.1 unchanged, and other reasons apart. Its own codes are
/// negative.
mqtt::reason reason_of(const paho::token& t) {
    auto code = t.get_return_code() > 0 ? t.get_return_code() : static_cast<int>(t.get_reason_code());
    if (code == paho::MQTTPP_V3_CODE) code = 0; // 3.1.1: none
    if (code >= 0x80 && code <= 0xFF) return static_cast<mqtt::reason>(code);
    if (t.get_type() == paho::token::CONNECT && code > 0 &&
        static_cast<std::size_t>(code) < mqtt::connack_return_codes.size())
        return mqtt::connack_return_codes[static_cast<std::size_t>(code)];
    return mqtt::reason::success;
}

std::string text_of(const paho::exception& e) { return e.get_message().empty() ? e.what() : e.get_message(); }

/// Text of a failed connect, which only the exception has.
std::string connect_error(const paho::token& t) {
    try {
        t.get_connect_response();
    } catch (const paho::exception& failed) {
        return text_of(failed);
    }
    return {};
}

paho_event connected_event(const paho::token& t) {
    using paho::property;
    const auto response = t.get_connect_response();
    const auto& connack = response.get_properties();
    paho_event made{.type = paho_event::kind::connected, .session_present = response.is_session_present()};
    if (connack.contains(property::MAXIMUM_QOS))
        made.maximum_qos = static_cast<mqtt::qos>(paho::get<std::uint8_t>(connack, property::MAXIMUM_QOS));
    if (connack.contains(property::RETAIN_AVAILABLE))
        made.retain_available = paho::get<std::uint8_t>(connack, property::RETAIN_AVAILABLE) != 0;
    return made;
}

/// Of 3.1.1 and of one filter, the response has the granted QoS, too.
mqtt::reason granted_by(const paho::token& t) {
    const auto codes = t.get_subscribe_response().get_reason_codes();
    return codes.empty() ? mqtt::reason::unspecified_error : static_cast<mqtt::reason>(codes.front());
}

} // namespace

paho_client::paho_client(boost::asio::io_context& io, const std::string& uri, const std::string& client_id,
                         mqtt::version version, handler on_event)
    : io_(io), version_(version), handler_(std::make_shared<const handler>(std::move(on_event))),
      client_(uri, client_id, paho::create_options_builder().mqtt_version(net::to_paho_version(version)).finalize()) {
    client_.set_message_callback([this](const paho::const_message_ptr& m) {
        if (m) post({.type = paho_event::kind::message, .message = m});
    });
    client_.set_connection_lost_handler([this](const std::string&) {
        post({.type = paho_event::kind::lost, .text = "connection lost"}); // Paho has no cause
    });
    // After DISCONNECT of the broker Paho does not call the handler above.
    client_.set_disconnected_handler([this](const paho::properties&, paho::ReasonCode reason) {
        post({.type = paho_event::kind::lost, .reason = static_cast<mqtt::reason>(reason), .text = "disconnected"});
    });
}

void paho_client::post(paho_event&& event) {
    boost::asio::post(io_, [handler = std::weak_ptr(handler_), event = std::move(event)]() mutable {
        if (const auto alive = handler.lock()) (*alive)(std::move(event));
    });
}

void paho_client::connect(const paho::connect_options& options) {
    try {
        client_.connect(options, nullptr, *this);
    } catch (const paho::exception& failed) {
        post({.type = paho_event::kind::not_connected, .text = text_of(failed)});
    }
}

void paho_client::subscribe(const std::string& filter, mqtt::qos qos) {
    try {
        client_.subscribe(filter, static_cast<int>(qos), nullptr, *this);
    } catch (const paho::exception& failed) {
        post(
            {.type = paho_event::kind::subscribed, .reason = mqtt::reason::unspecified_error, .text = text_of(failed)});
    }
}

void paho_client::disconnect() {
    try {
        client_.disconnect(0, nullptr, *this);
    } catch (const paho::exception&) { // not connected
        post({.type = paho_event::kind::disconnected});
    }
}

paho::token_ptr paho_client::end_session() {
    try {
        paho::disconnect_options options;
        if (version_ == mqtt::version::v5_0) // 5.0, 3.14.2.2.2
            options.set_properties({{paho::property::SESSION_EXPIRY_INTERVAL, 0}});
        return client_.disconnect(options);
    } catch (const paho::exception&) { // not connected
        return {};
    }
}

std::error_code paho_client::publish(const paho::const_message_ptr& message) {
    try {
        client_.publish(message, nullptr, *this);
        return {};
    } catch (const paho::exception& failed) {
        switch (failed.get_return_code()) {
        case MQTTASYNC_DISCONNECTED: return mqtt::errc::not_connected;
        case MQTTASYNC_MAX_BUFFERED_MESSAGES:
        case MQTTASYNC_NO_MORE_MSGIDS: return mqtt::errc::queue_full;
        default: return mqtt::errc::invalid_argument;
        }
    }
}

void paho_client::on_success(const paho::token& t) {
    const auto reason = reason_of(t);
    switch (t.get_type()) {
    case paho::token::CONNECT: return post(connected_event(t));
    case paho::token::SUBSCRIBE: return post({.type = paho_event::kind::subscribed, .reason = granted_by(t)});
    case paho::token::DISCONNECT: return post({.type = paho_event::kind::disconnected});
    case paho::token::PUBLISH:
        if (net::is_refusal(reason)) post({.type = paho_event::kind::refused, .reason = reason});
        return;
    default: return;
    }
}

void paho_client::on_failure(const paho::token& t) {
    const auto reason = reason_of(t);
    switch (t.get_type()) {
    case paho::token::CONNECT:
        return post({.type = paho_event::kind::not_connected, .reason = reason, .text = connect_error(t)});
    case paho::token::SUBSCRIBE: // without a reason the connection is lost, which is an event of its own
        if (net::is_refusal(reason)) post({.type = paho_event::kind::subscribed, .reason = reason});
        return;
    case paho::token::DISCONNECT: return post({.type = paho_event::kind::disconnected});
    case paho::token::PUBLISH:
        if (net::is_refusal(reason)) post({.type = paho_event::kind::refused, .reason = reason});
        return;
    default: return;
    }
}

} // namespace loadsim::fleet
