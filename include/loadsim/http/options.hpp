// Options of the HTTP client.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/net/server_list.hpp>
#include <loadsim/net/tls_options.hpp>
#include <loadsim/net/url.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::http {

struct client_options {
    std::vector<net::endpoint>
        base_urls{}; ///< http or https; all addresses of all are used round robin; an unreachable one is skipped
    /// Addresses of these URLs (or of the proxy's), shared by several clients; a list of other URLs is not used, and the client
    /// looks up its own.
    net::server_list servers{};
    net::tls_options tls{};                         ///< for https
    std::optional<net::endpoint> proxy{};           ///< HTTP proxy: absolute-form requests; CONNECT for https
    std::uint32_t max_connections = 64;             ///< maximum, at least 1
    nanoseconds timeout = std::chrono::seconds{10}; ///< for connect, request and response together, per try
    std::uint32_t retries = 0; ///< after a timeout the connection is closed and the request is sent again
    bool keep_headers = false; ///< of responses; costs one allocation per header
    http::limits limits{};     ///< of responses
};

} // namespace loadsim::http
