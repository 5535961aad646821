// A real mosquitto of the test's own.
#pragma once

#include "scratch.hpp"

#include <loadsim/net/options.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace stage {

/// Listens on a free loopback port from the constructor on; can die and come back at the same port. Dies with the test,
/// whatever kills that. Threads: the one that made it.
class broker {
public:
    explicit broker(std::string_view access = "allow_anonymous true\n");
    ~broker();
    broker(const broker&) = delete;
    broker& operator=(const broker&) = delete;

    void start(); ///< throws when it does not listen
    void stop(int signal);
    void signal(int) const; ///< SIGSTOP, SIGCONT

    loadsim::net::endpoint endpoint() const;
    std::string url() const;

    /// A password file in the form mosquitto reads, for `password_file` in `access`; made before the constructor runs.
    static std::string password_file(const scratch&, const std::string& user, const std::string& password);

private:
    scratch folder_;
    std::uint16_t port_ = free_port();
    pid_t process_ = 0;
};

} // namespace stage
