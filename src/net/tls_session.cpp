#include <loadsim/net/tls_session.hpp>

#include <loadsim/net/tls.hpp>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace loadsim::net {
namespace {

constexpr std::size_t largest_record = 16 * 1024;
constexpr int alert_values = SSL_AD_REASON_OFFSET;
constexpr int certificate_values = 2000;

class tls_errors final : public std::error_category {
public:
    const char* name() const noexcept override { return "tls"; }
    std::string message(int value) const override {
        if (value >= certificate_values)
            return fmt::format("TLS: the peer's certificate is refused: {}",
                               X509_verify_cert_error_string(value - certificate_values));
        if (value == SSL_R_WRONG_VERSION_NUMBER) return "TLS: the peer does not use TLS on this port";
        const char* const reason = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, static_cast<unsigned long>(value)));
        if (reason == nullptr) return "TLS: failed";
        constexpr std::string_view alert = " alert "; // "tlsv1 alert unknown ca"
        const std::string_view text = reason;
        if (value < alert_values || text.find(alert) == std::string_view::npos) return fmt::format("TLS: {}", text);
        return fmt::format("TLS alert from the peer: {}", text.substr(text.find(alert) + alert.size()));
    }
};

/// Source and destination of the BIO of all sessions of a context, during a call.
struct record_buffers {
    mqtt::byte_view in;
    mqtt::bytes* out = nullptr;
};

record_buffers& buffers_of(BIO* bio) { return *static_cast<record_buffers*>(BIO_get_data(bio)); }

int read_records(BIO* bio, char* into, std::size_t room, std::size_t* size) {
    auto& in = buffers_of(bio).in;
    BIO_clear_retry_flags(bio);
    *size = std::min(room, in.size());
    if (*size == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    std::memcpy(into, in.data(), *size);
    in = in.subspan(*size);
    return 1;
}

int write_records(BIO* bio, const char* from, std::size_t size, std::size_t* written) {
    auto& out = *buffers_of(bio).out;
    out.insert(out.end(), from, from + size);
    *written = size;
    return 1;
}

long control_records(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* record_method() {
    static const auto method = [] {
        auto* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "TLS records");
        BIO_meth_set_read_ex(made, &read_records);
        BIO_meth_set_write_ex(made, &write_records);
        BIO_meth_set_ctrl(made, &control_records);
        return made;
    }();
    return method;
}

int session_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int tap_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

/// Empties the certificates that OpenSSL keeps of a peer: 7 kB of a session.
void release_peer_certificates(SSL* ssl) {
    // Any small key will do. X509_set_pubkey encodes a key that no provider of OpenSSL holds by itself: else it would search all
    // decoders, which is a seventh of a handshake.
    static const auto [empty, key] = [] {
        constexpr std::array<unsigned char, 8> rsa_3_3{0x30, 6, 2, 1, 3, 2, 1, 3};
        const auto* from = rsa_3_3.data();
        return std::pair{X509_new(), d2i_PublicKey(EVP_PKEY_RSA, nullptr, &from, rsa_3_3.size())};
    }();
    for (auto* const chain : {SSL_get_peer_cert_chain(ssl), SSL_get0_verified_chain(ssl)})
        while (sk_X509_num(chain) > 0) X509_free(sk_X509_pop(chain));
    auto* const peer = SSL_get0_peer_certificate(ssl);
    if (peer == nullptr) return;
    X509_set_pubkey(peer, key);
    while (X509_get_ext_count(peer) > 0) X509_EXTENSION_free(X509_delete_ext(peer, 0));
    X509_set_subject_name(peer, X509_get_subject_name(empty));
    X509_set_issuer_name(peer, X509_get_subject_name(empty));
}

} // namespace

struct tls_context::implementation {
    struct context_deleter {
        void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
    };
    struct bio_deleter {
        void operator()(BIO* b) const { BIO_free(b); }
    };
    std::unique_ptr<SSL_CTX, context_deleter> context{SSL_CTX_new(TLS_client_method())};
    record_buffers buffers;
    /// One for all sessions: a thread works on one session at a time, and memory BIOs of each would keep a kilobyte.
    std::unique_ptr<BIO, bio_deleter> records{BIO_new(record_method())};
    mqtt::bytes plain; ///< of one record
    tls_options options;
};

tls_context::tls_context(std::unique_ptr<implementation> i) : impl_(std::move(i)) {}
tls_context::tls_context(tls_context&&) noexcept = default;
tls_context& tls_context::operator=(tls_context&&) noexcept = default;
tls_context::~tls_context() = default;

result<tls_context> tls_context::make(const tls_options& o) {
    auto made = std::make_unique<implementation>();
    auto* const context = made->context.get();
    if (context == nullptr || made->records == nullptr) return problems{"", "TLS cannot be set up"};
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    if (const auto configured = configure_tls(context, o); !configured) return configured.error();
    if (o.resumption != tls_resumption::none)
        SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* session) {
            auto& ticket = static_cast<tls_session*>(SSL_get_ex_data(ssl, session_index()))->ticket_;
            ticket.resize(static_cast<std::size_t>(std::max(0, i2d_SSL_SESSION(session, nullptr))));
            auto* into = ticket.data();
            if (!ticket.empty()) i2d_SSL_SESSION(session, &into);
            return 0; // OpenSSL keeps the ownership
        });
    BIO_set_data(made->records.get(), &made->buffers);
    BIO_set_init(made->records.get(), 1);
    made->plain.resize(largest_record);
    made->options = o;
    return tls_context(std::move(made));
}

void tls_context::log_keys(byte_tap& tap) {
    auto* const context = impl_->context.get();
    SSL_CTX_set_ex_data(context, tap_index(), &tap);
    SSL_CTX_set_keylog_callback(context, [](const SSL* ssl, const char* line) {
        static_cast<byte_tap*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), tap_index()))->on_tls_secret(line);
    });
}

void tls_session::deleter::operator()(ssl_st* s) const { SSL_free(s); }

tls_session::tls_session(tls_context& c, const std::string& host, const certificate::credentials* own,
                         const tls_ticket& ticket)
    : context_(*c.impl_), ssl_(SSL_new(context_.context.get())) {
    auto* const ssl = ssl_.get();
    if (ssl == nullptr) throw std::bad_alloc();
    SSL_set_ex_data(ssl, session_index(), this);
    BIO_up_ref(context_.records.get());
    SSL_set_bio(ssl, context_.records.get(), context_.records.get());
    SSL_set_connect_state(ssl);
    set_tls_host(ssl, host, context_.options);
    if (own != nullptr) present(ssl, *own);
    has_certificate_ = SSL_get_certificate(ssl) != nullptr; // which is released after the handshake
    if (!ticket.empty()) {
        const auto* from = ticket.data();
        auto* const session = d2i_SSL_SESSION(nullptr, &from, static_cast<long>(ticket.size()));
        SSL_set_session(ssl, session);
        SSL_SESSION_free(session);
    }
}

tls_session::~tls_session() = default;

void tls_session::use(mqtt::byte_view records, mqtt::bytes& out) {
    context_.buffers = {.in = records, .out = &out};
    ERR_clear_error();
}

void tls_session::start(mqtt::bytes& out) {
    use({}, out);
    handshake();
}

void tls_session::receive(mqtt::byte_view records, mqtt::bytes& plain, mqtt::bytes& out) {
    use(records, out);
    if (!established_ && !error_) handshake();
    if (established_ && !error_) read(plain);
}

void tls_session::handshake() {
    if (const int returned = SSL_do_handshake(ssl_.get()); returned != 1) return record_error(returned);
    established_ = true;
    resumed_ = SSL_session_reused(ssl_.get()) == 1;
    SSL_certs_clear(ssl_.get());
    release_peer_certificates(ssl_.get());
}

void tls_session::read(mqtt::bytes& plain) {
    auto& buffer = context_.plain;
    for (;;) {
        std::size_t size = 0;
        const int returned = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
        if (returned != 1) {
            record_error(returned);
            break;
        }
        plain.insert(plain.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
    }
    SSL_free_buffers(ssl_.get()); // no effect while they hold a part of a record
}

void tls_session::send(mqtt::byte_view plain, mqtt::bytes& out) {
    use({}, out);
    // The BIO accepts all bytes, so the result is complete or an error.
    std::size_t written = 0;
    if (const int returned = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written); returned != 1)
        record_error(returned);
}

void tls_session::close(mqtt::bytes& out) {
    if (!established_ || error_) return;
    use({}, out);
    SSL_shutdown(ssl_.get());
}

void tls_session::record_error(int returned) {
    const int kind = SSL_get_error(ssl_.get(), returned);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return;
    if (kind == SSL_ERROR_ZERO_RETURN) {
        closed_ = true;
        return;
    }
    openssl_error_ = ERR_peek_error();
    const auto refused = SSL_get_verify_result(ssl_.get());
    const int reason = ERR_GET_REASON(openssl_error_);
    const bool refuses_peer = reason == SSL_R_CERTIFICATE_VERIFY_FAILED && refused != X509_V_OK;
    error_ = {refuses_peer ? certificate_values + static_cast<int>(refused) : std::max(reason, 1), tls_category()};
    ERR_clear_error();
}

tls_failure tls_session::describe_error() const {
    return error_ ? tls_error(ssl_.get(), openssl_error_, has_certificate_) : tls_failure{};
}

const std::error_category& tls_category() noexcept {
    static const tls_errors instance;
    return instance;
}

bool is_alert(std::error_code error) noexcept {
    return error.category() == tls_category() && error.value() >= alert_values && error.value() < certificate_values;
}

bool is_alert_about_offer(std::error_code error) noexcept {
    constexpr std::array alerts{SSL_AD_PROTOCOL_VERSION, SSL_AD_UNRECOGNIZED_NAME, SSL_AD_NO_APPLICATION_PROTOCOL};
    return is_alert(error) && std::ranges::find(alerts, error.value() - alert_values) != alerts.end();
}

} // namespace loadsim::net
