#include "certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>
#include <utility>

namespace stage {
namespace {

struct freed {
    void operator()(EVP_PKEY* k) const { EVP_PKEY_free(k); }
    void operator()(X509* c) const { X509_free(c); }
    void operator()(std::FILE* f) const { std::fclose(f); }
};
using key = std::unique_ptr<EVP_PKEY, freed>;
using certificate = std::unique_ptr<X509, freed>;

void extend(X509* what, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, what, nullptr, nullptr, 0);
    auto* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (extension == nullptr) throw std::runtime_error("no such extension: " + value);
    X509_add_ext(what, extension, -1);
    X509_EXTENSION_free(extension);
}

certificate make(const std::string& name, EVP_PKEY* own, long serial) {
    certificate made(X509_new());
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 86'400);
    X509_set_pubkey(made.get(), own);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    return made;
}

template <class Write>
std::string save(const std::filesystem::path& to, Write&& write) {
    const std::unique_ptr<std::FILE, freed> file(std::fopen(to.c_str(), "w"));
    if (!file || write(file.get()) != 1) throw std::runtime_error("cannot write " + to.string());
    return to.string();
}

std::string save(const std::filesystem::path& to, X509* what) {
    return save(to, [what](std::FILE* f) { return PEM_write_X509(f, what); });
}
std::string save(const std::filesystem::path& to, EVP_PKEY* what) {
    return save(to,
                [what](std::FILE* f) { return PEM_write_PrivateKey(f, what, nullptr, nullptr, 0, nullptr, nullptr); });
}

} // namespace

struct certificate_authority::parts {
    stage::key key;
    stage::certificate certificate;
};

certificate_authority::certificate_authority(std::filesystem::path folder, std::string name)
    : folder_(std::move(folder)), name_(std::move(name)), parts_(std::make_unique<parts>()) {
    parts_->key.reset(EVP_EC_gen("P-256"));
    auto* const own = parts_->key.get();
    parts_->certificate = make(name_, own, serial_++);
    auto* const c = parts_->certificate.get();
    X509_set_issuer_name(c, X509_get_subject_name(c));
    extend(c, c, NID_basic_constraints, "critical,CA:TRUE");
    extend(c, c, NID_key_usage, "critical,keyCertSign,cRLSign");
    X509_sign(c, own, EVP_sha256());
    save(file(), c);
}

certificate_authority::~certificate_authority() = default;

std::string certificate_authority::file() const { return (folder_ / (name_ + ".pem")).string(); }

certificate_authority::issued certificate_authority::issue(const std::string& name, const std::string& alternative) {
    const stage::key own(EVP_EC_gen("P-256"));
    const auto made = make(name, own.get(), serial_++);
    X509_set_issuer_name(made.get(), X509_get_subject_name(parts_->certificate.get()));
    extend(made.get(), parts_->certificate.get(), NID_subject_alt_name, alternative);
    X509_sign(made.get(), parts_->key.get(), EVP_sha256());
    return {save(folder_ / (name + ".pem"), made.get()), save(folder_ / (name + ".key"), own.get())};
}

} // namespace stage
