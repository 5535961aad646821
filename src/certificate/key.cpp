#include "keys.hpp"
#include "signing.hpp"

#include <loadsim/base/enum_names.hpp>
#include <loadsim/base/hash.hpp>

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <vector>

namespace loadsim::certificate {
namespace {

/// 64 bytes.
std::string key_material(key_type type, std::uint64_t seed, std::string_view name) {
    return hash(hash_function::sha512, fmt::format("loadsim key {} {} {}", enum_name(type), seed, name));
}

/// Constants of a curve. Never freed, as signing_context().
struct curve {
    key_type type;
    const char* name;
    std::size_t size; ///< bytes of a scalar
    EC_GROUP* group;
    BIGNUM* order_less_1;
    EVP_PKEY* parameters; ///< a key without numbers, in OpenSSL's form before 3.0
};

curve make_curve(key_type type, int nid, std::size_t size) {
    curve c{.type = type,
            .name = OBJ_nid2sn(nid),
            .size = size,
            .group = required(EC_GROUP_new_by_curve_name(nid), "curve"),
            .order_less_1 = nullptr,
            .parameters = nullptr};
    c.order_less_1 = required(BN_dup(EC_GROUP_get0_order(c.group)), "curve");
    require(BN_sub_word(c.order_less_1, 1) == 1, "curve");
    const auto der = der_of(&i2d_ASN1_OBJECT, static_cast<const ASN1_OBJECT*>(OBJ_nid2obj(nid)));
    const auto* bytes = bytes_of(der);
    c.parameters = required(d2i_KeyParams(EVP_PKEY_EC, nullptr, &bytes, static_cast<long>(der.size())), "curve");
    return c;
}

const curve* curve_of(key_type type) {
    static const curve p256 = make_curve(key_type::p256, NID_X9_62_prime256v1, 32);
    static const curve p384 = make_curve(key_type::p384, NID_secp384r1, 48);
    switch (type) {
    case key_type::p256: return &p256;
    case key_type::p384: return &p384;
    default: return nullptr;
    }
}

key_handle key_from(OSSL_LIB_CTX* library, const char* type, OSSL_PARAM* parameters) {
    const pkey_context context(required(EVP_PKEY_CTX_new_from_name(library, type, nullptr), "key"));
    EVP_PKEY* key = nullptr;
    require(EVP_PKEY_fromdata_init(context.get()) == 1 &&
                EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters) == 1,
            "key");
    return key_handle(key);
}

/// The scalar is made of 64 bits more than it has, so that it is not biased (FIPS 186-5, A.2.1).
derived_key ec_key(OSSL_LIB_CTX* library, const curve& c, const std::string& material) {
    const owner<BN_CTX, BN_CTX_free> numbers(required(BN_CTX_new(), "key"));
    const big_number scalar(required(BN_bin2bn(bytes_of(material), static_cast<int>(c.size + 8), nullptr), "key"));
    const owner<EC_POINT, EC_POINT_free> point(required(EC_POINT_new(c.group), "key"));
    std::array<unsigned char, 48> native{};
    require(BN_mod(scalar.get(), scalar.get(), c.order_less_1, numbers.get()) == 1 &&
                BN_add_word(scalar.get(), 1) == 1 &&
                EC_POINT_mul(c.group, point.get(), scalar.get(), nullptr, nullptr, numbers.get()) == 1 &&
                BN_bn2nativepad(scalar.get(), native.data(), static_cast<int>(c.size)) > 0,
            "key");
    derived_key made{.key = {}, .type = c.type, .point = std::vector<unsigned char>(1 + 2 * c.size)};
    require(EC_POINT_point2oct(c.group, point.get(), POINT_CONVERSION_UNCOMPRESSED, made.point.data(),
                               made.point.size(), numbers.get()) == made.point.size(),
            "key");
    std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(c.name), 0), // NOLINT: only read
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, made.point.data(), made.point.size()),
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native.data(), c.size), OSSL_PARAM_construct_end()};
    made.key = key_from(library, "EC", parameters.data());
    return made;
}

key_handle rsa_key(OSSL_LIB_CTX* library, int bits, const std::string& material) {
    set_random_bytes(std::string_view(material).substr(0, 32), std::size_t{1} << 20); // most keys use less than 32 KiB
    const pkey_context context(required(EVP_PKEY_CTX_new_from_name(signing_context(), "RSA", nullptr), "key"));
    EVP_PKEY* made = nullptr;
    require(EVP_PKEY_keygen_init(context.get()) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) == 1 &&
                EVP_PKEY_generate(context.get(), &made) == 1,
            "RSA key");
    key_handle key(made);
    if (library == signing_context()) return key;
    OSSL_PARAM* parameters = nullptr;
    require(EVP_PKEY_todata(key.get(), EVP_PKEY_KEYPAIR, &parameters) == 1, "RSA key");
    const owner<OSSL_PARAM, OSSL_PARAM_free> freed(parameters);
    return key_from(library, "RSA", parameters);
}

} // namespace

derived_key derive_key(OSSL_LIB_CTX* library, key_type type, std::uint64_t seed, std::string_view name) {
    const auto material = key_material(type, seed, name);
    switch (type) {
    case key_type::p256:
    case key_type::p384: return ec_key(library, *curve_of(type), material);
    case key_type::rsa2048: return {.key = rsa_key(library, 2048, material), .type = type, .point = {}};
    case key_type::rsa1024: return {.key = rsa_key(library, 1024, material), .type = type, .point = {}};
    case key_type::ed25519: break;
    }
    return {.key = key_handle(
                required(EVP_PKEY_new_raw_private_key_ex(library, "ED25519", nullptr, bytes_of(material), 32), "key")),
            .type = type,
            .point = {}};
}

key_handle derive_key(key_type type, std::uint64_t seed, std::string_view name) {
    return derive_key(nullptr, type, seed, name).key;
}

result<key_handle> parse_key(OSSL_LIB_CTX* context, const named_text& pem, const std::string& password) {
    struct asked {
        const std::string& password;
        bool used = false;
    } state{password};
    const auto give = [](char* to, int size, int, void* data) {
        auto& s = *static_cast<asked*>(data);
        s.used = true;
        if (s.password.empty() || s.password.size() > static_cast<std::size_t>(size)) return -1;
        std::memcpy(to, s.password.data(), s.password.size());
        return static_cast<int>(s.password.size());
    };
    const owner<BIO, BIO_free_all> memory(
        required(BIO_new_mem_buf(pem.text.data(), static_cast<int>(pem.text.size())), "reading"));
    ERR_clear_error();
    key_handle key(PEM_read_bio_PrivateKey_ex(memory.get(), nullptr, give, &state, context, nullptr));
    const auto reason = take_openssl_error();
    if (key) return key;
    if (state.used)
        return problems(pem.name, password.empty()
                                      ? "the key is encrypted; give its password (keyPassword)"
                                      : "the key cannot be decrypted with the password that is given (keyPassword)");
    if (pem.text.find("PRIVATE KEY-----") == std::string_view::npos)
        return problems(pem.name,
                        "holds no private key in PEM; name the file that does (key), and make PEM of a binary one "
                        "with `openssl pkey -inform der`");
    return problems(pem.name, fmt::format("holds no private key in PEM that can be read ({})", reason));
}

void set_public_key(X509* certificate, const derived_key& derived) {
    const auto* const c = curve_of(derived.type);
    if (c == nullptr) {
        require(X509_set_pubkey(certificate, derived.key.get()) == 1, "public key");
        return;
    }
    // A key of a provider is encoded and decoded again, which takes 300 µs; one in the older form takes 15 µs.
    const key_handle older(required(EVP_PKEY_new(), "public key"));
    require(EVP_PKEY_copy_parameters(older.get(), c->parameters) == 1 &&
                EVP_PKEY_set1_encoded_public_key(older.get(), derived.point.data(), derived.point.size()) == 1 &&
                X509_set_pubkey(certificate, older.get()) == 1,
            "public key");
}

void set_encoded_public_key(X509* certificate, EVP_PKEY* key) {
    const certificate_handle other(required(X509_new(), "public key"));
    require(X509_set_pubkey(other.get(), key) == 1, "public key");
    require(ASN1_STRING_copy(X509_get0_pubkey_bitstr(certificate), X509_get0_pubkey_bitstr(other.get())) == 1,
            "public key");
}

} // namespace loadsim::certificate
