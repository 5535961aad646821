#include "fields.hpp"
#include "keys.hpp"
#include "openssl.hpp"
#include "signing.hpp"
#include "subject.hpp"

#include <loadsim/base/enum_names.hpp>
#include <loadsim/certificate/authority.hpp>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <cstring>

namespace loadsim::certificate {
namespace {

/// `issuer` null: self-signed.
result<authority> make(const authority* issuer, const authority_options& o) {
    const auto subject = parse_subject(o.subject);
    if (!subject) return subject.error();
    authority made;
    made.key = derive_key(signing_context(), o.key, o.seed, "ca/" + o.subject).key;
    made.nonce_secret = nonce_secret_of(made.key.get());
    const auto serial = serial_from({"ca", o.subject, enum_name(o.key), std::to_string(o.seed),
                                     std::to_string(o.valid.from.time_since_epoch().count()),
                                     std::to_string(o.valid.until.time_since_epoch().count())});
    made.certificate =
        make_unsigned(serial, o.valid, subject->get(),
                      issuer == nullptr ? subject->get() : X509_get_subject_name(issuer->certificate.get()));
    auto* const c = made.certificate.get();
    require(X509_set_pubkey(c, made.key.get()) == 1, "public key");
    add_extension(c, make_extension(NID_basic_constraints,
                                    issuer == nullptr ? "critical,CA:TRUE" : "critical,CA:TRUE,pathlen:0"));
    add_extension(c, make_extension(NID_key_usage, "critical,keyCertSign,cRLSign"));
    add_extension(c, make_extension(NID_subject_key_identifier, "hash", nullptr, c));
    if (issuer != nullptr) add_authority_key_id(c, issuer->certificate);
    const auto& signer = issuer == nullptr ? made : *issuer;
    sign(c, signer.key.get(), signer.nonce_secret, default_hash(signer.key.get()));
    if (issuer != nullptr) {
        made.chain.push_back(share(made.certificate));
        for (const auto& above : issuer->chain) made.chain.push_back(share(above));
    }
    return made;
}

bool is_self_issued(const certificate_handle& c) {
    return X509_NAME_cmp(X509_get_subject_name(c.get()), X509_get_issuer_name(c.get())) == 0;
}

} // namespace

result<authority> make_root(const authority_options& options) { return make(nullptr, options); }

result<authority> make_intermediate(const authority& issuer, const authority_options& options) {
    return make(&issuer, options);
}

authority run_authority(std::uint64_t seed) {
    return make_root({.valid = run_validity, .seed = seed}).value(); // the subject is valid
}

result<authority> parse_authority(const named_text& certificates, const named_text& key, const std::string& password) {
    problems wrong;
    auto all = parse_certificates(certificates.text, certificates.name);
    auto private_key = parse_key(signing_context(), key, password);
    if (!all) wrong.add(all.error());
    if (!private_key) wrong.add(private_key.error());
    if (!wrong.empty()) return wrong;
    auto& first = all->front();
    if (X509_check_ca(first.get()) == 0)
        return problems(certificates.name, "the first certificate is not that of a CA (basicConstraints CA:TRUE)");
    if (X509_check_private_key(first.get(), private_key->get()) != 1) {
        ERR_clear_error();
        return problems(key.name, fmt::format("is not the key of the first certificate in {}", certificates.name));
    }
    authority made{.certificate = share(first), .key = std::move(*private_key), .chain = {}, .nonce_secret = {}};
    made.nonce_secret = nonce_secret_of(made.key.get());
    for (auto& c : *all)
        if (!is_self_issued(c)) made.chain.push_back(std::move(c));
    return made;
}

result<crl_handle> make_crl(const authority& ca, std::span<const serial_number> revoked, std::chrono::sys_seconds now,
                            std::chrono::sys_seconds next_update) {
    crl_handle crl(required(X509_CRL_new(), "CRL"));
    using time_handle = owner<ASN1_TIME, ASN1_TIME_free>;
    const time_handle issued(required(ASN1_TIME_set(nullptr, now.time_since_epoch().count()), "CRL"));
    const time_handle next(required(ASN1_TIME_set(nullptr, next_update.time_since_epoch().count()), "CRL"));
    constexpr int version_2 = 1;
    require(X509_CRL_set_version(crl.get(), version_2) == 1 &&
                X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(ca.certificate.get())) == 1 &&
                X509_CRL_set1_lastUpdate(crl.get(), issued.get()) == 1 &&
                X509_CRL_set1_nextUpdate(crl.get(), next.get()) == 1,
            "CRL");
    for (const auto& serial : revoked) {
        owner<X509_REVOKED, X509_REVOKED_free> entry(required(X509_REVOKED_new(), "CRL"));
        const owner<ASN1_INTEGER, ASN1_INTEGER_free> number(to_integer(serial));
        require(X509_REVOKED_set_serialNumber(entry.get(), number.get()) == 1 &&
                    X509_REVOKED_set_revocationDate(entry.get(), issued.get()) == 1 &&
                    X509_CRL_add0_revoked(crl.get(), entry.get()) == 1,
                "CRL");
        (void)entry.release(); // owned by the CRL
    }
    X509_CRL_sort(crl.get());
    const owner<ASN1_INTEGER, ASN1_INTEGER_free> number(required(ASN1_INTEGER_new(), "CRL"));
    require(ASN1_INTEGER_set_int64(number.get(), now.time_since_epoch().count()) == 1 &&
                X509_CRL_add1_ext_i2d(crl.get(), NID_crl_number, number.get(), 0, 0) == 1,
            "CRL");
    if (X509_get0_subject_key_id(ca.certificate.get()) != nullptr) {
        const auto extension = make_extension(NID_authority_key_identifier, "keyid", ca.certificate.get(), nullptr);
        require(extension != nullptr && X509_CRL_add_ext(crl.get(), extension.get(), -1) == 1, "CRL");
    }
    sign(crl.get(), ca.key.get(), ca.nonce_secret, default_hash(ca.key.get()));
    return crl;
}

} // namespace loadsim::certificate
