// The `mqtt` driver: publishes commands straight to the broker and takes the vehicles' answers. Needs no platform.
#pragma once

#include <loadsim/contract/terms.hpp>
#include <loadsim/drive/driver.hpp>
#include <loadsim/drive/options.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/net/loop.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::drive {

struct mqtt_driver_setup {
    const mqtt_options& options;
    mqtt::version protocol = mqtt::version::v5_0;
    const contract::terms& terms; ///< how commands are sent, and what answers say
    std::string name;             ///< client identifier, unique at the broker
    std::string user{}, password{};
    std::vector<boost::asio::ip::tcp::endpoint> brokers; ///< at least one; the next one is tried when one is closed
    std::uint64_t seed = 1;                              ///< of {random:...}
    /// Fills in what templates may say of a request's vehicle besides its VIN (index, segment, data ...); empty: nothing.
    std::function<void(request_key, contract::values&)> known{};
    contract::fit* watch = nullptr; ///< is told what was looked for in answers, and found; may be null
};

/// One session of ours. 5.0: commands carry a response topic of this driver's own and correlation data, if the contract lets
/// answers go there; else it listens to the words of all vehicles (contract.words.filter) and takes what is for it. A request
/// without a final word by the deadline ends as timed_out. What `setup` refers to must outlive the driver.
std::unique_ptr<driver> make_mqtt_driver(net::loop&, driver_events&, mqtt_driver_setup setup);

} // namespace loadsim::drive
