#include "openssl.hpp"
#include "signing.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/hash.hpp>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>
#include <stdexcept>

namespace loadsim::certificate {
namespace {

using bio = owner<BIO, BIO_free_all>;

void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); } // not what is on it

/// Text that `write` writes to a BIO.
template <class Write>
std::string written(Write&& write) {
    const bio memory(required(BIO_new(BIO_s_mem()), "encoding"));
    require(write(memory.get()) == 1, "encoding");
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

} // namespace

void openssl_free::operator()(x509_st* c) const noexcept { X509_free(c); }
void openssl_free::operator()(evp_pkey_st* k) const noexcept { EVP_PKEY_free(k); }
void openssl_free::operator()(X509_crl_st* c) const noexcept { X509_CRL_free(c); }

certificate_handle share(const certificate_handle& c) {
    X509_up_ref(c.get());
    return certificate_handle(c.get());
}

key_handle share(const key_handle& k) {
    EVP_PKEY_up_ref(k.get());
    return key_handle(k.get());
}

std::string take_openssl_error() {
    const auto code = ERR_peek_last_error();
    ERR_clear_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "no reason given" : reason;
}

void require(bool ok, const char* what) {
    if (!ok) throw std::runtime_error(fmt::format("OpenSSL: {}: {}", what, take_openssl_error()));
}

std::string to_pem(const certificate_handle& c) {
    return written([&](BIO* to) { return PEM_write_bio_X509(to, c.get()); });
}

std::string to_pem(const std::vector<certificate_handle>& all) {
    std::string text;
    for (const auto& c : all) text += to_pem(c);
    return text;
}

std::string to_pem(const crl_handle& crl) {
    return written([&](BIO* to) { return PEM_write_bio_X509_CRL(to, crl.get()); });
}

std::string to_pem(const key_handle& k) {
    return written(
        [&](BIO* to) { return PEM_write_bio_PKCS8PrivateKey(to, k.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

std::string to_der(const certificate_handle& c) { return der_of(&i2d_X509, static_cast<const X509*>(c.get())); }

std::chrono::sys_seconds valid_from(const certificate_handle& c) {
    std::tm utc{};
    require(ASN1_TIME_to_tm(X509_get0_notBefore(c.get()), &utc) == 1, "begin of the validity");
    return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&utc)));
}

std::string fingerprint(const certificate_handle& c) { return to_hex(hash(hash_function::sha256, to_der(c))); }

std::string to_pkcs12(const credentials& c, const std::string& password) {
    // Salts and initialization vectors are drawn in the context that is given.
    set_random_bytes(hmac(hash_function::sha256, password, to_der(c.certificate)), 1024);
    const owner<STACK_OF(X509), free_stack> chain(required(sk_X509_new_null(), "chain"));
    for (const auto& ca : c.chain) require(sk_X509_push(chain.get(), ca.get()) > 0, "chain");
    constexpr int default_algorithm = 0;
    constexpr int iterations = 2048;
    const owner<PKCS12, PKCS12_free> made(required(
        PKCS12_create_ex(password.c_str(), nullptr, c.key.get(), c.certificate.get(), chain.get(), default_algorithm,
                         default_algorithm, iterations, iterations, 0, signing_context(), nullptr),
        "PKCS #12"));
    return der_of(&i2d_PKCS12, static_cast<const PKCS12*>(made.get()));
}

result<std::vector<certificate_handle>> parse_certificates(std::string_view pem, const std::string& name) {
    const bio memory(required(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), "reading"));
    std::vector<certificate_handle> all;
    ERR_clear_error();
    while (auto* const one = PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)) all.emplace_back(one);
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const auto reason = take_openssl_error();
    if (!at_end) return problems(name, fmt::format("certificate {} cannot be read ({})", all.size() + 1, reason));
    if (all.empty())
        return problems(name, "holds no certificate in PEM; make PEM of a binary one with `openssl x509 -inform der`");
    return all;
}

} // namespace loadsim::certificate
