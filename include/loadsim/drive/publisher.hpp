// A small session of ours that publishes what is handed to it.
#pragma once

#include <loadsim/contract/terms.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/net/loop.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::drive {

struct publisher_setup {
    mqtt::version protocol = mqtt::version::v5_0;
    std::string name; ///< client identifier, unique at the broker
    std::string user{}, password{};
    std::vector<boost::asio::ip::tcp::endpoint> brokers; ///< at least one; the next one is tried when one is closed
};

/// Reconnects by itself. Threads: the loop's. Not to be destroyed from inside one of its calls.
class publisher {
public:
    publisher(net::loop&, publisher_setup);
    ~publisher();

    /// Calls `ready` once, with an empty text or with the sentence that says why not.
    void start(std::function<void(std::string trouble)> ready);
    /// At the message's QoS (else 1), or the highest that the broker has. `done`: once, when the broker has acknowledged it (QoS 0: it
    /// is on its way), or with the sentence that says what became of it; may be called at once.
    void publish(const contract::composed&, std::function<void(std::string trouble)> done);
    /// Closes its session. Nothing is told after that.
    void stop();

private:
    class session;
    std::unique_ptr<session> session_;
};

} // namespace loadsim::drive
