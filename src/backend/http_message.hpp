// An HTTP request and its response as the API sees them: no bytes, no socket.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::backend {

struct http_request {
    std::string_view method; ///< "GET", also for HEAD: the conversation leaves the body out
    std::string_view target; ///< as it came: percent-encoded, perhaps with a query
    std::string_view body;
};

struct http_response {
    unsigned status = 200;
    std::string body;
    std::string_view content_type = "application/json";
    std::vector<std::pair<std::string_view, std::string>> headers; ///< beyond those of every response
};

using http_handler = std::function<http_response(const http_request&)>;

/// RFC 9110's phrase for the statuses that we send.
std::string_view reason_phrase(unsigned status);

/// RFC 9457. `active`: the id of the request that is in the way; left out when empty.
http_response problem_response(unsigned status, std::string_view detail, std::string_view active = {});

} // namespace loadsim::backend
