#include "certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>
#include <utility>

namespace harness {
namespace {

struct openssl_deleter {
    void operator()(EVP_PKEY* k) const { EVP_PKEY_free(k); }
    void operator()(X509* c) const { X509_free(c); }
    void operator()(std::FILE* f) const { std::fclose(f); }
};
using evp_key = std::unique_ptr<EVP_PKEY, openssl_deleter>;
using certificate = std::unique_ptr<X509, openssl_deleter>;

void add_extension(X509* object, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, object, nullptr, nullptr, 0);
    auto* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (extension == nullptr) throw std::runtime_error("no such extension: " + value);
    X509_add_ext(object, extension, -1);
    X509_EXTENSION_free(extension);
}

certificate make_certificate(const std::string& name, EVP_PKEY* key_pair, long serial) {
    certificate cert(X509_new());
    X509_set_version(cert.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), 86'400);
    X509_set_pubkey(cert.get(), key_pair);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    return cert;
}

template <class Write>
std::string save(const std::filesystem::path& to, Write&& write) {
    const std::unique_ptr<std::FILE, openssl_deleter> file(std::fopen(to.c_str(), "w"));
    if (!file || write(file.get()) != 1) throw std::runtime_error("cannot write " + to.string());
    return to.string();
}

std::string save(const std::filesystem::path& to, X509* object) {
    return save(to, [object](std::FILE* f) { return PEM_write_X509(f, object); });
}
std::string save(const std::filesystem::path& to, EVP_PKEY* object) {
    return save(
        to, [object](std::FILE* f) { return PEM_write_PrivateKey(f, object, nullptr, nullptr, 0, nullptr, nullptr); });
}

} // namespace

struct certificate_authority::impl {
    evp_key key;
    harness::certificate certificate;
};

certificate_authority::certificate_authority(std::filesystem::path folder, std::string name)
    : folder_(std::move(folder)), name_(std::move(name)), impl_(std::make_unique<impl>()) {
    impl_->key.reset(EVP_EC_gen("P-256"));
    auto* const key_pair = impl_->key.get();
    impl_->certificate = make_certificate(name_, key_pair, serial_++);
    auto* const c = impl_->certificate.get();
    X509_set_issuer_name(c, X509_get_subject_name(c));
    add_extension(c, c, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(c, c, NID_key_usage, "critical,keyCertSign,cRLSign");
    X509_sign(c, key_pair, EVP_sha256());
    save(file(), c);
}

certificate_authority::~certificate_authority() = default;

std::string certificate_authority::file() const { return (folder_ / (name_ + ".pem")).string(); }

certificate_authority::issued certificate_authority::issue(const std::string& name, const std::string& alternative,
                                                           long valid_until) {
    const evp_key key_pair(EVP_EC_gen("P-256"));
    const auto cert = make_certificate(name, key_pair.get(), serial_++);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), valid_until);
    X509_set_issuer_name(cert.get(), X509_get_subject_name(impl_->certificate.get()));
    add_extension(cert.get(), impl_->certificate.get(), NID_subject_alt_name, alternative);
    X509_sign(cert.get(), impl_->key.get(), EVP_sha256());
    return {save(folder_ / (name + ".pem"), cert.get()), save(folder_ / (name + ".key"), key_pair.get())};
}

} // namespace harness
