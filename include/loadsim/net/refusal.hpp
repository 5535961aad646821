// Sentences about a broker that ends a session or does not support what a session needs.
#pragma once

#include <loadsim/mqtt/error.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/mqtt/session.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace loadsim::net {

/// Keys of a scenario that decide what a session sends in CONNECT; empty: there is none.
struct session_keys {
    std::string_view version{};
    std::string_view client_id{};
    std::string_view credentials{}; ///< "target.user and target.password"
    std::string_view will{};        ///< of the last will: "contract.presence"
};

/// Keys of loadsim's own sessions in a run: their client ids are not keys of the scenario.
inline constexpr session_keys keys_of_own_sessions{.version = "fleet.mqtt.version",
                                                   .credentials = "target.user and target.password"};

/// Reason for which a session of loadsim's own could not start.
struct start_failure {
    std::error_code why{}; ///< ok: the broker refused the subscription
    mqtt::reason reason =
        mqtt::reason::success;      ///< the broker's, for the end of the connection or the refused subscription
    std::string filter{};           ///< filter that could not be subscribed to; empty: no session
    std::string server_reference{}; ///< server that the broker refers to; empty: none
    boost::asio::ip::tcp::endpoint broker{}; ///< that failed last
    std::string unsupported{}; ///< sentence about a feature that the broker does not support; empty: another reason
    std::string tls{};         ///< sentence about why there is no TLS session; empty: another reason
    bool uses_tls = false;
    std::string session{}; ///< "the driver"
    std::string client_id{};
    mqtt::version protocol = mqtt::version::v5_0;
};

/// Its sentence.
std::string start_error(const start_failure&, const session_keys&);

/// Reason with its code, and the server that the broker refers to: "use another server (0x9C), at b.test:1883".
std::string describe(mqtt::reason, std::string_view server_reference = {});

/// Remedy for a CONNACK with that reason: half a sentence. `protocol`: that of the session; `server_reference`: the server
/// that the broker refers to; empty: it names none.
std::string advice_on(mqtt::reason, const session_keys&, mqtt::version protocol,
                      std::string_view server_reference = {});

/// Remedy for a SUBACK with that reason: half a sentence.
std::string_view advice_on_subscription(mqtt::reason) noexcept;

/// The broker refuses: a reason code of 0x80 or more (MQTT 5.0, 2.4).
bool is_refusal(mqtt::reason) noexcept;

/// The other side has ended an open connection, without a reason.
bool ends_connection(std::error_code) noexcept;

/// The broker has announced the end of the connection, with a reason.
bool ended_by_broker(std::error_code) noexcept;

/// Sentences about a broker whose limits are below what a session publishes. `what`: "commands"; `key`: of their message in the
/// scenario, "contract.command".
std::string qos_limit(mqtt::qos supported, mqtt::qos wanted, std::string_view what, std::string_view key);
std::string retain_limit(std::string_view what, std::string_view key);
std::string packet_limit(std::size_t limit, std::size_t size, std::string_view what, std::string_view key);
/// Sentence about a subscription that is granted a lower QoS than was requested.
std::string granted_limit(std::string_view filter, mqtt::qos granted, mqtt::qos wanted);
/// Sentence about a subscription that the broker had granted and refuses now.
/// `reason`: the broker's; success: it is not known.
std::string refused_subscription(std::string_view filter, std::string_view why, mqtt::reason reason);

/// Size of the PUBLISH packet of a message; 0: it cannot be encoded.
std::size_t packet_size(const mqtt::message&, mqtt::version);

} // namespace loadsim::net
