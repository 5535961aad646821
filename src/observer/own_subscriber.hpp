// Clients of an mqtt observer over loadsim's own link.
#pragma once

#include "mqtt_subscriber.hpp"

#include <loadsim/base/time.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/mqtt_client.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace loadsim::observer {

/// Error of a start: its sentence, and whether a broker may support another version of MQTT only. Such a broker refuses the
/// connection for the version, sends what this version does not allow, or closes the connection.
mqtt_subscriber::start_result describe(const net::start_failure&);

/// One event loop and one thread for all clients: a message is delivered as soon as it can be read.
/// Threads: construct, start and destroy on one thread. Callbacks run inside start(), later on the loop's thread.
class own_subscriber final : public mqtt_subscriber {
public:
    own_subscriber(subscriber_setup, mqtt::version);
    ~own_subscriber() override;
    start_result start() override;

private:
    class client;
    void connect_clients(bool clean_start);
    void end_kept_sessions();

    const subscriber_setup setup_;
    const mqtt::version version_;
    std::vector<std::string> client_ids_; ///< by client
    net::server_list brokers_;
    steady_time time_;
    net::loop loop_{time_};
    std::vector<std::unique_ptr<client>> clients_;
    std::size_t connecting_ = 0; ///< clients whose start has no result yet
    std::optional<net::start_failure> failure_;
    std::thread thread_; ///< runs the loop after the start
};

} // namespace loadsim::observer
