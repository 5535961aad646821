#include <loadsim/base/hash.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstring>

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

std::uint64_t content_hash(std::string_view text) noexcept {
    // SplitMix64's finaliser (Steele, Lea, Flood 2014), chained over words of eight bytes and the length.
    constexpr auto mix = [](std::uint64_t z) {
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    };
    std::uint64_t state = 0x9e3779b97f4a7c15U + text.size();
    for (std::size_t at = 0; at < text.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, std::min(sizeof word, text.size() - at));
        state = mix(state + 0x9e3779b97f4a7c15U + word);
    }
    return state == 0 ? 1 : state;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    // Compares hashes, so that timing does not reveal the length either.
    const auto of_a = hash(hash_function::sha256, a);
    const auto of_b = hash(hash_function::sha256, b);
    return CRYPTO_memcmp(of_a.data(), of_b.data(), of_a.size()) == 0;
}

} // namespace loadsim
