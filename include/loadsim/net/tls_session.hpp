// Client side of a TLS connection, without I/O: bytes in, bytes out.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/net/tls.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;
struct bio_st;

namespace loadsim::net {

/// Trusted CAs and client certificate, shared by all sessions of a client.
class tls_context {
public:
    /// Errors: a file that cannot be read or has the wrong content.
    static result<tls_context> make(const tls_options&);
    ssl_ctx_st* get() const { return context_.get(); }

private:
    struct deleter {
        void operator()(ssl_ctx_st*) const;
    };
    explicit tls_context(ssl_ctx_st* c) : context_(c) {}
    std::unique_ptr<ssl_ctx_st, deleter> context_;
};

/// TLS 1.2 or later of one connection. Verifies the certificate chain and the host name.
/// Uses OpenSSL's memory BIOs: the owner keeps the socket and does the I/O, as without TLS.
class tls_session {
public:
    tls_session(const tls_context&, const std::string& host);

    enum class state : unsigned char { in_progress, done, failed };
    /// Continues the handshake with the data received so far.
    state handshake();
    void put_received(std::string_view received);
    /// Encrypts data to be sent; only after the handshake.
    void write(std::string_view plain);
    /// Decrypts received data; returns the number of bytes. 0: none for now, end of the connection, or error().
    std::size_t read(char* into, std::size_t room);
    bool closed() const { return closed_; } ///< the peer has sent close_notify
    /// Appends pending output to `out`.
    void take_output(std::string& out);
    const tls_failure& error() const { return error_; } ///< without a text: none

private:
    void record_error(int returned);

    struct deleter {
        void operator()(ssl_st*) const;
    };
    std::unique_ptr<ssl_st, deleter> ssl_;
    bio_st* in_;  ///< of ssl_
    bio_st* out_; ///< of ssl_
    tls_failure error_;
    bool closed_ = false;
};

} // namespace loadsim::net
