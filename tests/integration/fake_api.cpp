#include "fake_api.hpp"

namespace stage {

std::string response(std::string_view status, std::string_view body) {
    return "HTTP/1.1 " + std::string(status) +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

manners api_that(std::function<reaction(std::size_t request)> does) {
    return [does = std::move(does), count = std::size_t{0}](std::size_t, std::string& unread) mutable -> reaction {
        const auto end = unread.find("\r\n\r\n");
        if (end == std::string::npos) return {};
        const bool probes = unread.starts_with("GET");
        unread.erase(0, end + 4); // neither has a body
        return probes ? reaction{response("404 Not Found")} : does(count++);
    };
}

} // namespace stage
