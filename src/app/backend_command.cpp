#include "commands.hpp"
#include "complain.hpp"
#include "log.hpp"
#include "stop_signals.hpp"

#include <loadsim/backend/backend.hpp>
#include <loadsim/net/options.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace loadsim::app {
namespace {

struct backend_options {
    std::string vehicles = "mqtt";
    std::string broker;
    std::string broker_api;
    std::string events;
    std::string listen = "127.0.0.1:8080";
    std::string database;
};

/// What is not said, or said for the other kind of vehicles.
void check(const backend_options& options, problems& wrong) {
    const bool api = options.vehicles == "broker-api";
    const auto need = [&](const char* flag, const std::string& text) {
        if (text.empty()) wrong.add(flag, fmt::format("--vehicles {} needs it", options.vehicles));
    };
    const auto refuse = [&](const char* flag, const std::string& text) {
        if (!text.empty()) wrong.add(flag, fmt::format("--vehicles {} has no use for it", options.vehicles));
    };
    api ? need("--broker-api", options.broker_api) : need("--broker", options.broker);
    api ? refuse("--broker", options.broker) : refuse("--broker-api", options.broker_api);
    if (!api) refuse("--events", options.events);
}

exit_code serve(const backend_options& options) {
    problems wrong;
    check(options, wrong);
    const auto read = [&wrong](const char* flag, const std::string& text,
                               result<net::endpoint> (*parse)(std::string_view)) {
        auto at = text.empty() ? net::endpoint{} : parse(text);
        if (!at) wrong.add(flag, at.error().list.front().text);
        return at ? *at : net::endpoint{};
    };
    const auto broker = read("--broker", options.broker, net::parse_broker_url);
    const auto listen = read("--listen", options.listen, net::parse_listen_address);
    read("--broker-api", options.broker_api, net::parse_api_url);
    read("--events", options.events, net::parse_api_url);
    if (!wrong.empty()) {
        complain(wrong);
        return exit_code::usage;
    }

    const stop_signals stop;

    log_to_terminal();
    backend::options wanted;
    wanted.database = options.database;
    wanted.broker_api.url = options.broker_api;
    wanted.broker_api.events = options.events;
    auto server = backend::server::start(wanted, broker, listen);
    if (!server) {
        complain(server.error());
        return exit_code::setup;
    }
    fmt::print("reference backend on {}, {}; Ctrl-C stops it\n", net::to_string(server->api()),
               options.broker_api.empty() ? "broker " + net::to_string(broker) : "broker's API " + options.broker_api);
    std::fflush(stdout);
    stop.wait();
    server->stop();
    return exit_code::pass;
}

} // namespace

void set_up_backend(CLI::App& app, exit_code& code) {
    auto options = std::make_shared<backend_options>();
    auto* command = app.add_subcommand("backend", "Runs the reference backend alone, until it is stopped");
    command->add_option("--vehicles", options->vehicles, "How it reaches vehicles: mqtt or broker-api")
        ->check(CLI::IsMember({"mqtt", "broker-api"}))
        ->capture_default_str();
    command->add_option("--broker", options->broker, "Its broker: mqtt://host:1883");
    command->add_option("--broker-api", options->broker_api,
                        "The broker team's HTTP API, in place of a broker: http://host:port; words come to "
                        "POST /vehicles/{vin}/words");
    command->add_option("--events", options->events, "Where final events are posted to then: http://host:port/path");
    command->add_option("--listen", options->listen, "Where its API listens")->capture_default_str();
    command->add_option("--database", options->database, "SQLite file for all events (default: a temporary one)");
    command->callback([options, &code] { code = serve(*options); });
}

} // namespace loadsim::app
