#include "blocked_stop_signals.hpp"
#include "commands.hpp"

#include <loadsim/backend/server.hpp>
#include <loadsim/base/log.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/net/url.hpp>

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

/// Reports missing flags, and flags of the other kind of vehicles.
void check(const backend_options& options, problems& errors) {
    const bool api = options.vehicles == "broker-api";
    const auto need = [&](const char* flag, const std::string& text) {
        if (text.empty()) errors.add(flag, fmt::format("--vehicles {} needs it", options.vehicles));
    };
    const auto refuse = [&](const char* flag, const std::string& text) {
        if (!text.empty()) errors.add(flag, fmt::format("--vehicles {} has no use for it", options.vehicles));
    };
    api ? need("--broker-api", options.broker_api) : need("--broker", options.broker);
    api ? refuse("--broker", options.broker) : refuse("--broker-api", options.broker_api);
    if (!api) refuse("--events", options.events);
}

exit_code serve(const backend_options& options) {
    problems errors;
    check(options, errors);
    const auto read = [&errors](const char* flag, const std::string& text,
                                result<net::endpoint> (*parse)(std::string_view)) {
        auto at = text.empty() ? net::endpoint{} : parse(text);
        if (!at) errors.add(flag, at.error().list.front().text);
        return at ? *at : net::endpoint{};
    };
    const auto broker = read("--broker", options.broker, net::parse_broker_url);
    const auto listen = read("--listen", options.listen, net::parse_listen_address);
    read("--broker-api", options.broker_api, net::parse_api_url);
    read("--events", options.events, net::parse_api_url);
    if (!errors.empty()) {
        print_problems(errors);
        return exit_code::usage;
    }

    const blocked_stop_signals stop;

    log_to_terminal();
    backend::options server_options;
    server_options.database = options.database;
    server_options.broker_api.url = options.broker_api;
    server_options.broker_api.events = options.events;
    auto server = backend::server::start(server_options, {broker}, listen);
    if (!server) {
        print_problems(server.error());
        return exit_code::setup;
    }
    print_output(fmt::format("reference backend on {}, {}; Ctrl-C stops it\n", net::to_string(server->api()),
                             options.broker_api.empty() ? "broker " + net::to_string(broker)
                                                        : "broker's API " + options.broker_api));
    flush_output(stdout);
    stop.wait();
    server->stop();
    return exit_code::pass;
}

} // namespace

command backend_command() {
    auto options = std::make_shared<backend_options>();
    return {.name = "backend",
            .description = "Runs the reference backend alone, until it is stopped",
            .flags =
                {{.name = "--vehicles",
                  .into = &options->vehicles,
                  .help = "How it reaches vehicles: mqtt or broker-api",
                  .shows_default = true,
                  .one_of = {"mqtt", "broker-api"}},
                 {.name = "--broker", .into = &options->broker, .help = "Its broker: mqtt://host:1883"},
                 {.name = "--broker-api",
                  .into = &options->broker_api,
                  .help = "The broker team's HTTP API, in place of a broker: http://host:port; responses come to "
                          "POST /vehicles/{vin}/responses"},
                 {.name = "--events",
                  .into = &options->events,
                  .help = "Where final events are posted to then: http://host:port/path"},
                 {.name = "--listen", .into = &options->listen, .help = "Where its API listens", .shows_default = true},
                 {.name = "--database",
                  .into = &options->database,
                  .help = "SQLite file for all events (default: a temporary one)"}},
            .run = [options] { return serve(*options); },
            .footer = "API: POST /vehicles/{vin}/remote-services/{service}; GET /requests/{id}; GET /health;\n"
                      "GET /vehicles/{vin}/requests?limit=20&before={id}: the requests of a vehicle, newest first"};
}

} // namespace loadsim::app
