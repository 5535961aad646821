// Certificates of vehicles and servers, and those that must be refused.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/certificate/authority.hpp>
#include <loadsim/certificate/certificate.hpp>
#include <loadsim/certificate/key.hpp>

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::certificate {

/// Fault of a vehicle's credentials. Behind it: OpenSSL's error when they are verified as TLS servers do.
enum class certificate_fault : std::uint8_t {
    none,
    expired,       ///< CERT_HAS_EXPIRED; until the day before issuer_options::valid
    not_yet_valid, ///< CERT_NOT_YET_VALID; from ten years after the start of issuer_options::valid
    revoked,       ///< CERT_REVOKED, if the CRL has its serial_of()
    unknown_ca,    ///< UNABLE_TO_GET_ISSUER_CERT_LOCALLY; the CA has another name, too
    self_signed,   ///< DEPTH_ZERO_SELF_SIGNED_CERT
    wrong_name, ///< none: valid, but `subject` and `san` of the request are another vehicle's; the broker must compare
    wrong_key,  ///< none: the peer finds the signature of the handshake invalid (alert decrypt_error); see below
    missing,    ///< no certificate
    weak_key,   ///< EE_KEY_TOO_SMALL at security level 2, Debian's default; RSA 1024
    sha1_signature,      ///< CA_MD_TOO_WEAK at security level 1
    missing_intermediate ///< UNABLE_TO_GET_ISSUER_CERT_LOCALLY: issued by an intermediate CA, which `chain` leaves out
};
BOOST_DESCRIBE_ENUM(certificate_fault, none, expired, not_yet_valid, revoked, unknown_ca, self_signed, wrong_name,
                    wrong_key, missing, weak_key, sha1_signature, missing_intermediate)

/// Fault of a server's certificate.
enum class server_fault : std::uint8_t {
    none,
    wrong_host, ///< HOSTNAME_MISMATCH: for wrong.invalid only
    expired,    ///< CERT_HAS_EXPIRED
    untrusted   ///< UNABLE_TO_GET_ISSUER_CERT_LOCALLY
};
BOOST_DESCRIBE_ENUM(server_fault, none, wrong_host, expired, untrusted)

struct certificate_request {
    std::string vin;     ///< the key follows from seed and VIN
    std::string subject; ///< RFC 4514: "CN=LZ9…,O=test"
    std::string san{};   ///< subject alternative names as of OpenSSL: "URI:vin:LZ9…,DNS:car.example"; empty: none
    certificate_fault fault = certificate_fault::none;
};

struct server_request {
    std::vector<std::string> hosts; ///< names and addresses; the first is the common name
    server_fault fault = server_fault::none;
};

struct issuer_options {
    std::uint64_t seed = 1;
    validity valid;
    key_type key = key_type::p256;
};

/// Issues certificates. What it issues is a function of CA, options and request: nothing is stored, and each rank makes the same.
///
/// Cost: bench/certificate_bench.cpp. Threads: const, any; one for all shards.
/// Faulty credentials in OpenSSL: with wrong_key, SSL_use_certificate() and SSL_use_PrivateKey() accept the pair, as X509's cached
/// public key is that of the private key and only the encoded one is not; weak_key and sha1_signature need security level 0 at the
/// presenting end, too (SSL_set_security_level).
class issuer {
public:
    /// Errors: the validity begins before that of the CA or after its end.
    static result<issuer> create(std::shared_ptr<const authority>, const issuer_options&);

    /// Errors: subject or san (located so); sha1_signature with a CA whose signatures have no choice of a hash (Ed25519).
    result<credentials> issue(const certificate_request&) const;
    /// Serial number of the certificate that issue() makes, for a CRL.
    serial_number serial_of(const certificate_request&) const;

    /// Errors: no hosts, or one that is neither a host name nor an address.
    result<credentials> issue_server(const server_request&) const;

    const authority& ca() const noexcept { return *ca_; }
    const issuer_options& options() const noexcept { return options_; }

private:
    struct fault_authorities;
    issuer(std::shared_ptr<const authority>, const issuer_options&, std::shared_ptr<const fault_authorities>);

    std::shared_ptr<const authority> ca_;
    issuer_options options_;
    std::shared_ptr<const fault_authorities> fault_authorities_; ///< CAs that only faulty certificates need
};

} // namespace loadsim::certificate
