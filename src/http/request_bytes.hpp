// The bytes of a request.
#pragma once

#include <loadsim/http/client.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/net/options.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace loadsim::http {

/// What is alike in all requests to one base URL.
struct route {
    std::string prefix; ///< in front of a request's target: the base's path, or all of the base (absolute form)
    std::string host;   ///< the Host field
};
/// `absolute`: for a proxy that forwards the request (RFC 9112, 3.2.2).
route route_to(const net::endpoint& base, bool absolute);

/// A whole HTTP/1.1 request for a kept-alive connection, which can be sent another way before it is sent.
/// Shape: the buffer is kept from one to the next.
class request_bytes {
public:
    /// In place of what there was.
    void make(const request&, const route&);
    /// The same request to another base.
    void turn_to(const route&);

    std::string_view bytes() const { return text_; }
    bool is_head() const { return text_.starts_with("HEAD "); } ///< its answer has no body

private:
    std::string text_;
    std::size_t prefix_at_ = 0, prefix_size_ = 0;
    std::size_t host_at_ = 0, host_size_ = 0;
};

/// What opens a way through a proxy.
std::string connect_request(const net::endpoint& base);

} // namespace loadsim::http
