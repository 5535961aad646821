// One HTTP/1.1 connection without its socket: bytes in, bytes out.
#pragma once

#include "http_message.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace loadsim::backend {

struct http_limits {
    std::uint32_t header = 8 * 1024;
    std::uint64_t body = 16 * 1024;
};

/// Requests may come in any pieces and several at once (pipelining); responses come out in order.
/// What is not HTTP or is over a limit gets a problem response, after which the connection ends.
class http_conversation {
public:
    http_conversation(http_handler, http_limits);
    http_conversation(const http_conversation&) = delete;
    http_conversation& operator=(const http_conversation&) = delete;
    ~http_conversation();

    /// What to send back; may be empty. Bytes after the end of the conversation are ignored.
    std::string feed(std::string_view bytes);

    bool over() const;        ///< close when everything is sent
    bool mid_request() const; ///< part of a request has come
    std::uint64_t answered() const;
    std::uint64_t malformed() const;

private:
    class state; // keeps Beast's headers in one .cpp
    std::unique_ptr<state> state_;
};

} // namespace loadsim::backend
