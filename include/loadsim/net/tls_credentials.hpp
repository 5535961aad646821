// Certificate and private key of one TLS client.
#pragma once

#include <loadsim/base/result.hpp>

#include <memory>
#include <string>

struct evp_pkey_st;
struct stack_st_X509;
struct x509_st;

namespace loadsim::net {

/// Client certificate with its chain, and its private key. Copies share the same objects.
/// Threads: any; the objects are not changed.
struct tls_credentials {
    std::shared_ptr<x509_st> certificate{};
    std::shared_ptr<evp_pkey_st> key{};
    std::shared_ptr<stack_st_X509> chain{}; ///< intermediate CAs, from the certificate's issuer on; null: none
};

/// Reads PEM files. `key`: empty: in the certificate's file. `password`: of an encrypted key; empty: it is not encrypted.
/// Errors: with the file as location: it is absent, unreadable, no certificate or key, encrypted, or they do not belong together.
result<tls_credentials> read_credentials(const std::string& certificate, const std::string& key,
                                         const std::string& password);
/// Reads a PKCS#12 file. Errors: as read_credentials().
result<tls_credentials> read_pkcs12(const std::string& file, const std::string& password);

} // namespace loadsim::net
