// TLS server of OpenSSL in memory, with certificates made for the test program.
#pragma once

#include <loadsim/certificate/issuer.hpp>
#include <loadsim/net/tls_session.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace loadsim::tests {

/// Threads: one.
class tls_server {
public:
    struct settings {
        std::string host = "localhost"; ///< of its certificate
        bool mutual = false;            ///< wants a client certificate
        bool trust_clients = true;      ///< trusts the CA of client_credentials()
        std::string alpn{};             ///< the only protocol; empty: any
    };
    explicit tls_server(settings);
    ~tls_server();

    void receive(const mqtt::bytes& records);
    bool has_output() const;
    mqtt::bytes take_output();
    void send(std::string_view plain);
    /// A record of no bytes, which OpenSSL does not send: TLS 1.3 with TLS_AES_128_GCM_SHA256, the `sequence`-th of the server's since
    /// the handshake. The server may send nothing after it.
    mqtt::bytes empty_record(std::uint8_t sequence) const;
    void close();
    void update_keys();
    void renegotiate();

    const std::string& plain() const { return plain_; }
    bool closed() const;
    bool renegotiated() const;
    std::string peer_name() const;      ///< common name of the client's certificate
    std::string requested_name() const; ///< SNI
    const std::string& alert() const { return alert_; }

    static const std::string& ca_file();
    static const std::string& other_ca_file();
    static certificate::credentials
    client_credentials(const std::string& name, certificate::certificate_fault = certificate::certificate_fault::none);

private:
    struct deleter {
        void operator()(ssl_st*) const;
    };
    settings settings_;
    std::unique_ptr<ssl_st, deleter> ssl_;
    std::string plain_, alert_;
    std::string secret_; ///< of its records since the handshake, in hex
};

} // namespace loadsim::tests
