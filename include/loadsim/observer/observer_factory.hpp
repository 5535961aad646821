// Factory of process-wide observers.
#pragma once

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/net/byte_tap.hpp>
#include <loadsim/net/server_list.hpp>
#include <loadsim/net/url.hpp>
#include <loadsim/observer/event.hpp>
#include <loadsim/observer/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::observer {

/// Dependencies of observers: connections and message formats.
struct observer_context {
    std::vector<net::endpoint> brokers{}; ///< of mqtt, in failover order, with loadsim's credentials
    net::server_list broker_servers{};    ///< their addresses; of other URLs: they are looked up
    std::vector<std::string>
        kafka_brokers{}; ///< of the embedded cluster, for kafka without brokers; empty: there is none
    http::client_options
        api{}; ///< of sse and websocket: uses bases with their addresses, tls, proxy, limits; of webhook: limits
    /// Adds credentials; called for each connection, on the observer's thread. May be empty.
    std::function<void(http::request&)> sign{};
    std::string subscribe{}; ///< rendered first message of the WebSocket; empty: none
    /// Called with the vehicles' responses, by mqtt. Empty: none. Set for one observer only.
    on_vehicle_response response_handler{};
    const contract::message_contract* message_contract =
        nullptr;                  ///< parses responses; must outlive the observer. Null: the built-in contract
    net::byte_tap* tap = nullptr; ///< receives all bytes, except Paho's. Null: none
};

/// Makes an mqtt, webhook, sse, websocket or kafka observer. Null for the other types: they belong to a shard (poll_observer,
/// vehicle_completion_observer) or consist of completion_in_http_response(). `index`: position in load.observers.
std::unique_ptr<observer> make_observer(const options&, const observer_context&, on_completion, std::uint32_t index);

/// Observer of the vehicles' responses only, for runs without an mqtt observer that could receive them too.
std::unique_ptr<observer> make_response_listener(const observer_context& context);

} // namespace loadsim::observer
