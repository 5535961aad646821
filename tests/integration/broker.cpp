#include "broker.hpp"

#include <stdexcept>
#include <vector>

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace harness {
namespace {

pid_t spawn(std::vector<std::string> argv) {
    std::vector<char*> arguments;
    for (auto& argument : argv) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    pid_t process = 0;
    if (::posix_spawnp(&process, arguments.front(), nullptr, nullptr, arguments.data(), environ) != 0)
        throw std::runtime_error("cannot be started: " + argv.front());
    return process;
}

/// Debian installs it in /usr/sbin, which is not in every user's PATH.
std::string mosquitto() { return std::filesystem::exists("/usr/sbin/mosquitto") ? "/usr/sbin/mosquitto" : "mosquitto"; }

} // namespace

broker::broker(std::string_view access) {
    // "user root": as root mosquitto would change its user, and that clears the parent-death signal.
    folder_.write("mosquitto.conf", "listener " + std::to_string(port_) + " 127.0.0.1\n" + std::string(access) +
                                        "persistence false\nlog_dest none\nmax_queued_messages 0\nuser root\n");
    start();
}

broker::~broker() { stop(SIGKILL); }

void broker::start() {
    process_ = spawn({"setpriv", "--pdeathsig", "KILL", mosquitto(), "-c", (folder_ / "mosquitto.conf").string()});
    if (!wait_until([this] { return accepts_connections(port_); }))
        throw std::runtime_error("mosquitto does not listen");
}

void broker::stop(int signal) {
    if (process_ <= 0) return;
    ::kill(process_, signal);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
}

void broker::signal(int number) const { ::kill(process_, number); }

loadsim::net::endpoint broker::endpoint() const {
    return {.scheme = "mqtt", .host = "127.0.0.1", .port = port_, .path = {}};
}

std::string broker::url() const { return loadsim::net::to_string(endpoint()); }

std::string broker::password_file(const temporary_folder& folder, const std::string& user,
                                  const std::string& password) {
    const auto file = (folder / "passwords").string();
    const auto passwd_process = spawn({"mosquitto_passwd", "-b", "-c", file, user, password});
    int status = 0;
    ::waitpid(passwd_process, &status, 0);
    if (status != 0) throw std::runtime_error("mosquitto_passwd does not work");
    return file;
}

} // namespace harness
