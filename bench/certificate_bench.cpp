// CPU time of a vehicle's key and certificate, and of the TLS handshake that follows.
#include <loadsim/certificate/issuer.hpp>

#include <benchmark/benchmark.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace {

using namespace loadsim::certificate;

constexpr validity valid{std::chrono::sys_seconds{std::chrono::seconds{1'700'000'000}},
                         std::chrono::sys_seconds{std::chrono::seconds{2'700'000'000}}};

issuer issuer_of(key_type ca, key_type vehicle) {
    auto root = make_root({.key = ca, .valid = valid}).value();
    return issuer::create(std::make_shared<const authority>(std::move(root)), {.valid = valid, .key = vehicle}).value();
}

certificate_request request(std::size_t vehicle) {
    const auto vin = "LZ9SMEV05TF" + std::to_string(100'000 + vehicle % 100'000);
    return {.vin = vin, .subject = "CN=" + vin + ",O=test", .san = "URI:vin:" + vin};
}

void certificate_issue(benchmark::State& state, key_type ca, key_type vehicle) {
    const auto maker = issuer_of(ca, vehicle);
    std::size_t n = 0;
    for (auto _ : state) benchmark::DoNotOptimize(maker.issue(request(n++)));
}
BENCHMARK_CAPTURE(certificate_issue, p256, key_type::p256, key_type::p256);
BENCHMARK_CAPTURE(certificate_issue, p384, key_type::p256, key_type::p384);
BENCHMARK_CAPTURE(certificate_issue, ed25519, key_type::p256, key_type::ed25519);
BENCHMARK_CAPTURE(certificate_issue, rsa2048, key_type::p256, key_type::rsa2048);
BENCHMARK_CAPTURE(certificate_issue, p256_of_rsa2048, key_type::rsa2048, key_type::p256);

void certificate_derive_key(benchmark::State& state) {
    std::size_t n = 0;
    for (auto _ : state) benchmark::DoNotOptimize(derive_key(key_type::p256, 1, std::to_string(n++)));
}
BENCHMARK(certificate_derive_key);

void present(SSL* ssl, const credentials& c) {
    SSL_use_certificate(ssl, c.certificate.get());
    SSL_use_PrivateKey(ssl, c.key.get());
}

/// Time of giving one pair to an SSL object.
void certificate_present(benchmark::State& state) {
    const auto maker = issuer_of(key_type::p256, key_type::p256);
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    std::size_t n = 0;
    for (auto _ : state) {
        state.PauseTiming();
        const auto made = maker.issue(request(n++)).value();
        state.ResumeTiming();
        const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
        present(ssl.get(), made);
    }
}
BENCHMARK(certificate_present);

/// Client and server together: TLS 1.3 without resumption, both with P-256 certificates that are made before.
void tls_mutual_handshake(benchmark::State& state) {
    const auto maker = issuer_of(key_type::p256, key_type::p256);
    const auto server = maker.issue_server({.hosts = {"localhost"}}).value();
    const auto client = maker.issue(request(1)).value();
    using context_handle = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
    const context_handle client_context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    const context_handle server_context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    for (auto* context : {client_context.get(), server_context.get()}) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), maker.ca().certificate.get());
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    }
    SSL_CTX_use_certificate(server_context.get(), server.certificate.get());
    SSL_CTX_use_PrivateKey(server_context.get(), server.key.get());
    SSL_CTX_use_certificate(client_context.get(), client.certificate.get());
    SSL_CTX_use_PrivateKey(client_context.get(), client.key.get());
    for (auto _ : state) {
        const std::unique_ptr<SSL, decltype(&SSL_free)> c(SSL_new(client_context.get()), &SSL_free);
        const std::unique_ptr<SSL, decltype(&SSL_free)> s(SSL_new(server_context.get()), &SSL_free);
        SSL_set_connect_state(c.get());
        SSL_set_accept_state(s.get());
        BIO* of_client = nullptr;
        BIO* of_server = nullptr;
        BIO_new_bio_pair(&of_client, 1 << 15, &of_server, 1 << 15);
        SSL_set_bio(c.get(), of_client, of_client);
        SSL_set_bio(s.get(), of_server, of_server);
        while (SSL_is_init_finished(c.get()) == 0 || SSL_is_init_finished(s.get()) == 0) {
            SSL_do_handshake(c.get());
            SSL_do_handshake(s.get());
        }
    }
}
BENCHMARK(tls_mutual_handshake);

} // namespace
