// The bytes of a request to the platform's API.
#pragma once

#include <loadsim/net/options.hpp>

#include <string>
#include <string_view>

namespace loadsim::drive {

/// A whole HTTP/1.1 request without a body, for a kept-alive connection. `path` goes behind the API's own.
std::string http_request(std::string_view method, const net::endpoint& api, std::string_view path);

} // namespace loadsim::drive
