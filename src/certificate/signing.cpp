#include "signing.hpp"

#include <loadsim/base/hash.hpp>

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <array>
#include <cstring>
#include <vector>

namespace loadsim::certificate {
namespace {

constexpr std::size_t signature_random_bytes = 1024; // ECDSA uses 64 and some for blinding, RSA at most its modulus

md_context signature_context(EVP_PKEY* key, std::string_view nonce_secret, const std::string& content,
                             const char* hash_name) {
    const auto secret_and_content =
        std::string(nonce_secret) + (hash_name == nullptr ? "" : hash_name) + '\0' + content;
    set_random_bytes(hash(hash_function::sha256, secret_and_content), signature_random_bytes);
    md_context context(required(EVP_MD_CTX_new(), "signing"));
    require(EVP_DigestSignInit_ex(context.get(), nullptr, hash_name, signing_context(), nullptr, key, nullptr) == 1,
            "signing");
    return context;
}

} // namespace

OSSL_LIB_CTX* signing_context() {
    static OSSL_LIB_CTX* const context = [] {
        auto* const made = required(OSSL_LIB_CTX_new(), "library context");
        require(RAND_set_DRBG_type(made, "TEST-RAND", nullptr, nullptr, nullptr) == 1, "random generator");
        return made;
    }();
    return context;
}

void set_random_bytes(std::string_view key, std::size_t size) {
    std::vector<unsigned char> stream(size); // of zeros: their encryption is the key stream
    const owner<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> cipher(required(EVP_CIPHER_CTX_new(), "random bytes"));
    constexpr std::array<unsigned char, 16> nonce{};
    int written = 0;
    require(key.size() == 32 &&
                EVP_EncryptInit_ex2(cipher.get(), EVP_chacha20(), bytes_of(key), nonce.data(), nullptr) == 1 &&
                EVP_EncryptUpdate(cipher.get(), stream.data(), &written, stream.data(), static_cast<int>(size)) == 1,
            "random bytes");
    unsigned strength = 256;
    const std::array parameters{
        OSSL_PARAM_construct_uint(OSSL_RAND_PARAM_STRENGTH, &strength),
        OSSL_PARAM_construct_octet_string(OSSL_RAND_PARAM_TEST_ENTROPY, stream.data(), stream.size()),
        OSSL_PARAM_construct_end()};
    for (auto* const generator : {RAND_get0_private(signing_context()), RAND_get0_public(signing_context())})
        require(generator != nullptr && EVP_RAND_CTX_set_params(generator, parameters.data()) == 1, "random bytes");
}

std::string nonce_secret_of(EVP_PKEY* key) {
    return hash(hash_function::sha256, der_of(&i2d_PrivateKey, static_cast<const EVP_PKEY*>(key)));
}

const char* default_hash(EVP_PKEY* key) {
    std::array<char, 32> name{};
    constexpr int mandatory = 2;
    const int found = EVP_PKEY_get_default_digest_name(key, name.data(), name.size());
    return found == mandatory && std::strcmp(name.data(), "UNDEF") == 0 ? nullptr : "SHA256";
}

void sign(X509* certificate, EVP_PKEY* key, std::string_view nonce_secret, const char* hash_name) {
    // Without an algorithm there is no encoding; X509_sign_ctx() replaces it.
    auto* const algorithm = const_cast<X509_ALGOR*>(X509_get0_tbs_sigalg(certificate)); // NOLINT: no other access
    require(X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_UNDEF, nullptr) == 1, "signing");
    const auto context = signature_context(key, nonce_secret, der_of(&i2d_re_X509_tbs, certificate), hash_name);
    require(X509_sign_ctx(certificate, context.get()) > 0, "signing a certificate");
}

void sign(X509_CRL* crl, EVP_PKEY* key, std::string_view nonce_secret, const char* hash_name) {
    // The same, but nothing gives access to the algorithm: the first signature sets it, and is replaced.
    std::string content = "CRL";
    for (int signature = 0; signature < 2; ++signature) {
        const auto context = signature_context(key, nonce_secret, content, hash_name);
        require(X509_CRL_sign_ctx(crl, context.get()) > 0, "signing a CRL");
        content = der_of(&i2d_re_X509_CRL_tbs, crl);
    }
}

} // namespace loadsim::certificate
