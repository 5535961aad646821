// X.509 certificates, private keys and CRLs: ownership, and their forms as files.
#pragma once

#include <loadsim/base/result.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// OpenSSL's X509, EVP_PKEY and X509_CRL.
struct x509_st;
struct evp_pkey_st;
struct X509_crl_st;

namespace loadsim::certificate {

struct openssl_free {
    void operator()(x509_st*) const noexcept;
    void operator()(evp_pkey_st*) const noexcept;
    void operator()(X509_crl_st*) const noexcept;
};
using certificate_handle = std::unique_ptr<x509_st, openssl_free>;
using key_handle = std::unique_ptr<evp_pkey_st, openssl_free>;
using crl_handle = std::unique_ptr<X509_crl_st, openssl_free>;

/// Another owner of the same object.
certificate_handle share(const certificate_handle&);
key_handle share(const key_handle&);

/// Certificate and key that a TLS client or server presents. All empty: no certificate.
struct credentials {
    certificate_handle certificate;
    key_handle key;
    std::vector<certificate_handle> chain; ///< intermediate CAs to send with it, its issuer first
};

struct validity {
    std::chrono::sys_seconds from, until; ///< inclusive
};

// PEM (RFC 7468); a key as unencrypted PKCS #8.
std::string to_pem(const certificate_handle&);
std::string to_pem(const std::vector<certificate_handle>&); ///< bundle: one after the other
std::string to_pem(const crl_handle&);
std::string to_pem(const key_handle&);

std::string to_der(const certificate_handle&);
std::chrono::sys_seconds valid_from(const certificate_handle&);
/// SHA-256 of the certificate, in hex: the thumbprint by which some platforms register it.
std::string fingerprint(const certificate_handle&);

/// PKCS #12 file (RFC 7292): key, certificate and chain, AES-256 with a key from the password. The same credentials and password give
/// the same bytes.
std::string to_pkcs12(const credentials&, const std::string& password);

/// All certificates of a PEM text, in its order; other PEM blocks are skipped. Errors: one problem located by `name`: none in it, or
/// one that cannot be read.
result<std::vector<certificate_handle>> parse_certificates(std::string_view pem, const std::string& name);

} // namespace loadsim::certificate
