#include <loadsim/base/hash.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace loadsim {
namespace {

const EVP_MD* algorithm_of(hash_function function) {
    switch (function) {
    case hash_function::sha1: return EVP_sha1();
    case hash_function::sha256: break;
    case hash_function::sha512: return EVP_sha512();
    }
    return EVP_sha256();
}

} // namespace

std::string hash(hash_function function, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), bytes.data(), &size, algorithm_of(function), nullptr);
    return {reinterpret_cast<const char*>(bytes.data()), size};
}

std::string hmac(hash_function function, std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    HMAC(algorithm_of(function), key.empty() ? "" : key.data(), static_cast<int>(key.size()), // a null key is an error
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes.data(), &size);
    return {reinterpret_cast<const char*>(bytes.data()), size};
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    // Compares hashes, so that timing does not reveal the length either.
    const auto of_a = hash(hash_function::sha256, a);
    const auto of_b = hash(hash_function::sha256, b);
    return CRYPTO_memcmp(of_a.data(), of_b.data(), of_a.size()) == 0;
}

} // namespace loadsim
