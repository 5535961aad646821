// One HTTP/1.1 connection of a server without its socket: bytes in, bytes out.
#pragma once

#include <loadsim/http/server.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::http {

/// What is to be sent, in this order.
struct outgoing {
    std::string bytes;
    nanoseconds after{0}; ///< from now on, and not before what stands before it
    bool reset = false;   ///< in place of bytes; nothing comes after it
};

/// Requests may come in any pieces and several at once (pipelining); answers come out in order.
/// What is not HTTP or is over a limit gets a problem for an answer, after which the connection ends.
class conversation {
public:
    /// The handler must outlive it.
    conversation(const handler&, limits);
    conversation(const conversation&) = delete;
    conversation& operator=(const conversation&) = delete;
    ~conversation();

    /// Appends what to send back; may be nothing. Bytes after the end of the conversation are ignored.
    void feed(std::string_view bytes, std::vector<outgoing>& out);

    bool over() const;        ///< close when everything is sent
    bool mid_request() const; ///< part of a request has come
    std::uint64_t answered() const;
    std::uint64_t malformed() const;
    std::uint64_t oversized() const; ///< of them: over a limit

private:
    class state; // keeps Beast's headers in one .cpp
    std::unique_ptr<state> state_;
};

} // namespace loadsim::http
