// TLS terminator in front of a plain server, and an HTTP CONNECT proxy.
#pragma once

#include "certificates.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace harness {

/// Terminates TLS and relays both directions to a loopback port. Runs on its own thread while it lives.
class tls_terminator {
public:
    struct options {
        certificate_authority::issued server_certificate;
        std::string client_ca{}; ///< CA of client certificates; empty: none required
    };
    tls_terminator(const options&, std::uint16_t backend_port);
    ~tls_terminator();
    std::uint16_t port() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

/// Accepts CONNECT host:port with 200 and relays; `reject`: 403. Other methods: 501.
class connect_proxy {
public:
    explicit connect_proxy(bool reject = false);
    ~connect_proxy();
    std::uint16_t port() const;
    std::string last_request_line() const; ///< request line of the last request

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace harness
