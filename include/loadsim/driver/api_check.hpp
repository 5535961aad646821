// Access check of the platform's API, before the load.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/driver/authenticator.hpp>
#include <loadsim/http/client.hpp>

namespace loadsim::driver {

/// Sends GET {path}/requests/none to each base URL. Passes on any status but 401, 403 and 5xx.
/// Blocks for at most the options' timeout per URL. `auth` may be null: no credentials are sent.
/// Errors: one of those statuses, no response, a response that is not HTTP.
result<void> check_api(const http::client_options&, authenticator* auth);

} // namespace loadsim::driver
