// Simulated reference backend: the service core without I/O, in the caller's time.
#pragma once

#include <loadsim/backend/counts.hpp>
#include <loadsim/backend/options.hpp>
#include <loadsim/base/time.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace loadsim::backend {

/// Message published by the backend.
struct published_message {
    std::string topic;
    std::string payload;
    std::uint8_t qos = 1;
    std::uint32_t expires_in_s = 0; ///< MQTT 5 message expiry interval; 0: never
};

/// Output callbacks of the simulated backend; called from run().
struct simulated_io {
    std::function<void(const published_message&)> publish; ///< the message counts as acknowledged when this returns
    /// Wake-up trigger for a sleeping vehicle, over the bearer named in its presence: "udp" or "sms".
    std::function<void(std::string_view vin, std::string_view bearer)> send_trigger;
};

/// Same creation, distribution, lifecycle and faults as backend::server, without a database.
/// Threads: one. Reads only the given time source; opens no sockets and no files.
class simulated_backend {
public:
    /// `time` must outlive the object. The same id prefix and the same calls produce the same ids.
    simulated_backend(const options&, const time_source& time, std::int64_t ms_since_epoch, std::uint32_t id_prefix,
                      simulated_io);
    ~simulated_backend();

    struct create_result {
        bool accepted = false;
        std::string id;     ///< if accepted
        std::string reason; ///< if rejected: "busy", ...
    };
    create_result create(std::string_view vin, std::string_view service);
    /// Message from a vehicle: a response, or its presence.
    void receive(std::string_view topic, std::string_view payload);
    /// Runs all work that is due. Call it after create() and receive(), and at next_due().
    void run();
    monotonic_time next_due() const;
    backend_counts counts() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::backend
