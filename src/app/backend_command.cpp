#include "commands.hpp"
#include "complain.hpp"
#include "log.hpp"

#include <loadsim/backend/backend.hpp>
#include <loadsim/net/options.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

namespace loadsim::app {
namespace {

struct backend_options {
    std::string broker;
    std::string listen = "127.0.0.1:8080";
    std::string database;
};

exit_code serve(const backend_options& options) {
    const auto broker = net::parse_broker_url(options.broker);
    const auto listen = net::parse_listen_address(options.listen);
    problems wrong;
    if (!broker) wrong.add("--broker", broker.error().list.front().text);
    if (!listen) wrong.add("--listen", listen.error().list.front().text);
    if (!wrong.empty()) {
        complain(wrong);
        return exit_code::usage;
    }

    // Blocked before any thread starts: they inherit it, and the signal waits for us below.
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, nullptr);

    log_to_terminal();
    backend::options wanted;
    wanted.database = options.database;
    auto server = backend::server::start(wanted, *broker, *listen);
    if (!server) {
        complain(server.error());
        return exit_code::setup;
    }
    fmt::print("reference backend on {}, broker {}; Ctrl-C stops it\n", net::to_string(server->api()),
               net::to_string(*broker));
    std::fflush(stdout);
    int number = 0;
    sigwait(&stop, &number);
    server->stop();
    return exit_code::pass;
}

} // namespace

void set_up_backend(CLI::App& app, exit_code& code) {
    auto options = std::make_shared<backend_options>();
    auto* command = app.add_subcommand("backend", "Runs the reference backend alone, until it is stopped");
    command->add_option("--broker", options->broker, "Its broker: mqtt://host:1883")->required();
    command->add_option("--listen", options->listen, "Where its API listens")->capture_default_str();
    command->add_option("--database", options->database, "SQLite file for all events (default: a temporary one)");
    command->callback([options, &code] { code = serve(*options); });
}

} // namespace loadsim::app
