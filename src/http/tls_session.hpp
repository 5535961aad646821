// TLS of a client without its socket: bytes in, bytes out.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/http/client.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;
struct bio_st;

namespace loadsim::http {

/// Who is trusted and who we are, for all sessions of a client.
class tls_context {
public:
    /// Errors: a file that cannot be read, or is not what it should be.
    static result<tls_context> make(const tls_options&);
    ssl_ctx_st* get() const { return context_.get(); }

private:
    struct gone {
        void operator()(ssl_ctx_st*) const;
    };
    explicit tls_context(ssl_ctx_st* c) : context_(c) {}
    std::unique_ptr<ssl_ctx_st, gone> context_;
};

/// One connection's TLS (1.2 and up), which verifies that the certificate's chain is trusted and that it is `host`'s.
/// With OpenSSL's memory BIOs: the socket stays its owner's, who waits and reads for it as it does without TLS.
class tls_session {
public:
    tls_session(const tls_context&, const std::string& host);

    enum class state : unsigned char { going_on, done, failed };
    /// Goes on with the handshake, as far as what has come allows.
    state shake();
    void take(std::string_view came);
    /// Hands over; only after the handshake.
    void write(std::string_view plain);
    /// What has come, decrypted: how many bytes. 0: no more for now, or the end, or trouble().
    std::size_t read(char* into, std::size_t room);
    bool ended() const { return ended_; } ///< the other side has said good-bye
    /// Moves what is to be sent behind `out`.
    void give(std::string& out);
    /// What went wrong, short; empty: nothing.
    const std::string& trouble() const { return trouble_; }

private:
    void note(int returned);

    struct gone {
        void operator()(ssl_st*) const;
    };
    std::unique_ptr<ssl_st, gone> ssl_;
    bio_st* in_;  ///< of ssl_
    bio_st* out_; ///< of ssl_
    std::string trouble_;
    bool ended_ = false;
};

} // namespace loadsim::http
