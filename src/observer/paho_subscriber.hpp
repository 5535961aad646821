// Clients of an mqtt observer based on Eclipse Paho, for comparison with loadsim's own.
#pragma once

#include "mqtt_subscriber.hpp"

#include <loadsim/mqtt/options.hpp>

#include <memory>

namespace loadsim::observer {

/// Paho's threads deliver a message up to 100 ms late after a second without one: Paho C's receive thread sleeps then.
/// Threads: construct, start and destroy on one thread; callbacks run on Paho's threads.
std::unique_ptr<mqtt_subscriber> make_paho_subscriber(subscriber_setup, mqtt::version);

} // namespace loadsim::observer
