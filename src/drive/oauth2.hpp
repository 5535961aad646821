// OAuth2 client credentials (RFC 6749, 4.4): how a token is asked for, and what the answer says.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/drive/auth.hpp>
#include <loadsim/http/message.hpp>

#include <string>

namespace loadsim::drive {

struct token {
    std::string value;
    nanoseconds lasts{};
};

/// For the base URL of the token's server; the target is filled in by who knows the URL's path.
http::request token_request(const auth_options::oauth2_options&);
/// One that does not say how long it lasts is taken for an hour's. Errors: one sentence, which never holds what is secret.
result<token> read_token(const http::response&);
/// When the next one is to be asked for: a minute before the end, or a fifth of its time if that is less.
nanoseconds renew_after(nanoseconds lasts);

} // namespace loadsim::drive
