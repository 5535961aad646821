// Client of Eclipse Paho for one vehicle: calls from the loop's thread, events of Paho's threads posted to it.
#pragma once

#include <loadsim/mqtt/error.hpp>
#include <loadsim/mqtt/options.hpp>

#include <boost/asio/io_context.hpp>
#include <mqtt/async_client.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

namespace loadsim::fleet {

namespace paho = ::mqtt; // to distinguish it from loadsim::mqtt

struct paho_event {
    enum class kind : std::uint8_t {
        connected,
        not_connected, ///< the connect has failed
        lost,          ///< the connection
        disconnected,  ///< by disconnect()
        subscribed,    ///< or refused
        refused,       ///< a published message
        message,
    };
    paho_event::kind type{};
    mqtt::reason reason = mqtt::reason::success; ///< the broker's; of subscribed: the granted QoS
    std::string text{};                          ///< Paho's, where the broker gives no reason
    bool session_present = false;
    mqtt::qos maximum_qos = mqtt::qos::exactly_once; ///< of the broker
    bool retain_available = true;                    ///< likewise
    paho::const_message_ptr message{};
};

/// Threads: the loop's. The handler is called on the loop's thread, and no more after the destruction of the client.
/// Errors:  of Paho are events, or returned.
class paho_client final : private paho::iaction_listener {
public:
    using handler = std::function<void(paho_event&&)>;

    /// Throws paho::exception if Paho does not accept the URI or the client id.
    paho_client(boost::asio::io_context&, const std::string& uri, const std::string& client_id, mqtt::version, handler);

    // Each call is followed by an event; one at a time.
    void connect(const paho::connect_options&);
    void subscribe(const std::string& filter, mqtt::qos);
    void disconnect();

    std::error_code publish(const paho::const_message_ptr&);
    /// Ends the session at the broker, too. The token completes when DISCONNECT is sent; null: there is no connection.
    paho::token_ptr end_session();

private:
    void on_success(const paho::token&) override;
    void on_failure(const paho::token&) override;
    void post(paho_event&&);

    boost::asio::io_context& io_;
    const mqtt::version version_;
    std::shared_ptr<const handler> handler_; ///< weak in posted events: they may come after this object
    paho::async_client client_;              ///< last: its threads use the members above
};

} // namespace loadsim::fleet
