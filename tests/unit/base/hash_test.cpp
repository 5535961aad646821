#include <loadsim/base/encoding.hpp>
#include <loadsim/base/hash.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>

using namespace loadsim;

namespace {
std::string hex_hash(hash_function f, std::string_view text) { return to_hex(hash(f, text)); }
std::string hex_hmac(hash_function f, std::string_view key, std::string_view text) {
    return to_hex(hmac(f, key, text));
}
} // namespace

TEST(hash, matches_fips_180_4) {
    EXPECT_EQ(hex_hash(hash_function::sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hex_hash(hash_function::sha256, "abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex_hash(hash_function::sha256, ""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex_hash(hash_function::sha512, "abc"),
              "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(hmac, matches_rfc_4231_and_2202) {
    struct {
        std::string key, text;
        const char *sha256, *sha512;
    } const rows[] = {
        {std::string(20, '\x0b'), "Hi There", // RFC 4231, 4.2
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
         "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
         "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
        {"Jefe", "what do ya want for nothing?", // 4.3
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
         "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
         "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
        {std::string(20, '\xaa'), std::string(50, '\xdd'), // 4.4
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
         "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
         "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"},
        {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First", // 4.7
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
         "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
         "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
    };
    for (const auto& r : rows) {
        EXPECT_EQ(hex_hmac(hash_function::sha256, r.key, r.text), r.sha256);
        EXPECT_EQ(hex_hmac(hash_function::sha512, r.key, r.text), r.sha512);
    }
    EXPECT_EQ(hex_hmac(hash_function::sha1, "Jefe", "what do ya want for nothing?"),
              "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
        << "RFC 2202, 3";
    EXPECT_EQ(hex_hmac(hash_function::sha256, {}, {}),
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(constant_time_equal, compares_content_and_length) {
    EXPECT_TRUE(constant_time_equal("", ""));
    EXPECT_TRUE(constant_time_equal("secret", "secret"));
    EXPECT_FALSE(constant_time_equal("secret", ""));
    EXPECT_FALSE(constant_time_equal("secret", "secre"));
    EXPECT_FALSE(constant_time_equal("secret", "Secret"));
    EXPECT_FALSE(constant_time_equal("secret", std::string_view("secret\0", 7)));
}

TEST(content_hash, differs_by_each_byte_and_by_the_length) {
    std::set<std::uint64_t> all;
    std::string text(100, '\0');
    for (std::size_t length = 0; length <= text.size(); ++length) all.insert(content_hash(text.substr(0, length)));
    for (std::size_t at = 0; at < text.size(); ++at)
        for (int bit = 0; bit < 8; ++bit) {
            auto changed = text;
            changed[at] = static_cast<char>(1 << bit);
            all.insert(content_hash(changed));
        }
    EXPECT_EQ(all.size(), 101U + 100 * 8);
    EXPECT_FALSE(all.contains(0));
    EXPECT_EQ(content_hash("abc"), content_hash(std::string("xabc").substr(1)));
}
