// Access to the platform's API: authentication of requests, and the check before the load.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/driver/options.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/http/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace loadsim::driver {

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

/// Access check before the load: sends GET {path}/requests/none to each base URL. Passes on any status but 401, 403 and 5xx.
/// Blocks for at most the options' timeout per URL. `auth` may be null: no credentials are sent.
/// Errors: one of those statuses, no response, a response that is not HTTP.
result<void> check_api(const http::client_options&, authenticator* auth);

} // namespace loadsim::driver
