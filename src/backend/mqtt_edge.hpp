// The backend's connections to the broker: Paho, kept behind a list of what it has to say.
#pragma once

#include "outbox.hpp"
#include "vehicle_message.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/net/options.hpp>

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace loadsim::backend {

struct broker_connected {}; ///< and subscribed to vehicles' responses, and their presence if that is wanted
struct broker_lost {
    std::string why;
};
struct publish_confirmed {
    ticket handed;
};
struct publish_failed {
    ticket handed;
    bool for_good;
};
using broker_input = std::variant<broker_connected, broker_lost, vehicle_message, publish_confirmed, publish_failed>;

/// MQTT 5; reconnects and subscribes by itself, and takes what the broker kept of vehicles' words meanwhile. A payload over the
/// contract's limit is handed on cut off right above it.
/// Threads: publish() and take() from one, any. Paho's own threads only append to a list.
class mqtt_edge final : public broker_port {
public:
    /// Waits until the subscription stands. `on_input` is called on one of Paho's threads when take() has something
    /// after it had nothing; it must return at once. Errors: unreachable, refusing, silent.
    /// `presence`: whether vehicles' presence is of interest.
    static result<std::unique_ptr<mqtt_edge>> connect(const net::endpoint&, const std::string& client_id, bool presence,
                                                      std::function<void()> on_input);
    mqtt_edge(const mqtt_edge&) = delete;
    mqtt_edge& operator=(const mqtt_edge&) = delete;
    ~mqtt_edge() override; ///< disconnects; after it no callback comes

    bool publish(ticket, const outgoing&, std::uint32_t expires_in_s) override;
    /// All that has come in since the last call, in order.
    std::vector<broker_input> take();

private:
    class client; // keeps Paho's headers in one .cpp
    explicit mqtt_edge(std::unique_ptr<client>);
    std::unique_ptr<client> client_;
};

} // namespace loadsim::backend
