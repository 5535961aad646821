// The target of one run: what is embedded is started, what is real is looked for.
#pragma once

#include "watch.hpp"

#include <loadsim/backend/backend.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/drive/auth.hpp>
#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/fleet/wake_ports.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/scenario/vocabulary.hpp>
#include <loadsim/target/mosquitto.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::run {

/// The broker, and the API if the driver needs one, each ours or somebody's. What is ours ends with this object. What the backend of
/// ours calls stands before it and ends after it.
struct platform {
    std::optional<target::mosquitto> own_broker;
    std::optional<fleet::wake_ports> wake;       ///< where vehicles that sleep are woken
    std::optional<fleet::broker_api> broker_api; ///< where commands come to with that link
    std::unique_ptr<run::watch> watch;           ///< webhooks are open; the others are not connected yet
    std::optional<backend::server> own_backend;  ///< after the broker: it leaves it first
    std::vector<net::endpoint> brokers;          ///< none: nobody needs one
    std::vector<boost::asio::ip::tcp::endpoint> broker_addresses; ///< of those that answer
    std::optional<http::client_options> api;                      ///< none: the mqtt driver
    std::shared_ptr<drive::door> way_in;                          ///< null: it asks for nothing
    fleet::broker_api_options link;                               ///< of the broker-api link, inbound URL and all
};

/// Errors: what is not there, does not answer or cannot be started.
result<platform> bring_up(const scenario::document&, const scenario::vocabulary&, const std::filesystem::path& folder,
                          const std::function<void(const std::string&)>& said);

} // namespace loadsim::run
