#include "webhook_observer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

using namespace loadsim::observer;
using signature = webhook_options::signature;

namespace {

struct signed_case {
    signature how;
    std::string_view body, header;
    const char* source;
};

const signed_case signed_cases[] = {
    {{"X", "Jefe", signature::digest::sha256, signature::coding::hex, ""},
     "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
     "RFC 4231, 4.3"},
    {{"X", "Jefe", signature::digest::sha512, signature::coding::hex, ""},
     "what do ya want for nothing?",
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b6"
     "36e070a"
     "38bce737",
     "RFC 4231, 4.3"},
    {{"X", "Jefe", signature::digest::sha1, signature::coding::hex, ""},
     "what do ya want for nothing?",
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
     "RFC 2202, 3"},
    {{"X", "Jefe", signature::digest::sha1, signature::coding::base64, ""},
     "what do ya want for nothing?",
     "7/zfauXrL6LSdBbV8YTfnCWafHk=",
     "RFC 2202, 3, in base64"},
    {{"X", "It's a Secret to Everybody", signature::digest::sha256, signature::coding::hex, "sha256="},
     "Hello, World!",
     "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
     "GitHub's documentation of webhooks"},
};

} // namespace

TEST(signature, matches_published_vectors) {
    for (const auto& r : signed_cases) {
        EXPECT_EQ(compute_signature(r.how, r.body), r.header) << r.source;
        EXPECT_TRUE(verify_signature(r.how, r.body, r.header)) << r.source;
    }
}

TEST(signature, rejects_any_change) {
    for (const auto& r : signed_cases) {
        EXPECT_FALSE(verify_signature(r.how, r.body, "")) << r.source;
        EXPECT_FALSE(verify_signature(r.how, std::string(r.body) + " ", r.header)) << r.source;
        EXPECT_FALSE(verify_signature(r.how, r.body, r.header.substr(0, r.header.size() - 1))) << r.source;
        EXPECT_FALSE(verify_signature(r.how, r.body, std::string(r.header) + "0")) << r.source;
        auto changed = std::string(r.header);
        changed[changed.size() / 2] = changed[changed.size() / 2] == '0' ? '1' : '0';
        EXPECT_FALSE(verify_signature(r.how, r.body, changed)) << r.source;
        auto other = r.how;
        other.key += '.';
        EXPECT_FALSE(verify_signature(other, r.body, r.header)) << r.source;
        auto prefixed = r.how;
        prefixed.prefix = "v0=";
        EXPECT_FALSE(verify_signature(prefixed, r.body, r.header)) << r.source;
    }
}

TEST(signature, hex_is_case_insensitive_and_base64_is_not) {
    const signature hex{"X", "k", signature::digest::sha256, signature::coding::hex, "sha256="};
    auto capitals = compute_signature(hex, "body");
    for (auto& c : capitals) c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
    EXPECT_FALSE(verify_signature(hex, "body", capitals)) << "the prefix is as it is written";
    EXPECT_TRUE(verify_signature(hex, "body", "sha256=" + capitals.substr(7)));
    auto lower = hex;
    lower.encoding = signature::coding::base64;
    auto changed = compute_signature(lower, "body");
    for (auto& c : changed) c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
    EXPECT_FALSE(verify_signature(lower, "body", changed));
}
