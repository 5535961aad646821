// Finding out, before the load, whether the platform's API lets us in.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/drive/auth.hpp>
#include <loadsim/http/client.hpp>

namespace loadsim::drive {

/// Asks each of the base URLs once for a request that is not there (GET {path}/requests/none). Any answer will do, but for those
/// that say that no request will ever be taken: 401, 403 and 5xx. Blocks, for the options' time-out at most for each.
/// `way_in` may be null. Errors: such an answer, none, or one that is not HTTP.
result<void> probe_api(const http::client_options&, door* way_in);

} // namespace loadsim::drive
