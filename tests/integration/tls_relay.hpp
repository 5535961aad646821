// TLS in front of a plain server, and a proxy that opens ways by CONNECT.
#pragma once

#include "certificates.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace stage {

/// Takes TLS off and hands on to a loopback port, both ways. On a thread of its own while it lives.
class tls_front {
public:
    struct wanted {
        certificate_authority::issued own;
        std::string client_ca{}; ///< who signs the clients' certificates; empty: they need none
    };
    tls_front(const wanted&, std::uint16_t behind);
    ~tls_front();
    std::uint16_t port() const;

private:
    class running;
    std::unique_ptr<running> running_;
};

/// Answers CONNECT host:port with 200 and passes on what comes; `refuses`: with 403. Everything else: 501.
class connect_proxy {
public:
    explicit connect_proxy(bool refuses = false);
    ~connect_proxy();
    std::uint16_t port() const;
    std::string asked() const; ///< the first line of what it was asked last

private:
    class running;
    std::unique_ptr<running> running_;
};

} // namespace stage
