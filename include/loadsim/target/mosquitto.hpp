// A real mosquitto as a child of ours.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/net/options.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace loadsim::target {

struct mosquitto_login {
    std::string user;
    std::string password;
};

struct mosquitto_options {
    std::vector<mosquitto_login> logins; ///< who is let in; empty: anybody
    bool keeps_sessions = false;         ///< over take_down() and bring_back(): they are written to the folder
};

/// Its configuration: one loopback port, no limit on connections, messages or queues.
std::string mosquitto_configuration(std::uint16_t port, const std::string& user, const std::filesystem::path& folder,
                                    const mosquitto_options&);

/// A mosquitto on a free loopback port. Its configuration, its log and what it keeps are in the folder given. Ends with this
/// object, and with this process whatever kills it (Linux, PR_SET_PDEATHSIG).
/// Threads: start it, and bring it back, from a thread that lives as long as it is to live: the kernel ties the child to it.
class mosquitto {
public:
    /// Waits until it takes connections. Errors: not installed, does not start (with the last line of its log), logins that a
    /// password file cannot hold.
    static result<mosquitto> start(const std::filesystem::path& folder, const mosquitto_options& = {});

    /// An outage: it ends, and its connections are closed; or it stands still (SIGSTOP), and they stand.
    void take_down();
    void freeze();
    /// The end of either: on the same port again, or continued; else nothing. Errors: as start(), and somebody else has the port.
    result<void> bring_back();

    mosquitto(mosquitto&&) noexcept;
    mosquitto& operator=(mosquitto&&) noexcept;
    ~mosquitto(); ///< SIGTERM, then SIGKILL after 2 s

    const net::endpoint& broker() const noexcept { return broker_; }

private:
    mosquitto(std::string program, net::endpoint broker, std::filesystem::path folder);
    result<bool> launch(); ///< false: it has ended at once, most likely because the port is taken
    void end(std::chrono::seconds within) noexcept;

    pid_t pid_ = -1; ///< -1: it does not run
    std::string program_;
    net::endpoint broker_;
    std::filesystem::path folder_; ///< of its configuration and its log
    bool frozen_ = false;
};

} // namespace loadsim::target
