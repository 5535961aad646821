// Signatures that are a function of key and content (authority.hpp says how).
#pragma once

#include "openssl.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace loadsim::certificate {

/// OpenSSL library context for signatures on certificates and for RSA keys. Its random generators have only the bytes of
/// set_random_bytes() and fail when these are used up. Never freed: threads may still use it while the process exits.
OSSL_LIB_CTX* signing_context();

/// The next `size` random bytes that signing_context() has for the calling thread: a key stream of the 32 bytes.
void set_random_bytes(std::string_view key, std::size_t size);

/// 32 bytes from a private key, for authority::nonce_secret.
std::string nonce_secret_of(EVP_PKEY*);

/// Of a key that has no choice of a hash: null.
const char* default_hash(EVP_PKEY*);
/// Sign with a key of signing_context(). `hash`: name or null.
void sign(X509*, EVP_PKEY*, std::string_view nonce_secret, const char* hash);
void sign(X509_CRL*, EVP_PKEY*, std::string_view nonce_secret, const char* hash);

} // namespace loadsim::certificate
