#include <loadsim/certificate/credential_files.hpp>

#include "keys.hpp"
#include "openssl.hpp"

#include <loadsim/base/input.hpp>

#include <fmt/format.h>
#include <openssl/err.h>

#include <utility>

namespace loadsim::certificate {
namespace {

constexpr std::size_t file_limit = 1024 * 1024; // a chain of certificates takes some kilobytes

result<credentials> read_pem(const credential_files& files) {
    const auto certificate_text = read_file(files.certificate, file_limit);
    if (!certificate_text) return certificate_text.error();
    auto certificates = parse_certificates(*certificate_text, files.certificate);
    if (!certificates) return certificates.error();
    const auto& key_file = files.key.empty() ? files.certificate : files.key;
    const auto key_text = files.key.empty() ? *certificate_text : read_file(files.key, file_limit);
    if (!key_text) return key_text.error();
    auto key = parse_key(nullptr, {key_file, *key_text}, files.key_password);
    if (!key) return key.error();
    credentials made;
    made.certificate = std::move(certificates->front());
    certificates->erase(certificates->begin());
    made.chain = std::move(*certificates);
    made.key = std::move(*key);
    if (X509_check_private_key(made.certificate.get(), made.key.get()) != 1) {
        ERR_clear_error();
        return problems{key_file,
                        fmt::format("is not the private key of the certificate in {}; give the key that belongs to it",
                                    files.certificate)};
    }
    return made;
}

result<credentials> read_pkcs12(const std::string& file, const std::string& password) {
    const auto text = read_file(file, file_limit);
    if (!text) return text.error();
    const auto* bytes = bytes_of(*text);
    const owner<PKCS12, PKCS12_free> parsed(d2i_PKCS12(nullptr, &bytes, static_cast<long>(text->size())));
    if (!parsed) {
        ERR_clear_error();
        return problems{file, "is no PKCS #12 file; give PEM files as certificate and key"};
    }
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
    STACK_OF(X509)* chain = nullptr;
    const bool decrypted = PKCS12_parse(parsed.get(), password.c_str(), &key, &certificate, &chain) == 1;
    const bool has_old_algorithm = ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_UNSUPPORTED;
    ERR_clear_error();
    credentials made;
    made.certificate.reset(certificate);
    made.key.reset(key);
    for (int i = 0; i < sk_X509_num(chain); ++i) made.chain.emplace_back(sk_X509_value(chain, i));
    sk_X509_free(chain);
    if (!decrypted && has_old_algorithm)
        return problems{file,
                        "is encrypted by an algorithm that OpenSSL 3 no longer has, such as RC2; write it again with "
                        "`openssl pkcs12 -legacy -noenc` and `openssl pkcs12 -export`"};
    if (!decrypted)
        return problems{file, password.empty() ? "is encrypted; give its password (keyPassword)"
                                               : "cannot be decrypted with the password that is given (keyPassword)"};
    if (!made.certificate || !made.key) return problems{file, "holds no certificate with its private key"};
    return made;
}

} // namespace

result<credentials> read_credentials(const credential_files& files) {
    return files.pkcs12.empty() ? read_pem(files) : read_pkcs12(files.pkcs12, files.key_password);
}

result<authority> read_authority(const credential_files& files) {
    const auto certificates = read_file(files.certificate, file_limit);
    if (!certificates) return certificates.error();
    const auto& key_file = files.key.empty() ? files.certificate : files.key;
    const auto key = files.key.empty() ? *certificates : read_file(files.key, file_limit);
    if (!key) return key.error();
    return parse_authority({files.certificate, *certificates}, {key_file, *key}, files.key_password);
}

} // namespace loadsim::certificate
