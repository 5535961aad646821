// The API's own door: what proves, with each request, that we may ask.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/http/message.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace loadsim::drive {

/// At most one of its kinds. All texts are secrets' values, not their places: never printed.
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
    /// Client credentials (RFC 6749, 4.4); renewed before it expires.
    struct oauth2_options {
        std::string token_url{}; ///< http or https; asked with the target's tls and proxy
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

    kind is = kind::none;
    std::string bearer{};
    basic_options basic{};
    api_key_options api_key{};
    oauth2_options oauth2{};
    sigv4_options sigv4{};
    friend bool operator==(const auth_options&, const auth_options&) = default;
};

/// What is wrong with them, before the start; places are keys below target.auth ("oauth2.tokenUrl").
problems check(const auth_options&);

/// Adds to a request what lets it in.
/// Threads: sign() from any number of them, also at once; OAuth2 fetches its next token on a thread of its own.
class door {
public:
    /// `api`: where the requests go, and how an OAuth2 token is asked for. Blocks for the first token.
    /// Null for kind::none: nobody asks.
    /// Errors: those of check(); a token that is not given; sigv4 with several base URLs, for it signs for one host.
    static result<std::shared_ptr<door>> open(const auth_options&, const http::client_options& api);
    virtual ~door() = default;

    /// `wall_seconds`: since 1970, as the machine's clock shows it. A header that the request has of itself is left alone.
    virtual void sign(http::request&, std::int64_t wall_seconds) = 0;
    /// Tokens that could not be renewed; requests go on with the one before.
    virtual std::uint64_t not_renewed() const { return 0; }
};

/// Signs with what the machine's clock shows; empty without a door.
std::function<void(http::request&)> signs_now(std::shared_ptr<door>);

} // namespace loadsim::drive
