#include "digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>

namespace loadsim::driver {
namespace {

using digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
std::string to_bytes(const digest& d) { return {reinterpret_cast<const char*>(d.data()), d.size()}; }

} // namespace

std::string sha256(std::string_view text) {
    digest made{};
    SHA256(bytes_of(text), text.size(), made.data());
    return to_bytes(made);
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
    digest made{};
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), made.data(), nullptr);
    return to_bytes(made);
}

std::string hex(std::string_view bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4];
        text += digits[byte & 15U];
    }
    return text;
}

std::string base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3), '\0');
    // EVP_EncodeBlock appends a NUL, which fits the string's own terminator.
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes_of(bytes), static_cast<int>(bytes.size()));
    return text;
}

} // namespace loadsim::driver
