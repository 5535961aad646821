#include <loadsim/target/mosquitto.hpp>

#include "child.hpp"
#include "password_file.hpp"

#include <loadsim/base/programs.hpp>
#include <loadsim/net/reach.hpp>

#include <fmt/format.h>

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <thread>
#include <utility>

namespace loadsim::target {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr int tries = 5; ///< a free port may be taken before mosquitto has it
constexpr auto start_within = 5s;
constexpr auto end_within = 2s;
constexpr auto write_sessions_within = 20s;
constexpr auto port_free_within = 5s;
constexpr auto poll_every = 5ms;

fs::path configuration_in(const fs::path& folder) { return folder / "mosquitto.conf"; }
fs::path log_in(const fs::path& folder) { return folder / "mosquitto.log"; }
fs::path passwords_in(const fs::path& folder) { return folder / "mosquitto.passwords"; }

/// A configuration that is cut off is still one: mosquitto would start, and listen elsewhere.
bool write(const fs::path& file, const std::string& text) {
    std::ofstream out(file);
    out << text;
    out.close();
    return !out.fail();
}

problems ends_at_once(const fs::path& log) {
    return problems{log.string(), fmt::format("mosquitto ends at once; its last line: {}", last_line(log))};
}

} // namespace

std::string mosquitto_configuration(std::uint16_t port, const std::string& user, const fs::path& folder,
                                    const mosquitto_options& wanted) {
    std::string text = fmt::format("listener {} 127.0.0.1\n"
                                   "max_connections -1\n"
                                   "max_inflight_messages 0\n"
                                   "max_queued_messages 0\n"
                                   "set_tcp_nodelay true\n"
                                   "log_dest stderr\n"
                                   "log_type error\nlog_type warning\nlog_type notice\n"
                                   "connection_messages false\n",
                                   port);
    if (wanted.logins.empty())
        text += "allow_anonymous true\n";
    else
        text += fmt::format("allow_anonymous false\npassword_file {}\n", passwords_in(folder).string());
    if (wanted.keeps_sessions)
        text += fmt::format("persistence true\npersistence_location {}/\n", folder.string());
    else
        text += "persistence false\n";
    // As root mosquitto would become another user, and the kernel then forgets that it is to die with us.
    if (!user.empty()) text += fmt::format("user {}\n", user);
    return text;
}

result<mosquitto> mosquitto::start(const fs::path& folder, const mosquitto_options& wanted) {
    constexpr auto sbin = "/usr/sbin:/usr/local/sbin"; // where Debian keeps it, and not in everybody's PATH
    const auto program = find_program("mosquitto", sbin).string();
    if (program.empty())
        return problems{
            "mosquitto",
            "the embedded target needs it and it is not installed; apt-get install mosquitto, or give a broker "
            "of your own with --broker mqtt://host:1883"};
    if (!wanted.logins.empty())
        if (const auto written = write_password_file(passwords_in(folder), wanted.logins); !written)
            return written.error();
    std::error_code none; // of an earlier run in the same folder
    fs::remove(folder / "mosquitto.db", none);
    for (int attempt = 0; attempt < tries; ++attempt) {
        const auto port = net::free_port();
        if (!port) return port.error();
        const auto user = ::geteuid() == 0 ? "root" : "";
        if (!write(configuration_in(folder), mosquitto_configuration(*port, user, folder, wanted)))
            return problems{configuration_in(folder).string(),
                            "cannot be written; is the disk full? name another place with --report"};
        fs::remove(log_in(folder), none);
        mosquitto child(program, net::endpoint{"mqtt", "127.0.0.1", *port, ""}, folder);
        const auto listening = child.launch();
        if (!listening) return listening.error();
        if (*listening) return child;
    }
    return ends_at_once(log_in(folder));
}

result<bool> mosquitto::launch() {
    const auto log = log_in(folder_);
    pid_ = start_child(program_, {"-c", configuration_in(folder_).string()}, log);
    if (pid_ < 0) return problems{log.string(), fmt::format("mosquitto cannot be started ({})", std::strerror(errno))};
    const auto until = std::chrono::steady_clock::now() + start_within;
    while (!has_ended(pid_)) {
        if (listens(pid_, broker_.port)) return true;
        if (std::chrono::steady_clock::now() > until)
            return problems{log.string(), fmt::format("mosquitto does not listen after {} s; its last line: {}",
                                                      start_within.count(), last_line(log))};
        std::this_thread::sleep_for(poll_every);
    }
    pid_ = -1; // reaped
    return false;
}

void mosquitto::take_down() { end(write_sessions_within); }

void mosquitto::freeze() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGSTOP);
    frozen_ = true;
}

result<void> mosquitto::bring_back() {
    if (std::exchange(frozen_, false)) {
        ::kill(pid_, SIGCONT);
        return {};
    }
    if (pid_ >= 0) return {};
    // The port may be in use for a moment: by a connection of ours that the kernel gave it to.
    const auto until = std::chrono::steady_clock::now() + port_free_within;
    do {
        const auto listening = launch();
        if (!listening) return listening.error();
        if (*listening) return {};
        std::this_thread::sleep_for(100ms);
    } while (std::chrono::steady_clock::now() < until);
    return ends_at_once(log_in(folder_));
}

mosquitto::mosquitto(std::string program, net::endpoint broker, fs::path folder)
    : program_(std::move(program)), broker_(std::move(broker)), folder_(std::move(folder)) {}

mosquitto::mosquitto(mosquitto&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), program_(std::move(other.program_)), broker_(std::move(other.broker_)),
      folder_(std::move(other.folder_)), frozen_(other.frozen_) {}

mosquitto& mosquitto::operator=(mosquitto&& other) noexcept {
    if (this != &other) {
        end(end_within);
        pid_ = std::exchange(other.pid_, -1);
        program_ = std::move(other.program_);
        broker_ = std::move(other.broker_);
        folder_ = std::move(other.folder_);
        frozen_ = other.frozen_;
    }
    return *this;
}

mosquitto::~mosquitto() { end(end_within); }

void mosquitto::end(std::chrono::seconds within) noexcept {
    if (pid_ < 0) return;
    if (std::exchange(frozen_, false)) ::kill(pid_, SIGCONT);
    const auto until = std::chrono::steady_clock::now() + within;
    while (!has_ended(pid_)) {
        // Again and again: one that comes while it is still starting is lost on it.
        ::kill(pid_, std::chrono::steady_clock::now() > until ? SIGKILL : SIGTERM);
        std::this_thread::sleep_for(poll_every);
    }
    pid_ = -1;
}

} // namespace loadsim::target
