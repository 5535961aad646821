#include <loadsim/target/mosquitto.hpp>

#include "logged_process.hpp"
#include "password_file.hpp"

#include <loadsim/base/child_process.hpp>
#include <loadsim/net/connect_check.hpp>

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

constexpr int start_attempts = 5; ///< another process may take the free port before mosquitto does
constexpr auto start_timeout = 5s;
constexpr auto terminate_timeout = 2s;
constexpr auto persist_timeout = 20s;
constexpr auto port_free_timeout = 5s;
constexpr auto poll_interval = 5ms;

fs::path configuration_path(const fs::path& folder) { return folder / "mosquitto.conf"; }
fs::path log_path(const fs::path& folder) { return folder / "mosquitto.log"; }
fs::path password_path(const fs::path& folder) { return folder / "mosquitto.passwords"; }

/// Reports write errors: with a truncated configuration mosquitto would start and listen elsewhere.
bool write_text(const fs::path& file, const std::string& text) {
    std::ofstream out(file);
    out << text;
    out.close();
    return !out.fail();
}

problems exited_at_once(const fs::path& log) {
    return problems{log.string(), fmt::format("mosquitto ends at once; its last line: {}", last_line(log))};
}

} // namespace

std::string mosquitto_configuration(std::uint16_t port, const std::string& user, const fs::path& folder,
                                    const mosquitto_options& options) {
    std::string text = fmt::format("listener {} 127.0.0.1\n"
                                   "max_connections -1\n"
                                   "max_inflight_messages 0\n"
                                   "max_queued_messages 0\n"
                                   "set_tcp_nodelay true\n"
                                   "log_dest stderr\n"
                                   "log_type error\nlog_type warning\nlog_type notice\n"
                                   "connection_messages false\n",
                                   port);
    if (options.logins.empty())
        text += "allow_anonymous true\n";
    else
        text += fmt::format("allow_anonymous false\npassword_file {}\n", password_path(folder).string());
    if (options.persistent_sessions)
        text += fmt::format("persistence true\npersistence_location {}/\n", folder.string());
    else
        text += "persistence false\n";
    // As root mosquitto would change its user, and the kernel then clears its parent-death signal.
    if (!user.empty()) text += fmt::format("user {}\n", user);
    return text;
}

result<mosquitto> mosquitto::start(const fs::path& folder, const mosquitto_options& options) {
    constexpr auto sbin = "/usr/sbin:/usr/local/sbin"; // Debian's location; not in every PATH
    const auto program = find_program("mosquitto", sbin).string();
    if (program.empty())
        return problems{
            "mosquitto",
            "the embedded target needs it and it is not installed; apt-get install mosquitto, or give a broker "
            "of your own with --broker mqtt://host:1883"};
    if (!options.logins.empty())
        if (const auto written = write_password_file(password_path(folder), options.logins); !written)
            return written.error();
    std::error_code ignored;
    fs::remove(folder / "mosquitto.db", ignored); // of an earlier run in the same folder
    for (int attempt = 0; attempt < start_attempts; ++attempt) {
        const auto port = net::free_port();
        if (!port) return port.error();
        const auto user = ::geteuid() == 0 ? "root" : "";
        if (!write_text(configuration_path(folder), mosquitto_configuration(*port, user, folder, options)))
            return problems{configuration_path(folder).string(),
                            "cannot be written; is the disk full? name another place with --report"};
        fs::remove(log_path(folder), ignored);
        mosquitto child(program, net::endpoint{"mqtt", "127.0.0.1", *port, ""}, folder);
        const auto listening = child.launch();
        if (!listening) return listening.error();
        if (*listening) return child;
    }
    return exited_at_once(log_path(folder));
}

result<bool> mosquitto::launch() {
    const auto log = log_path(folder_);
    pid_ = start_logged({program_, "-c", configuration_path(folder_).string()}, log);
    if (pid_ < 0) return problems{log.string(), fmt::format("mosquitto cannot be started ({})", std::strerror(errno))};
    const auto deadline = std::chrono::steady_clock::now() + start_timeout;
    while (!exit_code_of(pid_)) {
        if (listens_on(pid_, broker_.port)) return true;
        if (std::chrono::steady_clock::now() > deadline)
            return problems{log.string(), fmt::format("mosquitto does not listen after {} s; its last line: {}",
                                                      start_timeout.count(), last_line(log))};
        std::this_thread::sleep_for(poll_interval);
    }
    pid_ = -1; // reaped
    return false;
}

void mosquitto::stop() { terminate(persist_timeout); }

void mosquitto::freeze() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGSTOP);
    frozen_ = true;
}

result<void> mosquitto::restart() {
    if (std::exchange(frozen_, false)) {
        ::kill(pid_, SIGCONT);
        return {};
    }
    if (pid_ >= 0) return {};
    // The port may be in use briefly: as the source port of one of our connections.
    const auto deadline = std::chrono::steady_clock::now() + port_free_timeout;
    do {
        const auto listening = launch();
        if (!listening) return listening.error();
        if (*listening) return {};
        std::this_thread::sleep_for(100ms);
    } while (std::chrono::steady_clock::now() < deadline);
    return exited_at_once(log_path(folder_));
}

mosquitto::mosquitto(std::string program, net::endpoint broker, fs::path folder)
    : program_(std::move(program)), broker_(std::move(broker)), folder_(std::move(folder)) {}

mosquitto::mosquitto(mosquitto&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), program_(std::move(other.program_)), broker_(std::move(other.broker_)),
      folder_(std::move(other.folder_)), frozen_(other.frozen_) {}

mosquitto& mosquitto::operator=(mosquitto&& other) noexcept {
    if (this != &other) {
        terminate(terminate_timeout);
        pid_ = std::exchange(other.pid_, -1);
        program_ = std::move(other.program_);
        broker_ = std::move(other.broker_);
        folder_ = std::move(other.folder_);
        frozen_ = other.frozen_;
    }
    return *this;
}

mosquitto::~mosquitto() { terminate(terminate_timeout); }

void mosquitto::terminate(std::chrono::seconds timeout) noexcept {
    if (pid_ < 0) return;
    if (std::exchange(frozen_, false)) ::kill(pid_, SIGCONT);
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!exit_code_of(pid_)) {
        // Repeated: mosquitto ignores a signal that arrives while it is starting.
        ::kill(pid_, std::chrono::steady_clock::now() > deadline ? SIGKILL : SIGTERM);
        std::this_thread::sleep_for(poll_interval);
    }
    pid_ = -1;
}

} // namespace loadsim::target
