// Finding out, before the load, whether the platform's API lets us in.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/net/options.hpp>

#include <boost/asio/ip/tcp.hpp>

namespace loadsim::drive {

/// Asks once for a request that is not there (GET {path}/requests/none). Any answer will do, but for those that say that no
/// request will ever be taken: 401, 403 and 5xx. Blocks, `within` at most.
/// Errors: such an answer, none, or one that is not HTTP.
result<void> probe_api(const net::endpoint& api, const boost::asio::ip::tcp::endpoint& address, nanoseconds within);

} // namespace loadsim::drive
