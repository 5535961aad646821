#include <loadsim/net/tls_session.hpp>

#include <loadsim/net/tls.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <limits>

namespace loadsim::net {
namespace {

int as_int(std::size_t size) {
    return static_cast<int>(std::min(size, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

} // namespace

void tls_context::deleter::operator()(ssl_ctx_st* c) const { SSL_CTX_free(c); }
void tls_session::deleter::operator()(ssl_st* s) const { SSL_free(s); }

result<tls_context> tls_context::make(const tls_options& o) {
    tls_context made(SSL_CTX_new(TLS_client_method()));
    if (made.get() == nullptr) return problems{"", "TLS cannot be set up"};
    SSL_CTX_set_mode(made.get(), SSL_MODE_RELEASE_BUFFERS);
    if (const auto configured = configure_tls(made.get(), o); !configured) return configured.error();
    return made;
}

tls_session::tls_session(const tls_context& c, const std::string& host)
    : ssl_(SSL_new(c.get())), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_connect_state(ssl_.get());
    set_tls_host(ssl_.get(), host);
}

tls_session::state tls_session::handshake() {
    ERR_clear_error();
    const int returned = SSL_do_handshake(ssl_.get());
    if (returned == 1) return state::done;
    record_error(returned);
    return error_.text.empty() && !closed_ ? state::in_progress : state::failed;
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
    error_ = tls_error(ssl_.get(), ERR_get_error());
    ERR_clear_error();
}

} // namespace loadsim::net
