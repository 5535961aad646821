#include "http_request.hpp"

#include <fmt/format.h>

namespace loadsim::drive {

std::string http_request(std::string_view method, const net::endpoint& api, std::string_view path) {
    const bool v6 = api.host.find(':') != std::string::npos;
    return fmt::format("{} {}{} HTTP/1.1\r\nHost: {}{}{}:{}\r\nContent-Length: 0\r\nAccept: application/json\r\n\r\n",
                       method, api.path, path, v6 ? "[" : "", api.host, v6 ? "]" : "", api.port);
}

} // namespace loadsim::drive
