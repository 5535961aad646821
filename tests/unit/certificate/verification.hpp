// Verification of certificates as TLS servers and clients do, by OpenSSL.
#pragma once

#include <loadsim/certificate/certificate.hpp>
#include <loadsim/certificate/issuer.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace certificate_test {

using namespace loadsim::certificate;

/// Of all tests: 2026-11-30T00:00:00Z.
inline constexpr std::chrono::sys_seconds start{std::chrono::seconds{1'795'996'800}};
inline constexpr validity valid{start, start + std::chrono::days(30)};

struct verification {
    std::chrono::sys_seconds at = start + std::chrono::days(1);
    const crl_handle* crl = nullptr; ///< null: not checked
    std::string host{};              ///< as a client that connected to it; empty: as a server
};

/// X509_V_OK or the first error, X509_V_ERR_..., at security level 2.
int verify(const credentials&, const certificate_handle& root, const verification& = {});

std::shared_ptr<const authority> root(key_type = key_type::p256);
issuer issuer_of(std::shared_ptr<const authority>, key_type = key_type::p256);
certificate_request request(certificate_fault = certificate_fault::none);

} // namespace certificate_test
