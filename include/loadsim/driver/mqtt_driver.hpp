// The `mqtt` driver: publishes commands to the broker and receives the vehicles' responses. Needs no platform.
#pragma once

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/driver/driver.hpp>
#include <loadsim/driver/options.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/server_list.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::driver {

struct mqtt_driver_setup {
    const mqtt_options& options;
    mqtt::version protocol = mqtt::version::v5_0;
    const contract::message_contract& message_contract; ///< builds commands and parses responses
    std::string client_id;                              ///< client identifier, unique at the broker
    std::string user{}, password{};
    net::server_list brokers{};   ///< at least one; falls back to the next one when a connection fails
    std::size_t first_broker = 0; ///< index of the broker to begin with, modulo their number
    std::uint64_t seed = 1;       ///< seed of {random:...}
    /// Fills in template values of the request's vehicle besides its VIN (index, segment, data ...). May be empty.
    std::function<void(request_key, contract::template_values&)> fill_values{};
    contract::field_match_stats* match_stats = nullptr; ///< counts fields searched and found in responses; may be null
    /// For commands to compare with the broker's limit of a packet's size: the VIN of any vehicle, and a request of each service,
    /// in their order. Empty: not compared.
    struct sample_request {
        std::string service; ///< the platform's name
        std::vector<std::string> parameters{};
    };
    std::string sample_vin{};
    std::vector<sample_request> sample_requests{};
};

/// Matches the response topics of all drivers.
inline constexpr std::string_view response_topics_filter = "loadsim/+/rsp";

/// Uses one MQTT session. 5.0: commands carry this driver's response topic and correlation data, if the contract allows
/// responses there; otherwise the driver subscribes to the responses of all vehicles (contract.responses.filter) and picks its
/// own. A request without a final response by the deadline ends as timed_out. References in `setup` must outlive the driver.
std::unique_ptr<driver> make_mqtt_driver(net::loop&, driver_events&, mqtt_driver_setup setup);

} // namespace loadsim::driver
