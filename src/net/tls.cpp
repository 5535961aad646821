#include <loadsim/base/encoding.hpp>
#include <loadsim/base/input.hpp>
#include <loadsim/certificate/credential_files.hpp>
#include <loadsim/net/tls.hpp>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <optional>
#include <span>

namespace loadsim::net {
namespace {

/// OpenSSL's reason, for a human.
std::string reason_text(unsigned long code) {
    const char* why = code == 0 ? nullptr : ERR_reason_error_string(code);
    return why == nullptr ? "no reason given" : why;
}

std::string take_last_error() {
    const auto code = ERR_get_error();
    ERR_clear_error();
    return reason_text(code);
}

std::string common_name(const X509_NAME* name) {
    const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    const auto* entry = at < 0 ? nullptr : X509_NAME_get_entry(name, at);
    unsigned char* text = nullptr;
    const int size = entry == nullptr ? -1 : ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
    if (size < 0) return {};
    std::string made(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
    return made;
}

std::chrono::system_clock::time_point time_of(const ASN1_TIME* time) {
    std::tm utc{};
    ASN1_TIME_to_tm(time, &utc);
    return std::chrono::system_clock::from_time_t(::timegm(&utc));
}

std::string address_text(const ASN1_OCTET_STRING* address) {
    const auto* bytes = ASN1_STRING_get0_data(address);
    if (ASN1_STRING_length(address) == 4) {
        boost::asio::ip::address_v4::bytes_type v4{};
        std::copy_n(bytes, v4.size(), v4.begin());
        return boost::asio::ip::make_address_v4(v4).to_string();
    }
    boost::asio::ip::address_v6::bytes_type v6{};
    if (ASN1_STRING_length(address) != static_cast<int>(v6.size())) return {};
    std::copy_n(bytes, v6.size(), v6.begin());
    return boost::asio::ip::make_address_v6(v6).to_string();
}

/// Subject alternative names (RFC 6125: the common name does not count if there are any).
std::vector<std::string> names_of(X509* certificate) {
    std::vector<std::string> names;
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        &GENERAL_NAMES_free);
    for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
        int kind = 0;
        const auto* value =
            static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all.get(), i), &kind));
        if (kind == GEN_DNS)
            names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                               static_cast<std::size_t>(ASN1_STRING_length(value)));
        else if (kind == GEN_IPADD)
            names.push_back(address_text(value));
    }
    if (names.empty()) names.push_back(common_name(X509_get_subject_name(certificate)));
    return names;
}

std::string host_of(X509_STORE_CTX* verification) {
    auto* wanted = X509_STORE_CTX_get0_param(verification);
    if (const char* name = X509_VERIFY_PARAM_get0_host(wanted, 0); name != nullptr) return name;
    char* address = X509_VERIFY_PARAM_get1_ip_asc(wanted);
    std::string text = address == nullptr ? "" : address;
    OPENSSL_free(address);
    return text;
}

/// Index of the sentence about a refused certificate in the extra data of an SSL object.
int sentence_index() {
    static const int index = SSL_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* sentence, CRYPTO_EX_DATA*, int, long, void*) {
            delete static_cast<std::string*>(sentence); // NOLINT: owned by the SSL object
        });
    return index;
}

/// Verify callback: keeps a sentence about the certificate, which OpenSSL has no more when the handshake has failed.
int describe_refusal(int accepted, X509_STORE_CTX* verification) {
    auto* const certificate = X509_STORE_CTX_get_current_cert(verification);
    if (accepted == 1 || certificate == nullptr) return accepted;
    const refused_certificate refused{.error = X509_STORE_CTX_get_error(verification),
                                      .is_ca = X509_STORE_CTX_get_error_depth(verification) > 0,
                                      .subject = common_name(X509_get_subject_name(certificate)),
                                      .issuer = common_name(X509_get_issuer_name(certificate)),
                                      .names = names_of(certificate),
                                      .valid_from = time_of(X509_get0_notBefore(certificate)),
                                      .valid_until = time_of(X509_get0_notAfter(certificate)),
                                      .host = host_of(verification)};
    auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto sentence = std::make_unique<std::string>(to_string(refused));
    delete static_cast<std::string*>(SSL_get_ex_data(ssl, sentence_index())); // NOLINT
    SSL_set_ex_data(ssl, sentence_index(), sentence.release());
    return accepted;
}

int openssl_version(tls_version v) {
    constexpr std::array versions{TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    return versions.at(static_cast<std::size_t>(v));
}

void trust(ssl_ctx_st* context, const std::string& ca, problems& wrong) {
    if (ca.empty()) {
        SSL_CTX_set_default_verify_paths(context);
        return;
    }
    // OpenSSL would read a device or a silent pipe for ever.
    constexpr std::size_t file_limit = 16 * 1024 * 1024; // all CA certificates of a system take 0.3 MB
    if (const auto text = read_file(ca, file_limit); !text) return wrong.add(text.error());
    if (SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr) != 1)
        wrong.add(ca, fmt::format("holds no CA certificates in PEM that can be read ({})", take_last_error()));
}

struct stack_free {
    void operator()(STACK_OF(X509) * all) const { sk_X509_free(all); } // not what is on it
};

std::unique_ptr<STACK_OF(X509), stack_free> chain_of(const certificate::credentials& own) {
    std::unique_ptr<STACK_OF(X509), stack_free> chain(sk_X509_new_null());
    for (const auto& ca : own.chain) sk_X509_push(chain.get(), ca.get());
    return chain;
}

void use_certificate(ssl_ctx_st* context, const tls_options& o, problems& wrong) {
    if (o.certificate.empty() && o.pkcs12.empty()) return;
    const auto own = certificate::read_credentials(
        {.certificate = o.certificate, .key = o.key, .pkcs12 = o.pkcs12, .key_password = o.key_password});
    if (!own) return wrong.add(own.error());
    const auto chain = chain_of(*own);
    if (SSL_CTX_use_cert_and_key(context, own->certificate.get(), own->key.get(), chain.get(), 1) != 1)
        wrong.add(o.pkcs12.empty() ? o.certificate : o.pkcs12, fmt::format("cannot be used ({})", take_last_error()));
}

/// Names of TLS 1.3 cipher suites begin with TLS_; OpenSSL takes them apart from the others.
void offer_ciphers(ssl_ctx_st* context, const std::string& list, problems& wrong) {
    std::string suites, older;
    for (std::size_t begin = 0; begin < list.size();) {
        const auto end = std::min(list.find(':', begin), list.size());
        const auto name = list.substr(begin, end - begin);
        auto& of_kind = name.starts_with("TLS_") ? suites : older;
        of_kind += (of_kind.empty() ? "" : ":") + name;
        begin = end + 1;
    }
    if ((!suites.empty() && SSL_CTX_set_ciphersuites(context, suites.c_str()) != 1) ||
        (!older.empty() && SSL_CTX_set_cipher_list(context, older.c_str()) != 1))
        wrong.add("ciphers", fmt::format("'{}' names no ciphers of OpenSSL; `openssl ciphers -v` lists them", list));
}

void offer(ssl_ctx_st* context, const tls_options& o, problems& wrong) {
    if (!o.ciphers.empty()) offer_ciphers(context, o.ciphers, wrong);
    if (!o.groups.empty() && SSL_CTX_set1_groups_list(context, o.groups.c_str()) != 1)
        wrong.add("groups", fmt::format("'{}' names no groups of OpenSSL: P-256, P-384, X25519 ...", o.groups));
    std::string protocols; // RFC 7301, 3.1: each with its length before it
    for (const auto& name : o.alpn) protocols += static_cast<char>(name.size()) + name;
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(protocols.data()),
                            static_cast<unsigned>(protocols.size()));
    ERR_clear_error();
}

} // namespace

result<void> configure_tls(ssl_ctx_st* context, const tls_options& o) {
    problems wrong;
    ERR_clear_error();
    SSL_CTX_set_min_proto_version(context, openssl_version(o.min_version));
    SSL_CTX_set_max_proto_version(context, openssl_version(o.max_version));
    if (o.min_version < tls_version::v1_2) SSL_CTX_set_security_level(context, 0); // OpenSSL 3 refuses their signatures
    SSL_CTX_set_verify(context, o.verify == tls_verification::none ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                       &describe_refusal);
    trust(context, o.ca, wrong);
    use_certificate(context, o, wrong);
    offer(context, o, wrong);
    if (!wrong.empty()) return wrong;
    return {};
}

problems check_tls_names(const tls_options& o) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    problems wrong;
    offer(context.get(), o, wrong);
    return wrong;
}

void present(ssl_st* ssl, const certificate::credentials& own) {
    if (!own.certificate) return SSL_certs_clear(ssl);
    const auto chain = chain_of(own);
    const auto use = [&] {
        return SSL_use_cert_and_key(ssl, own.certificate.get(), own.key.get(), chain.get(), 1) == 1;
    };
    if (!use()) { // OpenSSL's default level refuses weak keys and signatures
        SSL_set_security_level(ssl, 0);
        use();
    }
    ERR_clear_error();
}

void set_tls_host(ssl_st* ssl, const std::string& url_host, const tls_options& o) {
    const auto& host = o.server_name.empty() ? url_host : o.server_name;
    const auto verify = o.verify;
    boost::system::error_code no_address;
    boost::asio::ip::make_address(host, no_address);
    if (no_address) {
        SSL_set_tlsext_host_name(ssl, const_cast<char*>(host.c_str())); // NOLINT: C-style cast inside the macro
        if (verify == tls_verification::full) SSL_set1_host(ssl, host.c_str());
    } else if (verify == tls_verification::full) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()); // RFC 6066, 3: no IP addresses in SNI
    }
}

tls_failure tls_error(ssl_st* ssl, unsigned long code, bool has_certificate) {
    if (const auto* refused = static_cast<const std::string*>(SSL_get_ex_data(ssl, sentence_index())))
        return {"tls: the certificate is refused: " + *refused, true};
    const int reason = ERR_GET_REASON(code);
    const auto* const shared =
        SSL_CTX_get0_certificate(SSL_get_SSL_CTX(ssl)); // that of a session alone is released by now
    const auto expiry = shared == nullptr ? std::nullopt : std::optional(time_of(X509_get0_notAfter(shared)));
    auto sentence = client_certificate_error(reason, has_certificate, expiry);
    if (sentence.empty()) sentence = offer_error(reason, has_certificate);
    if (!sentence.empty()) return {"tls: " + sentence, true};
    if (reason == SSL_R_WRONG_VERSION_NUMBER) return {"tls: the peer does not use TLS on this port"};
    return {"tls: " + reason_text(code)};
}

std::string to_string(const refused_certificate& c) {
    constexpr auto seconds = iso_format::seconds;
    const auto which = c.is_ca ? fmt::format("that of the CA '{}'", c.subject) : std::string("it");
    switch (c.error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return fmt::format("{} has expired, on {}; have it renewed", which, iso_time(c.valid_until, seconds));
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return fmt::format("{} is not valid before {}; check the clocks", which, iso_time(c.valid_from, seconds));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: {
        constexpr std::size_t shown = 5;
        const std::span names(c.names.data(), std::min(shown, c.names.size()));
        return fmt::format("it is for {}{}, not for {}; use a host of the certificate in the URL",
                           fmt::join(names, ", "), c.names.size() > shown ? " ..." : "", c.host);
    }
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return "it is signed by itself; give it as a trusted CA (tls.ca)";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return fmt::format("its CA '{}' is not trusted; give that CA's certificate (tls.ca)", c.issuer);
    default: return fmt::format("{}; have the API's certificate renewed", X509_verify_cert_error_string(c.error));
    }
}

std::string client_certificate_error(int reason, bool has_certificate,
                                     std::optional<std::chrono::system_clock::time_point> valid_until) {
    const auto refused = [&](std::string_view why) {
        return has_certificate ? fmt::format("the peer refuses our certificate: {}; see tls.certificate", why)
                               : std::string("the peer wants a client certificate; give one (tls.certificate)");
    };
    switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED: return refused("it got none");
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE: return refused("bad certificate");
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: return refused("not of a supported kind");
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED: return refused("revoked");
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return refused(valid_until ? fmt::format("expired, on {}", iso_time(*valid_until, iso_format::seconds))
                                   : "expired");
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
        return has_certificate ? refused("the key does not belong to it") : std::string();
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN: return refused("not accepted");
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return refused("unknown CA");
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED: return refused("access denied");
    default: return {};
    }
}

std::string offer_error(int reason, bool has_certificate) {
    switch (reason) {
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
        return "the peer accepts none of the protocols that are offered; see tls.alpn";
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
        return "the peer has none of the versions of TLS that are allowed; see tls.minVersion and tls.maxVersion";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
        return has_certificate
                   ? "the peer accepts none of the ciphers and groups that are offered, or not our certificate; see "
                     "tls.ciphers, tls.groups and tls.certificate"
                   : "the peer accepts none of the ciphers and groups that are offered, or wants a client "
                     "certificate; see tls.ciphers, tls.groups and tls.certificate";
    case SSL_R_TLSV1_UNRECOGNIZED_NAME: return "the peer does not know the host's name; see tls.serverName";
    default: return {};
    }
}

} // namespace loadsim::net
