// Serializer of HTTP/1.1 requests.
#pragma once

#include <loadsim/http/client.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/net/url.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace loadsim::http {

/// Parts common to all requests to one base URL.
struct route {
    std::string prefix; ///< of the request target: the base URL's path, or the whole base URL (absolute form)
    std::string host;   ///< value of the Host field
};
/// `absolute`: for a proxy that forwards the request (RFC 9112, 3.2.2).
route route_to(const net::endpoint& base, bool absolute);

/// Serialized request for a keep-alive connection, which can be retargeted to another base URL before it is sent.
/// Shape: the buffer is reused.
class request_serializer {
public:
    /// Replaces the previous request.
    void serialize(const request&, const route&);
    /// Redirects the request to another base URL.
    void retarget(const route&);

    std::string_view bytes() const { return text_; }
    bool is_head() const { return text_.starts_with("HEAD "); } ///< the response has no body

private:
    std::string text_;
    std::size_t prefix_at_ = 0, prefix_size_ = 0;
    std::size_t host_at_ = 0, host_size_ = 0; ///< size 0: the request has a Host of its own
};

} // namespace loadsim::http
