// Mosquitto broker as a child process.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/net/tls_options.hpp>
#include <loadsim/net/url.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::target {

struct mosquitto_login {
    std::string user;
    std::string password;
};

/// TLS of the broker: contents of its files, in PEM.
struct mosquitto_tls {
    /// Clients must present a certificate. Its common name is the user name; those that they send, and passwords, are not read.
    struct client_authentication {
        std::string crl{};
        std::string access{}; ///< access_rules::text()
        std::string own{};    ///< certificate and key of loadsim's own sessions: a user of the rules
    };
    std::string ca{};         ///< has issued all certificates
    std::string server{};     ///< certificate for the host 127.0.0.1 with its chain, and its key
    bool old_version = false; ///< TLS 1.1 at most
    std::optional<client_authentication> mutual{};
};

struct mosquitto_options {
    std::vector<mosquitto_login> logins{}; ///< accepted credentials; empty: anonymous access
    bool persistent_sessions =
        false; ///< sessions survive a termination and restart(); they are written to a private folder
    std::optional<mosquitto_tls> tls{}; ///< none: plain TCP
};

/// Configuration file: one loopback port, no limit on connections, messages or queues.
std::string mosquitto_configuration(std::uint16_t port, const std::string& user, const std::filesystem::path& folder,
                                    const mosquitto_options&);

/// Files that mosquitto_configuration() names, with their contents: views of the argument.
std::vector<std::pair<std::filesystem::path, std::string_view>> mosquitto_tls_files(const std::filesystem::path& folder,
                                                                                    const mosquitto_tls&);

/// Password file before mosquitto_passwd hashes it: one "user:password" per line, without repetitions.
/// Errors: a user or a password that the format cannot represent; messages contain the user, never a password.
result<std::string> plain_text_logins(const std::vector<mosquitto_login>&);

/// Sentence about the end of the broker's process. `code`: as of exit_code_of().
std::string describe_end(pid_t, int code, const std::filesystem::path& log);

/// Mosquitto on a free loopback port. Configuration and log are in the given folder; passwords, keys and persistence in a folder in it,
/// mosquitto.private, which is removed with this object and which other users cannot enter. Terminates with this object, and with
/// this process even if it is killed (Linux, PR_SET_PDEATHSIG). At the end secrets are masked in the log.
/// Threads: call start() and restart() from a thread that lives as long as the broker: the child dies with that thread.
class mosquitto {
public:
    /// Waits until the broker accepts connections. Errors: not installed, does not start (with the last line of its
    /// log), logins that a password file cannot represent.
    static result<mosquitto> start(const std::filesystem::path& folder, const mosquitto_options& = {});

    /// Outage: terminates the broker, which closes its connections, or suspends it (SIGSTOP), which keeps them open. A broker
    /// writes its sessions before it ends, which may take long: call continue_termination() often until it is true, the broker has
    /// ended; each call sends SIGTERM, after 20 s SIGKILL.
    void begin_termination();
    bool continue_termination() noexcept;
    void freeze();
    /// Ends an outage: starts the broker on the same port, or continues it; no effect while it runs. Precondition: no termination
    /// has begun, or it has ended. Errors: as start(), and port in use.
    result<void> restart();

    mosquitto(mosquitto&&) noexcept;
    mosquitto& operator=(mosquitto&&) noexcept;
    ~mosquitto(); ///< SIGTERM, then SIGKILL after 2 s; removes the private folder

    /// Sentence about a broker that has ended by itself since the last call; empty: it has not, or a termination has begun.
    std::string take_unexpected_end();

    const net::endpoint& broker() const noexcept { return broker_; }
    /// For loadsim's own sessions: files of the CA and of their certificate. Valid as long as this object. Empty without TLS.
    const net::tls_options& client_tls() const noexcept { return client_tls_; }

private:
    mosquitto(std::string program, net::endpoint broker, std::filesystem::path folder);
    result<void> write_tls_files(const mosquitto_tls&);
    result<bool> launch(); ///< false: exited at once, most likely because the port is in use
    void begin_termination(std::chrono::seconds timeout) noexcept;
    void end() noexcept;

    pid_t pid_ = -1; ///< -1: not running
    std::string program_;
    net::endpoint broker_;
    std::filesystem::path folder_; ///< of the configuration and the log
    net::tls_options client_tls_;
    std::vector<std::pair<std::string, std::string>> environment_; ///< of the broker's process
    bool frozen_ = false;
    std::optional<std::chrono::steady_clock::time_point> kill_at_; ///< of a termination that has not ended
};

} // namespace loadsim::target
