// TLS set-up and error sentences shared by the HTTP client and by clients over other streams.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/certificate/certificate.hpp>
#include <loadsim/net/tls_options.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace loadsim::net {

/// Client side: versions, verification of the peer, trusted CAs, own certificate, and what is offered.
/// Errors: a file that does not exist, cannot be read or has the wrong content; names that OpenSSL does not have.
result<void> configure_tls(ssl_ctx_st*, const tls_options&);

/// Problems of the names of ciphers and groups that configure_tls() would find, located "ciphers", "groups". Reads no file.
problems check_tls_names(const tls_options&);

/// Sends this certificate when the server asks for one, also a faulty one: the server is to refuse it.
void present(ssl_st*, const certificate::credentials&);

/// SNI is tls_options::server_name or else `host`, unless it is an address; with full verification the peer's certificate must be
/// for it.
void set_tls_host(ssl_st*, const std::string& host, const tls_options&);

/// A failed handshake, read or write.
struct tls_failure {
    std::string text{};      ///< "tls: ..."; empty: no failure
    bool has_remedy = false; ///< the text says what to do
};
/// About the certificate that was refused, what the peer refuses, or else OpenSSL's text of `code`. `has_certificate`: the session has
/// presented one. The context is one of configure_tls().
tls_failure tls_error(ssl_st*, unsigned long code, bool has_certificate);

/// A certificate that verification has refused.
struct refused_certificate {
    int error = 0;                  ///< X509_V_ERR_...
    bool is_ca = false;             ///< of the chain, not the peer's own
    std::string subject, issuer;    ///< common names
    std::vector<std::string> names; ///< host names and addresses that it is for
    std::chrono::system_clock::time_point valid_from, valid_until;
    std::string host; ///< that was connected to
};
/// Sentence about the cause, with the remedy.
std::string to_string(const refused_certificate&);

/// Sentence about a peer's alert, by OpenSSL's reason code; empty: it is not about our certificate. `valid_until`: of that certificate;
/// nullopt: not known.
std::string client_certificate_error(int reason, bool has_certificate,
                                     std::optional<std::chrono::system_clock::time_point> valid_until = {});

/// Sentence about ends that have nothing in common, by OpenSSL's reason code; empty: it is about something else.
std::string offer_error(int reason, bool has_certificate);

} // namespace loadsim::net
