// OAuth2 client credentials (RFC 6749, 4.4): token request and response.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/driver/authenticator.hpp>
#include <loadsim/http/message.hpp>

#include <string>

namespace loadsim::driver {

struct token {
    std::string value;
    nanoseconds lifetime{};
};

/// Token request without a target; the caller sets it to the token URL's path.
http::request token_request(const auth_options::oauth2_options&);
/// Parses the token response. Lifetime without expires_in: one hour. Errors: one sentence, without secrets.
result<token> parse_token(const http::response&);
/// Delay until the renewal: the lifetime minus one minute, or minus a fifth of it if that is less.
nanoseconds renewal_delay(nanoseconds lifetime);

} // namespace loadsim::driver
