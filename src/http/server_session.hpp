// Server side of one HTTP/1.1 connection, without I/O: bytes in, bytes out.
#pragma once

#include <loadsim/http/server.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::http {

/// Element of the ordered output of a session.
struct pending_write {
    std::string bytes;
    nanoseconds delay{0};                          ///< from now, and not before the preceding elements
    bool reset = false;                            ///< reset the connection instead; last element
    std::shared_ptr<deferred_response> deferred{}; ///< set: `bytes` follow by serialize() when it is completed
    bool head = false;                             ///< of a deferred response
    bool last = false;                             ///< of a deferred response
    std::shared_ptr<streamed_body> stream{};       ///< set: follows `bytes`; last element
    bool chunked = false;                          ///< of a stream
};

/// `head`: without the body. `last`: the connection is closed after it. A streamed body is not part of it, but its header is;
/// `chunked`: of such a body.
void serialize(const server_response&, bool head, bool last, std::string& out, bool chunked = false);

/// Requests may arrive in any fragmentation and pipelined; responses are in order.
/// Malformed or oversized requests get a response with problem details, after which the connection ends.
class server_session {
public:
    /// The handler must outlive the session.
    server_session(const handler&, limits);
    server_session(const server_session&) = delete;
    server_session& operator=(const server_session&) = delete;
    ~server_session();

    /// Appends output to `out`, possibly none. Bytes after the end of the session are ignored.
    void feed(std::string_view bytes, std::vector<pending_write>& out);

    bool finished() const;    ///< close the connection when all output is sent
    bool mid_request() const; ///< part of a request has been received
    std::uint64_t responses() const;
    std::uint64_t malformed() const;
    std::uint64_t oversized() const; ///< malformed because over a limit

private:
    class state; // pimpl: keeps Beast's headers in one .cpp
    std::unique_ptr<state> state_;
};

} // namespace loadsim::http
