// The `mqtt` observer: sees the platform's final events on its event topic, through Eclipse Paho.
#pragma once

#include <loadsim/base/outcome.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/net/options.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace loadsim::observe {

/// The end of a request, as the platform announced it.
struct final_event {
    std::string vin;
    std::string request;
    outcome end{};
    std::string reason;
    monotonic_time at{}; ///< when it arrived here
};

/// Called on Paho's thread: hand over and return. `seen` without a value: a message on the event topic that is no event.
using on_event = std::function<void(std::optional<final_event> seen)>;

/// A full-featured client of one subscription. Reconnects by itself and takes what the broker kept for it meanwhile.
/// Threads: start and stop from one; on_event comes on Paho's.
class mqtt_observer {
public:
    mqtt_observer();
    ~mqtt_observer(); ///< stops
    mqtt_observer(mqtt_observer&&) = delete;

    /// Connects and subscribes; blocks 10 s at most. Errors: one sentence with the broker's URL.
    result<void> start(const net::endpoint& broker, on_event);
    void stop();

private:
    class client;
    std::unique_ptr<client> client_;
};

} // namespace loadsim::observe
