// The `mqtt` observer: sees the platform's final events on its event topic, and vehicles' words on theirs, through Eclipse Paho.
#pragma once

#include <loadsim/base/outcome.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/net/options.hpp>

#include <cstdint>
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

/// A vehicle's word, as it came over the broker.
struct heard_word {
    std::string vin;
    std::string request;
    std::uint64_t sequence = 0; ///< 1, 2, ... of the vehicle
    monotonic_time at{};
};
/// Called on Paho's thread. Words without a sequence number, and what is no word, are not told.
using on_word = std::function<void(heard_word)>;

/// A full-featured client of one subscription, or of two. Reconnects by itself and takes what the broker kept for it meanwhile.
/// Threads: start and stop from one; on_event and on_word come on Paho's.
class mqtt_observer {
public:
    mqtt_observer();
    ~mqtt_observer(); ///< stops
    mqtt_observer(mqtt_observer&&) = delete;

    /// Connects and subscribes; blocks 10 s at most. Errors: one sentence with the broker's URL.
    /// `words`: subscribes to the vehicles' words too, at QoS 2: what is published once is told once.
    result<void> start(const net::endpoint& broker, on_event, on_word words = {});
    void stop();

private:
    class client;
    std::unique_ptr<client> client_;
};

} // namespace loadsim::observe
