// MQTT adapter of the backend.
#pragma once

#include "outbox.hpp"
#include "vehicle_message.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/mqtt_client.hpp>
#include <loadsim/net/server_list.hpp>
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
struct publish_refused {
    send_id id;
};
using broker_input = std::variant<broker_connected, broker_lost, vehicle_message, publish_confirmed, publish_refused>;

/// MQTT 5; reconnects and resubscribes automatically and receives the responses queued by the broker meanwhile. A
/// payload above the contract's limit is truncated to one byte above the limit.
/// Two sessions: that of the subscriber outlives its connection, because vehicles may reconnect before us and the broker must
/// queue their responses. That of the publisher ends with its connection, because the outbox decides what is still worth
/// sending later.
/// Threads: the loop's; connect(), start() and the destructor while nobody runs the loop.
class mqtt_adapter final : public broker_port {
public:
    using input_handler = std::function<void(broker_input)>;

    /// Runs the loop until the broker's SUBACK, for 10 s at most. Errors: broker unreachable, refusing or not responding.
    /// `presence`: whether to subscribe to vehicles' presence.
    static result<std::unique_ptr<mqtt_adapter>> connect(net::loop&, const std::vector<net::endpoint>& brokers,
                                                         const std::string& client_id, bool presence);
    mqtt_adapter(const mqtt_adapter&) = delete;
    mqtt_adapter& operator=(const mqtt_adapter&) = delete;
    ~mqtt_adapter() override; ///< disconnects; no callback runs after it

    /// Calls the handler with all inputs since connect(), and with later ones, in order; never from inside publish().
    void start(input_handler);
    bool publish(send_id, const outbox_message&, std::uint32_t expires_in_s) override;

private:
    class session;
    class subscriber;
    class publisher;
    mqtt_adapter(net::loop&, const net::endpoint& credentials, const net::server_list& brokers,
                 const std::string& client_id, bool presence);
    void set_flag(bool& flag, bool value, std::string reason = {});
    void deliver(broker_input);
    void defer(broker_input);

    net::loop& loop_;
    input_handler on_input_;           ///< empty: not started
    std::vector<broker_input> early_;  ///< inputs before the start
    bool subscribed_ = false;          ///< of the subscriber
    bool publisher_connected_ = false; ///< of the publisher
    bool ready_ = false;               ///< both flags, as last reported
    std::unique_ptr<subscriber> subscriber_;
    std::unique_ptr<publisher> publisher_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace loadsim::backend
