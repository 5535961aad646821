// A real mosquitto as a child of ours.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/net/options.hpp>

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace loadsim::target {

/// Its configuration: one loopback port, anonymous, nothing kept on disk, no limit on connections, messages or queues.
std::string mosquitto_configuration(std::uint16_t port, const std::string& user);

/// A mosquitto on a free loopback port. Its configuration and log are in the folder given. Ends with this object, and with this
/// process whatever kills it (Linux, PR_SET_PDEATHSIG).
/// Threads: start it from a thread that lives as long as it is to live: the kernel ties the child to the thread.
class mosquitto {
public:
    /// Waits until it takes connections. Errors: not installed, does not start (with the last line of its log).
    static result<mosquitto> start(const std::filesystem::path& folder);

    mosquitto(mosquitto&&) noexcept;
    mosquitto& operator=(mosquitto&&) noexcept;
    ~mosquitto(); ///< SIGTERM, then SIGKILL after 2 s

    const net::endpoint& broker() const noexcept { return broker_; }

private:
    mosquitto(pid_t pid, net::endpoint broker);
    void end() noexcept;

    pid_t pid_ = -1;
    net::endpoint broker_;
};

} // namespace loadsim::target
