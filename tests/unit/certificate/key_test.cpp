// Keys that follow from seed and name.
#include <loadsim/base/encoding.hpp>
#include <loadsim/base/enum_names.hpp>
#include <loadsim/certificate/key.hpp>

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <array>
#include <set>
#include <string>

using namespace loadsim::certificate;

namespace {

/// Scalar of an EC key, seed of an Ed25519 key, in hex.
std::string private_number(const key_handle& key) {
    std::array<unsigned char, 64> bytes{};
    std::size_t size = bytes.size();
    if (EVP_PKEY_get_raw_private_key(key.get(), bytes.data(), &size) == 1)
        return loadsim::to_hex({reinterpret_cast<const char*>(bytes.data()), size});
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_PRIV_KEY, &number);
    size = static_cast<std::size_t>(BN_bn2binpad(number, bytes.data(), (EVP_PKEY_get_bits(key.get()) + 7) / 8));
    BN_free(number);
    return loadsim::to_hex({reinterpret_cast<const char*>(bytes.data()), size});
}

bool is_consistent(const key_handle& key) {
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr), &EVP_PKEY_CTX_free);
    return EVP_PKEY_pairwise_check(context.get()) == 1;
}

} // namespace

// Expected numbers: by Python's hashlib and integers.
TEST(derive_key, follows_from_the_hash_of_seed_and_name) {
    EXPECT_EQ(private_number(derive_key(key_type::p256, 7, "vehicle/LZ9SMEV05TF000001")),
              "c553ed1410253b6220bc529f5ad859d44e69a80f65b310c94f86abed3bba217d");
    EXPECT_EQ(private_number(derive_key(key_type::p384, 7, "vehicle/LZ9SMEV05TF000001")),
              "a0ae30c54f8067c184e7c550a4552eb48ac03899f2d66d8dec79e9f6b51aae1537194ba35cdf9d5097fbb42e9b3145e1");
    EXPECT_EQ(private_number(derive_key(key_type::ed25519, 7, "vehicle/LZ9SMEV05TF000001")),
              "17d127c331999ab8f64207d6ea73132c60e17fc90fb7e7e04de659853a3e4dfa");
}

TEST(derive_key, makes_consistent_keys_of_all_types) {
    for (const auto& [type, bits] : {std::pair{key_type::p256, 256},
                                     {key_type::p384, 384},
                                     {key_type::rsa2048, 2048},
                                     {key_type::rsa1024, 1024}}) {
        const auto key = derive_key(type, 1, "a");
        EXPECT_EQ(EVP_PKEY_get_bits(key.get()), bits);
        EXPECT_TRUE(is_consistent(key)) << loadsim::enum_name(type);
    }
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(is_consistent(derive_key(key_type::p256, 1, std::to_string(i)))) << i;
}

TEST(derive_key, differs_by_seed_name_and_type) {
    std::set<std::string> keys;
    for (const auto seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 63})
        for (const auto* name : {"", "vehicle/a", "vehicle/b"})
            for (const auto type : {key_type::p256, key_type::p384, key_type::ed25519})
                keys.insert(to_pem(derive_key(type, seed, name)));
    EXPECT_EQ(keys.size(), 27U);
    EXPECT_EQ(to_pem(derive_key(key_type::rsa1024, 1, "a")), to_pem(derive_key(key_type::rsa1024, 1, "a")));
    EXPECT_NE(to_pem(derive_key(key_type::rsa1024, 1, "a")), to_pem(derive_key(key_type::rsa1024, 1, "b")));
}
