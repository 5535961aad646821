#include "signature.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace loadsim::observer {
namespace {

using byte_span = std::span<const std::uint8_t>;

byte_span bytes_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

std::string to_hex(byte_span bytes) {
    std::string text;
    for (const auto b : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", b);
    return text;
}

std::string to_base64(byte_span bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0'); // OpenSSL appends a NUL
    const auto size =
        EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

const EVP_MD* digest_of(webhook_options::signature::digest algorithm) {
    using digest = webhook_options::signature::digest;
    switch (algorithm) {
    case digest::sha1: return EVP_sha1();
    case digest::sha512: return EVP_sha512();
    case digest::sha256: break;
    }
    return EVP_sha256();
}

} // namespace

bool constant_time_equal(std::string_view a, std::string_view b) {
    // Compares digests, so that timing does not reveal the length either.
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> of_a{};
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> of_b{};
    SHA256(bytes_of(a).data(), a.size(), of_a.data());
    SHA256(bytes_of(b).data(), b.size(), of_b.data());
    return CRYPTO_memcmp(of_a.data(), of_b.data(), of_a.size()) == 0;
}

std::string compute_signature(const webhook_options::signature& wanted, std::string_view body) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> made{};
    unsigned size = 0;
    HMAC(digest_of(wanted.algorithm), wanted.key.data(), static_cast<int>(wanted.key.size()), bytes_of(body).data(),
         body.size(), made.data(), &size);
    const auto mac = byte_span(made).first(size);
    return wanted.prefix + (wanted.encoding == webhook_options::signature::coding::hex ? to_hex(mac) : to_base64(mac));
}

bool verify_signature(const webhook_options::signature& wanted, std::string_view body, std::string_view header) {
    if (!header.starts_with(wanted.prefix)) return false;
    std::string given(header);
    if (wanted.encoding == webhook_options::signature::coding::hex)
        for (auto& c : std::span(given).subspan(wanted.prefix.size()))
            if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    return constant_time_equal(given, compute_signature(wanted, body));
}

} // namespace loadsim::observer
