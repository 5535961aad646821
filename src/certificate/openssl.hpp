// Owners of OpenSSL objects, and its errors.
#pragma once

#include <loadsim/certificate/certificate.hpp>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace loadsim::certificate {

/// Of an OpenSSL type and its freeing function.
template <class T, void (*Free)(T*)>
struct freed_by {
    void operator()(T* object) const noexcept { Free(object); }
};
template <class T, void (*Free)(T*)>
using owner = std::unique_ptr<T, freed_by<T, Free>>;

using big_number = owner<BIGNUM, BN_free>;
using name_handle = owner<X509_NAME, X509_NAME_free>;
using extension_handle = owner<X509_EXTENSION, X509_EXTENSION_free>;
using md_context = owner<EVP_MD_CTX, EVP_MD_CTX_free>;
using pkey_context = owner<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

/// Reason of the newest error of the thread's queue, which is emptied.
std::string take_openssl_error();

/// Of calls that fail without memory or by a bug only: throws std::runtime_error with OpenSSL's reason unless `ok`.
void require(bool ok, const char* what);

/// The pointer, which a call that allocates has returned; throws as require().
template <class T>
T* required(T* made, const char* what) {
    require(made != nullptr, what);
    return made;
}

/// DER of an object by its i2d function.
template <class T>
std::string der_of(int (*encode)(T*, unsigned char**), T* object) {
    unsigned char* bytes = nullptr;
    const int size = encode(object, &bytes);
    require(size > 0, "encoding");
    std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return der;
}

inline const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

} // namespace loadsim::certificate
