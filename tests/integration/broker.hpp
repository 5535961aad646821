// Real mosquitto started by a test.
#pragma once

#include "child_process.hpp"
#include "temporary_folder.hpp"

#include <loadsim/net/url.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harness {

/// Listens on a free loopback port from construction; can be stopped and restarted at the same port. Killed with the
/// test process. Threads: the constructing one.
class broker {
public:
    explicit broker(std::string_view access = "allow_anonymous true\n");

    void start(); ///< throws if it does not listen
    void stop(int signal);
    void signal(int number) const { process_->signal(number); } ///< SIGSTOP, SIGCONT

    loadsim::net::endpoint endpoint() const;
    std::string url() const;

    /// Writes a mosquitto password file, for `password_file` in `access`; to be called before construction.
    static std::string password_file(const temporary_folder&, const std::string& user, const std::string& password);

private:
    temporary_folder folder_;
    std::uint16_t port_ = free_port();
    std::optional<child_process> process_;
};

} // namespace harness
