// The target of one run: what is embedded is started, what is real is looked for.
#pragma once

#include <loadsim/backend/backend.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/fleet/wake_ports.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/target/mosquitto.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace loadsim::run {

/// The broker, and the API if the driver needs one, each ours or somebody's. What is ours ends with this object.
struct platform {
    std::optional<target::mosquitto> own_broker;
    std::optional<fleet::wake_ports>
        wake; ///< where vehicles that sleep are woken; before the backend, which sends there
    std::optional<backend::server> own_backend; ///< after the broker: it leaves it first
    net::endpoint broker;
    boost::asio::ip::tcp::endpoint broker_address;
    std::optional<net::endpoint> api;
    boost::asio::ip::tcp::endpoint api_address;
};

/// Errors: what is not there, does not answer or cannot be started.
result<platform> bring_up(const scenario::document&, const std::filesystem::path& folder,
                          const std::function<void(const std::string&)>& said);

} // namespace loadsim::run
