// Authentication of requests to the platform's API.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/http/message.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace loadsim::driver {

/// Credentials of one type. The texts are the secrets themselves, not references to them: never print them.
struct auth_options {
    enum class kind : std::uint8_t { none, bearer, basic, api_key, oauth2, sigv4 };
    struct basic_options {
        std::string user{}, password{};
        friend bool operator==(const basic_options&, const basic_options&) = default;
    };
    struct api_key_options {
        std::string header = "X-Api-Key", value{};
        friend bool operator==(const api_key_options&, const api_key_options&) = default;
    };
    /// Client credentials grant (RFC 6749, 4.4). The token is renewed before it expires.
    struct oauth2_options {
        std::string token_url{}; ///< http or https; uses the target's tls and proxy
        std::string client_id{}, client_secret{};
        std::string scope{}; ///< may be empty
        friend bool operator==(const oauth2_options&, const oauth2_options&) = default;
    };
    /// AWS Signature Version 4.
    struct sigv4_options {
        std::string region{}, service = "execute-api";
        std::string access_key{}, secret_key{};
        std::string session_token{}; ///< may be empty
        friend bool operator==(const sigv4_options&, const sigv4_options&) = default;
    };

    kind type = kind::none;
    std::string bearer{};
    basic_options basic{};
    api_key_options api_key{};
    oauth2_options oauth2{};
    sigv4_options sigv4{};
    friend bool operator==(const auth_options&, const auth_options&) = default;
};

/// Validates the options. Paths of the problems are relative to target.auth ("oauth2.tokenUrl").
problems check(const auth_options&);

/// Adds credentials to requests.
/// Threads: sign() may be called from several threads at once. OAuth2 renews its token on its own thread.
class authenticator {
public:
    /// `api`: destination of the requests; its tls, proxy and timeout also apply to the token request. Blocks until the
    /// first OAuth2 token arrives. Returns null for kind::none.
    /// Errors: those of check(); no token is granted; sigv4 with several base URLs, since a signature covers one host.
    static result<std::shared_ptr<authenticator>> open(const auth_options&, const http::client_options& api);
    virtual ~authenticator() = default;

    /// `wall_seconds`: system clock, seconds since 1970. Keeps a header that the request already has.
    virtual void sign(http::request&, std::int64_t wall_seconds) = 0;
    /// Number of failed token renewals. Requests continue with the previous token.
    virtual std::uint64_t failed_renewals() const { return 0; }
};

/// Function that signs a request at the current system time. Empty without an authenticator.
std::function<void(http::request&)> signer(std::shared_ptr<authenticator>);

} // namespace loadsim::driver
