#include <loadsim/net/tls_credentials.hpp>

#include <loadsim/base/input.hpp>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace loadsim::net {
namespace {

constexpr std::size_t file_limit = 1024 * 1024; // a chain of certificates takes some kilobytes

struct bio_deleter {
    void operator()(BIO* b) const { BIO_free(b); }
};
using bio = std::unique_ptr<BIO, bio_deleter>;

bio reader_of(const std::string& text) { return bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

void free_chain(STACK_OF(X509) * chain) { sk_X509_pop_free(chain, &X509_free); }

/// Without this callback OpenSSL would read a password from the terminal.
int give_password(char* into, int room, int /*encrypting*/, void* password) {
    const auto& text = *static_cast<const std::string*>(password);
    const auto size = std::min(text.size(), static_cast<std::size_t>(room));
    std::copy_n(text.data(), size, into);
    return static_cast<int>(size);
}

std::string encryption_error(const std::string& password) {
    return password.empty() ? "is encrypted; give its password (keyPassword)"
                            : "cannot be decrypted with the password that is given (keyPassword)";
}

bool is_encrypted(std::string_view pem) {
    return pem.find("BEGIN ENCRYPTED PRIVATE KEY") != std::string_view::npos ||
           pem.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

} // namespace

result<tls_credentials> read_credentials(const std::string& certificate, const std::string& key,
                                         const std::string& password) {
    const auto& key_file = key.empty() ? certificate : key;
    const auto certificate_text = read_file(certificate, file_limit);
    if (!certificate_text) return certificate_text.error();
    const auto key_text = key.empty() ? *certificate_text : read_file(key, file_limit);
    if (!key_text) return key_text.error();
    tls_credentials read;
    const auto certificates = reader_of(*certificate_text);
    read.certificate.reset(PEM_read_bio_X509_AUX(certificates.get(), nullptr, nullptr, nullptr), &X509_free);
    if (!read.certificate) return problems{certificate, "holds no certificate in PEM that can be read"};
    while (auto* const next = PEM_read_bio_X509(certificates.get(), nullptr, nullptr, nullptr)) {
        if (!read.chain) read.chain.reset(sk_X509_new_null(), &free_chain);
        sk_X509_push(read.chain.get(), next);
    }
    read.key.reset(PEM_read_bio_PrivateKey(reader_of(*key_text).get(), nullptr, &give_password,
                                           const_cast<std::string*>(&password)), // NOLINT: only read
                   &EVP_PKEY_free);
    ERR_clear_error();
    if (!read.key)
        return problems{key_file, is_encrypted(*key_text) ? encryption_error(password)
                                                          : "holds no private key in PEM that can be read"};
    if (X509_check_private_key(read.certificate.get(), read.key.get()) != 1) {
        ERR_clear_error();
        return problems{key_file, fmt::format("is not the private key of the certificate in {}", certificate)};
    }
    return read;
}

result<tls_credentials> read_pkcs12(const std::string& file, const std::string& password) {
    const auto text = read_file(file, file_limit);
    if (!text) return text.error();
    const std::unique_ptr<PKCS12, decltype(&PKCS12_free)> parsed(d2i_PKCS12_bio(reader_of(*text).get(), nullptr),
                                                                 &PKCS12_free);
    if (!parsed) {
        ERR_clear_error();
        return problems{file, "is no PKCS#12 file"};
    }
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
    STACK_OF(X509)* chain = nullptr;
    const bool decrypted = PKCS12_parse(parsed.get(), password.c_str(), &key, &certificate, &chain) == 1;
    ERR_clear_error();
    tls_credentials read{
        .certificate = {certificate, &X509_free}, .key = {key, &EVP_PKEY_free}, .chain = {chain, &free_chain}};
    if (!decrypted) return problems{file, encryption_error(password)};
    if (!read.certificate || !read.key) return problems{file, "holds no certificate with its private key"};
    return read;
}

} // namespace loadsim::net
