#include "broker.hpp"

#include <stdexcept>

namespace harness {

broker::broker(std::string_view access) {
    // "user root": as root mosquitto would change its user, and that clears the parent-death signal.
    folder_.write("mosquitto.conf", "listener " + std::to_string(port_) + " 127.0.0.1\n" + std::string(access) +
                                        "persistence false\nlog_dest none\nmax_queued_messages 0\nuser root\n");
    start();
}

void broker::start() {
    process_.emplace(loadsim::child_options{.command = {"mosquitto", "-c", (folder_ / "mosquitto.conf").string()}});
    if (!wait_until([this] { return accepts_connections(port_); }, std::chrono::seconds{30}))
        throw std::runtime_error("mosquitto does not listen");
}

void broker::stop(int signal) {
    if (!process_) return;
    process_->signal(signal);
    process_->wait();
    process_.reset();
}

loadsim::net::endpoint broker::endpoint() const {
    return {.scheme = "mqtt", .host = "127.0.0.1", .port = port_, .path = {}};
}

std::string broker::url() const { return loadsim::net::to_string(endpoint()); }

std::string broker::password_file(const temporary_folder& folder, const std::string& user,
                                  const std::string& password) {
    const auto file = (folder / "passwords").string();
    child_process passwd({.command = {"mosquitto_passwd", "-b", "-c", file, user, password}});
    if (passwd.wait().exit_code != 0) throw std::runtime_error("mosquitto_passwd does not work");
    return file;
}

} // namespace harness
