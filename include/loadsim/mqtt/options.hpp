// Options of MQTT client sessions. Plain values, shared by sessions with equal options.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace loadsim::mqtt {

enum class version : std::uint8_t { v3_1_1 = 4, v5_0 = 5 }; ///< the value is the protocol level byte
enum class qos : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };
/// Implementation of a client: loadsim's own, or Eclipse Paho to compare with.
enum class client_kind : std::uint8_t { own, paho };

/// Time after the last sent packet at which PINGREQ is sent: a quarter of the keep alive, at most five seconds, before the keep
/// alive has passed (3.1.2.10), because timers fire late. 0 without a keep alive.
constexpr std::chrono::nanoseconds ping_interval(std::chrono::seconds keep_alive) {
    const std::chrono::nanoseconds whole{keep_alive};
    return whole - std::min<std::chrono::nanoseconds>(whole / 4, std::chrono::seconds{5});
}

/// Options of a session. One object serves any number of sessions and must outlive them.
struct session_options {
    version protocol = version::v5_0;
    std::chrono::seconds keep_alive{60}; ///< MQTT 5.0, 3.1.2.10; 0 switches it off; at most 65535
    bool clean_start = true;             ///< 3.1.1: clean session
    bool new_client_id = false; ///< no server has a session of it: without clean_start the first connect is not clean
    std::chrono::seconds session_expiry{0}; ///< 5.0 only, 3.1.2.11.2; 0xFFFFFFFF s = for ever
    std::uint16_t receive_maximum = 65535;  ///< 5.0 only, 3.1.2.11.3; never 0
    std::uint32_t maximum_packet_size =
        0; ///< 5.0: sent in CONNECT; both: a larger packet closes the session; 0 = not sent, limit 256 MiB
    std::chrono::seconds connect_timeout{20}; ///< error when no CONNACK has arrived by then
    std::uint16_t queue_limit = 100;          ///< messages kept while the other side's receive maximum is used up

    friend bool operator==(const session_options&, const session_options&) = default;
};

} // namespace loadsim::mqtt
