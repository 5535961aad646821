// Keys in a library context, and public keys in certificates.
#pragma once

#include "openssl.hpp"

#include <loadsim/certificate/authority.hpp>
#include <loadsim/certificate/key.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace loadsim::certificate {

struct derived_key {
    key_handle key;
    key_type type;
    std::vector<unsigned char> point; ///< of an EC key: the encoded public key (SEC 1, 2.3.3)
};

/// derive_key() in a library context; null: the default one.
derived_key derive_key(OSSL_LIB_CTX*, key_type, std::uint64_t seed, std::string_view name);

/// Private key in PEM, in a library context; null: the default one. `password`: of an encrypted key; empty: it is not encrypted.
/// Errors: located by the text's name.
result<key_handle> parse_key(OSSL_LIB_CTX*, const named_text& pem, const std::string& password);

/// Makes the public part of the key that of the certificate.
void set_public_key(X509*, const derived_key&);
/// Makes the public part of a key of the same type the encoded one; X509_get0_pubkey() still returns that of set_public_key().
void set_encoded_public_key(X509*, EVP_PKEY*);

} // namespace loadsim::certificate
