// Client side of a TLS connection, without I/O: records and plain bytes in, plain bytes and records out.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/certificate/certificate.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/net/byte_tap.hpp>
#include <loadsim/net/tls.hpp>

#include <memory>
#include <string>
#include <system_error>

struct ssl_st;

namespace loadsim::net {

/// Trusted CAs, protocol versions and the client certificate of all sessions that have none of their own.
/// Threads: one, which also uses all its sessions.
class tls_context {
public:
    /// Errors: a file that cannot be read or has the wrong content.
    static result<tls_context> make(const tls_options&);
    ~tls_context();
    tls_context(tls_context&&) noexcept;
    tls_context& operator=(tls_context&&) noexcept;

    /// Gives the secrets of all later sessions to byte_tap::on_tls_secret(). The tap must outlive them.
    void log_keys(byte_tap&);

private:
    friend class tls_session;
    struct implementation;
    explicit tls_context(std::unique_ptr<implementation>);
    std::unique_ptr<implementation> impl_;
};

/// Session with a server, and what may be sent to it to shorten the next handshake.
using tls_ticket = mqtt::bytes;

/// TLS of one connection. The owner keeps the socket: it gives what was received to receive() and sends what the calls append to `out`.
///
/// Shape:  17 kB while idle, half of it OpenSSL's own structures: record buffers, our certificate and key and the content of the
///         peer's certificate are released after the handshake.
/// Errors: a session ends once; error() is why. The records in `out` (an alert) are to be sent all the same.
class tls_session {
public:
    /// `host`: name or address of the URL, for SNI and the verification of the certificate, unless the options name another.
    /// `context` must outlive the session. `own`: replaces the context's certificate. `ticket`: of an earlier session; empty: none.
    tls_session(tls_context& context, const std::string& host, const certificate::credentials* own = nullptr,
                const tls_ticket& ticket = {});
    ~tls_session();

    /// Begins the handshake.
    void start(mqtt::bytes& out);
    /// Continues the handshake, or appends decrypted bytes to `plain`.
    void receive(mqtt::byte_view records, mqtt::bytes& plain, mqtt::bytes& out);
    /// Only while established().
    void send(mqtt::byte_view plain, mqtt::bytes& out);
    /// Announces the end of the connection (close_notify), if there is one.
    void close(mqtt::bytes& out);

    bool established() const noexcept { return established_; } ///< the handshake is complete; also true after the end
    bool closed() const noexcept { return closed_; }           ///< the peer has announced the end of the connection
    bool resumed() const noexcept { return resumed_; }         ///< by the ticket
    /// Of tls_category().
    std::error_code error() const noexcept { return error_; }
    /// Sentence about error(), with the names and times of a certificate.
    tls_failure describe_error() const;
    /// The last ticket of the server; empty: none since the last call. Only with tls_options::resumption.
    tls_ticket take_ticket() { return std::exchange(ticket_, {}); }

private:
    friend class tls_context;
    void use(mqtt::byte_view records, mqtt::bytes& out);
    void handshake();
    void read(mqtt::bytes& plain);
    void on_established();
    void record_error(int returned);

    tls_context::implementation& context_;
    struct deleter {
        void operator()(ssl_st*) const;
    };
    std::unique_ptr<ssl_st, deleter> ssl_;
    std::error_code error_;
    unsigned long openssl_error_ = 0;
    tls_ticket ticket_;
    bool established_ = false, closed_ = false, resumed_ = false, has_certificate_ = false;
};

/// Errors of TLS. Values: 1000 + number of an alert that the peer has sent; 2000 + X509_V_ERR_... of the peer's certificate that is
/// refused; else OpenSSL's reason.
const std::error_category& tls_category() noexcept;
/// The peer has ended the session with an alert, and not this end.
bool is_alert(std::error_code) noexcept;
/// It is an alert about what all sessions of a context offer alike: versions, protocols, the server's name.
bool is_alert_about_offer(std::error_code) noexcept;

} // namespace loadsim::net
