// TLS of the sessions of engine_round_trips.
#pragma once

#include <loadsim/certificate/issuer.hpp>
#include <loadsim/net/tls_session.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

namespace loadsim::bench {

/// Mutual TLS 1.3. The certificate of a vehicle is issued when it connects, as with `fleet.tls.issue`, and released after the handshake.
class engine_tls {
public:
    /// `certificates`: folder of `loadsim certificates create`. Errors: std::runtime_error.
    explicit engine_tls(const std::filesystem::path& certificates);

    std::unique_ptr<net::tls_session> make_session(const std::string& vin);
    /// Spent on issuing certificates.
    double credentials_cpu_s() const noexcept { return credentials_cpu_s_; }

private:
    net::tls_context context_;
    certificate::issuer issuer_;
    double credentials_cpu_s_ = 0;
};

} // namespace loadsim::bench
