// Publish-only MQTT session of loadsim.
#pragma once

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/server_list.hpp>

#include <functional>
#include <memory>
#include <string>

namespace loadsim::driver {

struct publisher_setup {
    mqtt::version protocol = mqtt::version::v5_0;
    std::string client_id; ///< client identifier, unique at the broker
    std::string user{}, password{};
    net::server_list brokers{}; ///< at least one; falls back to the next one when a connection fails
};

/// Reconnects automatically. Threads: the loop's thread. Must not be destroyed from one of its callbacks.
class publisher {
public:
    publisher(net::loop&, publisher_setup);
    ~publisher();

    /// Calls `ready` once, with an empty text or with an error sentence.
    void start(std::function<void(std::string error)> ready);
    /// QoS: the message's, default 1, limited to the broker's maximum. Calls `done` once: with an empty text after the
    /// broker's acknowledgement (QoS 0: after sending), or with an error sentence; possibly before publish() returns.
    void publish(const contract::outgoing_message&, std::function<void(std::string error)> done);
    /// Closes the session. No callbacks follow.
    void stop();

private:
    class session;
    std::unique_ptr<session> session_;
};

} // namespace loadsim::driver
