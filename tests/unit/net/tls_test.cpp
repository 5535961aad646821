// Sentences about TLS errors.
#include <loadsim/net/tls.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

using namespace loadsim::net;

namespace {

refused_certificate refused(int error) {
    return {.error = error,
            .subject = "cars",
            .issuer = "Test CA",
            .names = {"api.example", "192.0.2.1"},
            .valid_from = std::chrono::system_clock::from_time_t(1'795'170'000),
            .valid_until = std::chrono::system_clock::from_time_t(1'795'170'060),
            .host = "localhost"};
}

} // namespace

TEST(tls_error, says_what_is_wrong_with_a_certificate) {
    const std::pair<int, const char*> rows[] = {
        {X509_V_ERR_CERT_HAS_EXPIRED, "it has expired, on 2026-11-20T10:21:00Z; have it renewed"},
        {X509_V_ERR_CERT_NOT_YET_VALID, "it is not valid before 2026-11-20T10:20:00Z; check the clocks"},
        {X509_V_ERR_HOSTNAME_MISMATCH,
         "it is for api.example, 192.0.2.1, not for localhost; use a host of the certificate in the URL"},
        {X509_V_ERR_IP_ADDRESS_MISMATCH,
         "it is for api.example, 192.0.2.1, not for localhost; use a host of the certificate in the URL"},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "it is signed by itself; give it as a trusted CA (tls.ca)"},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
         "its CA 'Test CA' is not trusted; give that CA's certificate (tls.ca)"},
        {X509_V_ERR_CERT_REVOKED, "certificate revoked; have the API's certificate renewed"},
    };
    for (const auto& [error, sentence] : rows) EXPECT_EQ(to_string(refused(error)), sentence);
    auto of_ca = refused(X509_V_ERR_CERT_HAS_EXPIRED);
    of_ca.is_ca = true;
    EXPECT_EQ(to_string(of_ca), "that of the CA 'cars' has expired, on 2026-11-20T10:21:00Z; have it renewed");
    auto of_many = refused(X509_V_ERR_HOSTNAME_MISMATCH);
    of_many.names.assign(100, "a.example");
    EXPECT_LT(to_string(of_many).size(), 200U);
}

TEST(tls_error, tells_a_refused_client_certificate_from_a_missing_one) {
    EXPECT_EQ(client_certificate_error(SSL_R_TLSV1_ALERT_UNKNOWN_CA, true),
              "the peer refuses our certificate: unknown CA; see tls.certificate");
    EXPECT_EQ(client_certificate_error(SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, true),
              "the peer refuses our certificate: expired; see tls.certificate");
    EXPECT_EQ(client_certificate_error(SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, false),
              "the peer wants a client certificate; give one (tls.certificate)");
    EXPECT_EQ(client_certificate_error(SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, true,
                                       std::chrono::system_clock::from_time_t(1'795'170'060)),
              "the peer refuses our certificate: expired, on 2026-11-20T10:21:00Z; see tls.certificate");
    EXPECT_EQ(client_certificate_error(SSL_R_TLSV1_ALERT_DECRYPT_ERROR, true),
              "the peer refuses our certificate: the key does not belong to it; see tls.certificate");
    EXPECT_EQ(client_certificate_error(SSL_R_TLSV1_ALERT_DECRYPT_ERROR, false), "");
    EXPECT_EQ(client_certificate_error(SSL_R_WRONG_VERSION_NUMBER, true), "");
}

TEST(tls_error, names_the_settings_of_ends_that_have_nothing_in_common) {
    const struct {
        int reason;
        bool has_certificate;
        const char* sentence;
    } rows[] = {
        {SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, false,
         "the peer accepts none of the protocols that are offered; see tls.alpn"},
        {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, false,
         "the peer has none of the versions of TLS that are allowed; see tls.minVersion and tls.maxVersion"},
        {SSL_R_UNSUPPORTED_PROTOCOL, true,
         "the peer has none of the versions of TLS that are allowed; see tls.minVersion and tls.maxVersion"},
        {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, true,
         "the peer accepts none of the ciphers and groups that are offered, or not our certificate; see tls.ciphers, "
         "tls.groups and tls.certificate"},
        {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, false,
         "the peer accepts none of the ciphers and groups that are offered, or wants a client certificate; see "
         "tls.ciphers, tls.groups and tls.certificate"},
        {SSL_R_TLSV1_UNRECOGNIZED_NAME, false, "the peer does not know the host's name; see tls.serverName"},
        {SSL_R_TLSV1_ALERT_UNKNOWN_CA, true, ""},
    };
    for (const auto& r : rows) EXPECT_EQ(offer_error(r.reason, r.has_certificate), r.sentence);
}

TEST(configure_tls, names_the_file_and_what_is_wrong_with_it) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    const auto error_of = [&](const tls_options& files) {
        return to_string(configure_tls(context.get(), files).error());
    };
    EXPECT_EQ(error_of({.ca = "/nowhere.pem"}), "/nowhere.pem: cannot be read (No such file or directory)");
    EXPECT_EQ(error_of({.certificate = "/nowhere.crt"}), "/nowhere.crt: cannot be read (No such file or directory)");
    EXPECT_EQ(error_of({.ca = "/dev/zero"}), "/dev/zero: cannot be read (it is larger than 16777216 bytes)");
    EXPECT_TRUE(
        error_of({.ca = "/dev/null"}).starts_with("/dev/null: holds no CA certificates in PEM that can be read ("));
    EXPECT_TRUE(configure_tls(context.get(), {}));
}
