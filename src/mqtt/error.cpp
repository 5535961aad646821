// Error messages of MQTT sessions.
#include <loadsim/mqtt/error.hpp>

namespace loadsim::mqtt {
namespace {

class mqtt_category final : public std::error_category {
public:
    const char* name() const noexcept override { return "mqtt"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::ok: return "success";
        case errc::malformed_packet: return "the server sent a malformed packet";
        case errc::protocol_error: return "the server broke the MQTT protocol";
        case errc::packet_too_large: return "the server sent a packet above the maximum packet size";
        case errc::connect_refused: return "connection refused by the server";
        case errc::use_another_server: return "the server asks to use another server";
        case errc::server_disconnected: return "disconnected by the server";
        case errc::connack_timeout: return "the server did not answer CONNECT in time";
        case errc::keep_alive_timeout: return "the server did not answer a ping in time";
        case errc::unexpected_session: return "the server resumed a session that this client does not have";
        case errc::not_connected: return "not connected";
        case errc::queue_full: return "too many messages wait for the server's acknowledgements";
        case errc::no_packet_identifier: return "all packet identifiers are in use";
        case errc::refused_by_capability: return "the server does not support this QoS, retain or packet size";
        case errc::invalid_argument: return "a topic, filter or string that MQTT does not allow";
        }
        return "mqtt error " + std::to_string(value);
    }
};

} // namespace

const std::error_category& category() noexcept {
    static const mqtt_category instance;
    return instance;
}

} // namespace loadsim::mqtt
