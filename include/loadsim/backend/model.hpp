// The reference backend's core without its edges: a platform in the caller's own time.
#pragma once

#include <loadsim/backend/figures.hpp>
#include <loadsim/backend/options.hpp>
#include <loadsim/base/time.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace loadsim::backend {

/// A message of the platform to the broker.
struct platform_message {
    std::string topic;
    std::string payload;
    std::uint8_t qos = 1;
    std::uint32_t expires_in_s = 0; ///< MQTT 5 message expiry interval; 0: never
};

/// What the model tells, from inside run().
struct model_edges {
    std::function<void(const platform_message&)> publish; ///< the broker has taken it when this returns
    /// A trigger for a vehicle that sleeps, by the bearer that its presence named: "udp" or "sms".
    std::function<void(std::string_view vin, std::string_view bearer)> wake;
};

/// The same creation, distribution, lifecycle and faults as the server's; nothing is written to a database.
/// Threads: one. Reads no clock but the one handed in, opens nothing.
class model {
public:
    /// `time` must outlive it. The same id prefix and the same calls make the same ids.
    model(const options&, const time_source& time, std::int64_t ms_since_epoch, std::uint32_t id_prefix, model_edges);
    ~model();

    struct answer {
        bool accepted = false;
        std::string id;  ///< accepted: its own
        std::string why; ///< else: "busy" ...
    };
    answer create(std::string_view vin, std::string_view service);
    /// A message of a vehicle: a word on the response topic, or its presence.
    void receive(std::string_view topic, std::string_view payload);
    /// Does all that is due; to be called after each of the above, and at next_due().
    void run();
    monotonic_time next_due() const;
    figures counted() const;

private:
    class running;
    std::unique_ptr<running> running_;
};

} // namespace loadsim::backend
