#include "fake_api.hpp"

namespace harness {

std::string http_response(std::string_view status, std::string_view body) {
    return "HTTP/1.1 " + std::string(status) +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

connection_handler fake_api_handler(std::function<reaction(std::size_t request)> on_post) {
    return
        [on_post = std::move(on_post), count = std::size_t{0}](std::size_t, std::string& unread) mutable -> reaction {
            const auto end = unread.find("\r\n\r\n");
            if (end == std::string::npos) return {};
            const bool is_probe = unread.starts_with("GET");
            unread.erase(0, end + 4); // neither has a body
            return is_probe ? reaction{http_response("404 Not Found")} : on_post(count++);
        };
}

} // namespace harness
