// The credentials in TLS handshakes between two ends in memory.
#include "verification.hpp"

#include <loadsim/base/enum_names.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>

using namespace certificate_test;

namespace {

using context_handle = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using ssl_handle = std::unique_ptr<SSL, decltype(&SSL_free)>;

void present(SSL* ssl, const credentials& c) {
    if (!c.certificate) return;
    ASSERT_EQ(SSL_use_certificate(ssl, c.certificate.get()), 1);
    ASSERT_EQ(SSL_use_PrivateKey(ssl, c.key.get()), 1);
    for (const auto& ca : c.chain) ASSERT_EQ(SSL_add1_chain_cert(ssl, ca.get()), 1);
}

struct ends {
    context_handle client_context{SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
    context_handle server_context{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
    ssl_handle client{nullptr, &SSL_free};
    ssl_handle server{nullptr, &SSL_free};

    explicit ends(const certificate_handle& trusted) {
        for (auto* context : {client_context.get(), server_context.get()}) {
            X509_STORE_add_cert(SSL_CTX_get_cert_store(context), trusted.get());
            X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context),
                                       static_cast<std::time_t>(valid.from.time_since_epoch().count()));
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        }
        client.reset(SSL_new(client_context.get()));
        server.reset(SSL_new(server_context.get()));
        SSL_set_connect_state(client.get());
        SSL_set_accept_state(server.get());
        BIO* of_client = nullptr;
        BIO* of_server = nullptr;
        BIO_new_bio_pair(&of_client, 1 << 16, &of_server, 1 << 16);
        SSL_set_bio(client.get(), of_client, of_client);
        SSL_set_bio(server.get(), of_server, of_server);
    }

    /// Reason of the client's error, usually the server's alert; 0: both ends have finished.
    int connect() const {
        for (int round = 0; round < 10; ++round) {
            SSL_do_handshake(client.get());
            SSL_do_handshake(server.get());
        }
        ERR_clear_error();
        char byte = 0;
        const int read = SSL_read(client.get(), &byte, 1); // in TLS 1.3 the client has finished before it is refused
        if (SSL_get_error(client.get(), read) == SSL_ERROR_WANT_READ && SSL_is_init_finished(server.get()) == 1)
            return 0;
        const int reason = ERR_GET_REASON(ERR_peek_error());
        ERR_clear_error();
        return reason;
    }
};

} // namespace

TEST(handshake, is_completed_with_the_credentials_and_refused_with_faulty_ones) {
    using enum certificate_fault;
    const auto ca = root();
    const struct {
        certificate_fault fault;
        int alert;
    } rows[] = {
        {none, 0},
        {expired, SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED},
        {not_yet_valid, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE},
        {unknown_ca, SSL_R_TLSV1_ALERT_UNKNOWN_CA},
        {self_signed, SSL_R_TLSV1_ALERT_UNKNOWN_CA},
        {wrong_key, SSL_R_TLSV1_ALERT_DECRYPT_ERROR},
        {missing, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED},
        {weak_key, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE},
        {sha1_signature, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE},
        {missing_intermediate, SSL_R_TLSV1_ALERT_UNKNOWN_CA},
    };
    for (const auto type : {key_type::p256, key_type::ed25519}) {
        const auto maker = issuer_of(ca, type);
        for (const auto& row : rows) {
            SCOPED_TRACE(std::string(loadsim::enum_name(type)) + ' ' + std::string(loadsim::enum_name(row.fault)));
            const ends both(ca->certificate);
            SSL_set_security_level(both.client.get(), 0); // or the client refuses its own weak certificate
            SSL_set_security_level(both.server.get(), 2);
            present(both.client.get(), maker.issue(request(row.fault)).value());
            present(both.server.get(), maker.issue_server({.hosts = {"localhost"}}).value());
            SSL_set1_host(both.client.get(), "localhost");
            EXPECT_EQ(both.connect(), row.alert);
        }
    }
}
