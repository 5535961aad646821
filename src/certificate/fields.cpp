#include "fields.hpp"

#include <loadsim/base/hash.hpp>

#include <algorithm>

namespace loadsim::certificate {

serial_number serial_from(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const auto part : parts) {
        text += std::to_string(part.size());
        text += ':';
        text += part;
    }
    const auto bytes = hash(hash_function::sha256, text);
    serial_number serial{};
    std::copy_n(bytes.begin(), serial.size(), serial.begin());
    serial[0] = static_cast<std::uint8_t>((serial[0] & 0x3f) | 0x40); // RFC 5280, 4.1.2.2: positive
    return serial;
}

ASN1_INTEGER* to_integer(const serial_number& serial) {
    const big_number number(
        required(BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr), "serial number"));
    return required(BN_to_ASN1_INTEGER(number.get(), nullptr), "serial number");
}

certificate_handle make_unsigned(const serial_number& serial, const validity& valid, const X509_NAME* subject,
                                 const X509_NAME* issuer) {
    certificate_handle made(required(X509_new(), "certificate"));
    auto* const c = made.get();
    const owner<ASN1_INTEGER, ASN1_INTEGER_free> number(to_integer(serial));
    constexpr int version_3 = 2;
    require(X509_set_version(c, version_3) == 1 && X509_set_serialNumber(c, number.get()) == 1 &&
                ASN1_TIME_set(X509_getm_notBefore(c), valid.from.time_since_epoch().count()) != nullptr &&
                ASN1_TIME_set(X509_getm_notAfter(c), valid.until.time_since_epoch().count()) != nullptr &&
                X509_set_subject_name(c, subject) == 1 && X509_set_issuer_name(c, issuer) == 1,
            "certificate");
    return made;
}

extension_handle make_extension(int nid, const std::string& text, X509* issuer, X509* subject) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, subject, nullptr, nullptr, 0);
    X509V3_set_ctx_nodb(&context);
    return extension_handle(X509V3_EXT_conf_nid(nullptr, &context, nid, text.c_str()));
}

void add_extension(X509* certificate, const extension_handle& extension) {
    require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

void add_authority_key_id(X509* certificate, const certificate_handle& ca) {
    if (X509_get0_subject_key_id(ca.get()) == nullptr) return;
    add_extension(certificate, make_extension(NID_authority_key_identifier, "keyid", ca.get(), certificate));
}

} // namespace loadsim::certificate
