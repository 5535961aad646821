// Publish-only MQTT session of loadsim.
#pragma once

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/mqtt/session.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/server_list.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace loadsim::driver {

/// A message as it will be published, to compare it with the limits of the broker.
struct published_sample {
    std::string plural;   ///< in sentences about all of them: "commands"
    std::string singular; ///< in a sentence about this one: "a command for 'horn'"
    std::string location; ///< of its options in the scenario: "contract.command"
    contract::outgoing_message message;
};

/// Features of the messages that a broker with such limits does not support.
struct unsupported_messages {
    std::vector<std::string> limits; ///< sentences about those that are published with less than was asked for
    std::string refusal;             ///< about one that cannot be published; empty: none
};
/// Pure.
unsupported_messages find_unsupported(std::span<const published_sample>, const mqtt::server_limits&, mqtt::version);

struct publisher_setup {
    mqtt::version protocol = mqtt::version::v5_0;
    std::string client_id; ///< client identifier, unique at the broker
    std::string user{}, password{};
    net::server_list brokers{}; ///< at least one; falls back to the next one when a connection fails
    std::vector<published_sample> samples{};
};

/// Reconnects automatically. Threads: the loop's thread. Must not be destroyed from one of its callbacks.
class publisher {
public:
    publisher(net::loop&, publisher_setup);
    ~publisher();

    /// Calls `ready` once, with an empty text or with an error sentence: no session, or a sample that the broker refuses.
    void start(std::function<void(std::string error)> ready);
    /// QoS: the message's, default 1, limited to the broker's maximum. Calls `done` once: with an empty text after the
    /// broker's acknowledgement (QoS 0: after sending), or with an error sentence; possibly before publish() returns.
    void publish(const contract::outgoing_message&, std::function<void(std::string error)> done);
    /// Features of the samples that the broker does not support, one sentence each, since the last call.
    std::map<std::string, std::uint64_t> take_broker_limits();
    /// Closes the session. No callbacks follow.
    void stop();

private:
    class session;
    std::unique_ptr<session> session_;
};

} // namespace loadsim::driver
