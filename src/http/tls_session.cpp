#include "tls_session.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <limits>

namespace loadsim::http {
namespace {

/// Text of OpenSSL's last error.
std::string last_error() {
    const auto code = ERR_get_error();
    ERR_clear_error();
    const char* why = code == 0 ? nullptr : ERR_reason_error_string(code);
    return why == nullptr ? "no reason given" : why;
}

int as_int(std::size_t size) {
    return static_cast<int>(std::min(size, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

} // namespace

void tls_context::deleter::operator()(ssl_ctx_st* c) const { SSL_CTX_free(c); }
void tls_session::deleter::operator()(ssl_st* s) const { SSL_free(s); }

result<tls_context> tls_context::make(const tls_options& o) {
    ERR_clear_error();
    tls_context made(SSL_CTX_new(TLS_client_method()));
    auto* const c = made.get();
    if (c == nullptr) return problems{"", "TLS cannot be set up: " + last_error()};
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr);
    problems wrong;
    if (o.ca.empty())
        SSL_CTX_set_default_verify_paths(c);
    else if (SSL_CTX_load_verify_locations(c, o.ca.c_str(), nullptr) != 1)
        wrong.add(o.ca, fmt::format("holds no CA certificates in PEM that can be read ({})", last_error()));
    if (!o.certificate.empty()) {
        const auto& key = o.key.empty() ? o.certificate : o.key;
        if (SSL_CTX_use_certificate_chain_file(c, o.certificate.c_str()) != 1)
            wrong.add(o.certificate, fmt::format("holds no certificate in PEM that can be read ({})", last_error()));
        else if (SSL_CTX_use_PrivateKey_file(c, key.c_str(), SSL_FILETYPE_PEM) != 1)
            wrong.add(key, fmt::format("holds no private key in PEM that fits the certificate ({})", last_error()));
    }
    if (!wrong.empty()) return wrong;
    return made;
}

tls_session::tls_session(const tls_context& c, const std::string& host)
    : ssl_(SSL_new(c.get())), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_connect_state(ssl_.get());
    boost::system::error_code no_address;
    boost::asio::ip::make_address(host, no_address);
    if (no_address) {
        SSL_set_tlsext_host_name(ssl_.get(), const_cast<char*>(host.c_str())); // NOLINT: C-style cast inside the macro
        SSL_set1_host(ssl_.get(), host.c_str());
    } else {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str()); // RFC 6066, 3: no IP addresses in SNI
    }
}

tls_session::state tls_session::handshake() {
    ERR_clear_error();
    const int returned = SSL_do_handshake(ssl_.get());
    if (returned == 1) return state::done;
    record_error(returned);
    return error_.empty() && !closed_ ? state::in_progress : state::failed;
}

void tls_session::put_received(std::string_view received) { BIO_write(in_, received.data(), as_int(received.size())); }

void tls_session::write(std::string_view plain) {
    ERR_clear_error();
    // A memory BIO accepts all data, so the result is complete or an error.
    if (const int returned = SSL_write(ssl_.get(), plain.data(), as_int(plain.size())); returned <= 0)
        record_error(returned);
}

std::size_t tls_session::read(char* into, std::size_t room) {
    ERR_clear_error();
    const int returned = SSL_read(ssl_.get(), into, as_int(room));
    if (returned > 0) return static_cast<std::size_t>(returned);
    record_error(returned);
    return 0;
}

void tls_session::take_output(std::string& out) {
    const auto size = BIO_ctrl_pending(out_);
    if (size == 0) return;
    const auto at = out.size();
    out.resize(at + size);
    BIO_read(out_, out.data() + at, as_int(size));
}

void tls_session::record_error(int returned) {
    const int ssl_error = SSL_get_error(ssl_.get(), returned);
    if (ssl_error == SSL_ERROR_WANT_READ || ssl_error == SSL_ERROR_WANT_WRITE) return;
    if (ssl_error == SSL_ERROR_ZERO_RETURN) {
        closed_ = true;
        return;
    }
    const auto verified = SSL_get_verify_result(ssl_.get());
    if (verified != X509_V_OK) {
        ERR_clear_error();
        error_ = fmt::format("tls: the certificate is refused: {}", X509_verify_cert_error_string(verified));
    } else {
        error_ = "tls: " + last_error();
    }
}

} // namespace loadsim::http
