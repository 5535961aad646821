// The `mqtt` driver: publishes commands straight to the broker and takes the vehicles' answers. Needs no platform.
#pragma once

#include <loadsim/drive/driver.hpp>
#include <loadsim/drive/options.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/net/loop.hpp>

#include <memory>
#include <string>

namespace loadsim::drive {

/// One session of ours. 5.0: commands carry a response topic of this driver's own and correlation data; 3.1.1: it listens to
/// all vehicles' response topics and takes what is for it. A request without a final word by the deadline ends as timed_out.
/// `name`: client identifier, unique at the broker. `user`, `password` may be empty.
std::unique_ptr<driver> make_mqtt_driver(net::loop&, driver_events&, const mqtt_options&, mqtt::version,
                                         std::string name, std::string user, std::string password,
                                         const boost::asio::ip::tcp::endpoint& broker);

} // namespace loadsim::drive
