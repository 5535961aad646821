// MQTT adapter of the backend: Paho behind a queue of inputs.
#pragma once

#include "outbox.hpp"
#include "vehicle_message.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/net/url.hpp>

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace loadsim::backend {

struct broker_connected {}; ///< connected, and subscribed to responses and, if requested, presence
struct broker_lost {
    std::string reason;
};
struct publish_confirmed {
    send_id id;
};
struct publish_failed {
    send_id id;
    bool permanent;
};
using broker_input = std::variant<broker_connected, broker_lost, vehicle_message, publish_confirmed, publish_failed>;

/// MQTT 5; reconnects and resubscribes automatically and receives the responses queued by the broker meanwhile. A
/// payload above the contract's limit is truncated to one byte above the limit.
/// Threads: publish() and take_inputs() from one thread, any. Paho's threads only append to the queue.
class mqtt_adapter final : public broker_port {
public:
    /// Waits for the broker's SUBACK. `on_input` is called on one of Paho's threads when the empty input queue gets its
    /// first entry; it must return at once. Errors: broker unreachable, refusing or not responding. `presence`: whether
    /// to subscribe to vehicles' presence.
    static result<std::unique_ptr<mqtt_adapter>> connect(const net::endpoint&, const std::string& client_id,
                                                         bool presence, std::function<void()> on_input);
    mqtt_adapter(const mqtt_adapter&) = delete;
    mqtt_adapter& operator=(const mqtt_adapter&) = delete;
    ~mqtt_adapter() override; ///< disconnects; no callback runs after it

    bool publish(send_id, const outbox_message&, std::uint32_t expires_in_s) override;
    /// All inputs since the last call, in order.
    std::vector<broker_input> take_inputs();

private:
    class client; // keeps Paho's headers in one .cpp
    explicit mqtt_adapter(std::unique_ptr<client>);
    std::unique_ptr<client> client_;
};

} // namespace loadsim::backend
