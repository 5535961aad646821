#include "fields.hpp"
#include "keys.hpp"
#include "openssl.hpp"
#include "signing.hpp"
#include "subject.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/enum_names.hpp>
#include <loadsim/certificate/issuer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace loadsim::certificate {
namespace {

using std::chrono::days;
using std::chrono::sys_seconds;

std::string seconds_text(sys_seconds t) { return std::to_string(t.time_since_epoch().count()); }

validity validity_of(bool expired, bool not_yet_valid, const validity& valid) {
    if (expired) return {valid.from - days(31), valid.from - days(1)};
    if (not_yet_valid) return {valid.from + days(3652), valid.until + days(3652)};
    return valid;
}

/// Key usage of an end entity, for TLS as client or server; made once.
struct usage_extensions {
    extension_handle key_usage = make_extension(NID_key_usage, "critical,digitalSignature");
    extension_handle rsa_key_usage = make_extension(NID_key_usage, "critical,digitalSignature,keyEncipherment");
    extension_handle client = make_extension(NID_ext_key_usage, "clientAuth");
    extension_handle server = make_extension(NID_ext_key_usage, "serverAuth");
};

void add_usage(X509* certificate, key_type key, bool server) {
    static const usage_extensions extensions;
    const bool rsa = key == key_type::rsa2048 || key == key_type::rsa1024;
    add_extension(certificate, rsa ? extensions.rsa_key_usage : extensions.key_usage);
    add_extension(certificate, server ? extensions.server : extensions.client);
}

bool is_address(const std::string& host) {
    const owner<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> bytes(a2i_IPADDRESS(host.c_str()));
    return bytes != nullptr;
}

bool is_host_name(std::string_view host) {
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_' || c == '*';
    });
}

} // namespace

struct issuer::fault_authorities {
    authority unknown, intermediate;
};

issuer::issuer(std::shared_ptr<const authority> ca, const issuer_options& options,
               std::shared_ptr<const fault_authorities> of_faults)
    : ca_(std::move(ca)), options_(options), fault_authorities_(std::move(of_faults)) {}

result<issuer> issuer::create(std::shared_ptr<const authority> ca, const issuer_options& options) {
    const auto valid_at = [&](sys_seconds t) {
        auto time = static_cast<std::time_t>(t.time_since_epoch().count());
        return std::pair(X509_cmp_time(X509_get0_notBefore(ca->certificate.get()), &time) <= 0,
                         X509_cmp_time(X509_get0_notAfter(ca->certificate.get()), &time) >= 0);
    };
    const auto [begun, not_ended] = valid_at(options.valid.from);
    if (!begun || !not_ended)
        return problems("ca", fmt::format("the CA's certificate {} on {}; choose another CA or time",
                                          begun ? "has expired" : "is not valid yet",
                                          iso_time(options.valid.from, iso_format::seconds)));
    auto unknown = make_root({.subject = "CN=unknown CA", .valid = options.valid, .seed = options.seed});
    auto intermediate =
        make_intermediate(*ca, {.subject = "CN=intermediate CA", .valid = options.valid, .seed = options.seed});
    if (!unknown) return unknown.error();
    if (!intermediate) return intermediate.error();
    return issuer(
        std::move(ca), options,
        std::make_shared<const fault_authorities>(fault_authorities{std::move(*unknown), std::move(*intermediate)}));
}

serial_number issuer::serial_of(const certificate_request& request) const {
    return serial_from({"vehicle", std::to_string(options_.seed), seconds_text(options_.valid.from),
                        seconds_text(options_.valid.until), enum_name(options_.key), request.vin, request.subject,
                        request.san, enum_name(request.fault)});
}

result<credentials> issuer::issue(const certificate_request& request) const {
    using enum certificate_fault;
    const auto fault = request.fault;
    if (fault == missing) return credentials{};
    const auto subject = parse_subject(request.subject);
    if (!subject) return subject.error();
    extension_handle names;
    if (!request.san.empty()) {
        names = make_extension(NID_subject_alt_name, request.san);
        if (!names)
            return problems("san",
                            fmt::format("'{}' is not possible ({}); write it as 'URI:vin:{{vin}},DNS:car.example'",
                                        request.san, take_openssl_error()));
    }

    const auto type = fault == weak_key ? key_type::rsa1024 : options_.key;
    const auto key_name = "vehicle/" + request.vin;
    const auto& signer = fault == unknown_ca             ? fault_authorities_->unknown
                         : fault == missing_intermediate ? fault_authorities_->intermediate
                                                         : *ca_;
    auto derived = derive_key(nullptr, type, options_.seed, key_name);
    credentials made;
    made.certificate = make_unsigned(
        serial_of(request), validity_of(fault == expired, fault == not_yet_valid, options_.valid), subject->get(),
        fault == self_signed ? subject->get() : X509_get_subject_name(signer.certificate.get()));
    auto* const c = made.certificate.get();
    set_public_key(c, derived);
    made.key = std::move(derived.key);
    if (fault == wrong_key) {
        const auto other = derive_key(type, options_.seed, "other key/" + request.vin);
        set_encoded_public_key(c, other.get());
    }
    add_usage(c, type, false);
    if (names) add_extension(c, names);
    if (fault == self_signed) {
        const auto own = derive_key(signing_context(), type, options_.seed, key_name).key;
        sign(c, own.get(), nonce_secret_of(own.get()), default_hash(own.get()));
        return made;
    }
    add_authority_key_id(c, signer.certificate);
    const auto* hash = default_hash(signer.key.get());
    if (fault == sha1_signature && hash == nullptr)
        return problems(
            "ca", "its key signs without a choice of the hash; for a SHA-1 signature use a CA with an EC or RSA key");
    sign(c, signer.key.get(), signer.nonce_secret, fault == sha1_signature ? "SHA1" : hash);
    if (fault != unknown_ca && fault != missing_intermediate)
        for (const auto& above : signer.chain) made.chain.push_back(share(above));
    return made;
}

result<credentials> issuer::issue_server(const server_request& request) const {
    if (request.hosts.empty()) return problems("hosts", "a server's certificate needs a host name or an address");
    const auto hosts =
        request.fault == server_fault::wrong_host ? std::vector<std::string>{"wrong.invalid"} : request.hosts;
    std::string san;
    for (const auto& host : hosts) {
        const bool address = is_address(host);
        if (!address && !is_host_name(host))
            return problems("hosts", fmt::format("'{}' is neither a host name nor an address", host));
        san += fmt::format("{}{}:{}", san.empty() ? "" : ",", address ? "IP" : "DNS", host);
    }
    const auto& first = hosts.front();
    constexpr std::size_t common_name_limit = 64; // RFC 5280, A.1: ub-common-name
    const auto subject = parse_subject("CN=" + (first.size() <= common_name_limit ? first : "server"));
    if (!subject) return subject.error();
    const auto key_name = "server/" + san;
    const auto& signer = request.fault == server_fault::untrusted ? fault_authorities_->unknown : *ca_;
    auto derived = derive_key(nullptr, options_.key, options_.seed, key_name);
    credentials made;
    made.certificate = make_unsigned(
        serial_from({"server", std::to_string(options_.seed), seconds_text(options_.valid.from),
                     seconds_text(options_.valid.until), enum_name(options_.key), san, enum_name(request.fault)}),
        validity_of(request.fault == server_fault::expired, false, options_.valid), subject->get(),
        X509_get_subject_name(signer.certificate.get()));
    auto* const c = made.certificate.get();
    set_public_key(c, derived);
    made.key = std::move(derived.key);
    add_usage(c, options_.key, true);
    add_extension(c, make_extension(NID_subject_alt_name, san));
    add_authority_key_id(c, signer.certificate);
    sign(c, signer.key.get(), signer.nonce_secret, default_hash(signer.key.get()));
    for (const auto& above : signer.chain) made.chain.push_back(share(above));
    return made;
}

} // namespace loadsim::certificate
