// Reader of one HTTP response whose body is used while it arrives: an event stream, or the response to CONNECT.
#pragma once

#include <loadsim/http/message.hpp>

#include <boost/system/error_code.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace loadsim::http {

/// Shape:   the header is limited; the body is unlimited and not kept. Interim responses (1xx) are skipped.
/// Threads: one. Pure: no socket.
class response_stream {
public:
    /// `bodiless`: of CONNECT and HEAD, whose response has no body whatever its header says.
    explicit response_stream(const limits& = {}, bool bodiless = false);
    ~response_stream();
    response_stream(const response_stream&) = delete;

    /// Parses the next bytes of the connection. Errors: not HTTP, header too large, body compressed.
    boost::system::error_code feed(std::string_view bytes);
    /// The connection has ended. Errors: the response is incomplete.
    boost::system::error_code put_eof();

    /// Text of an error of this; empty: of another one.
    std::string describe(const boost::system::error_code&) const;

    bool has_header() const;
    bool done() const;
    unsigned status() const;
    std::string_view header(std::string_view name) const;
    /// Part of the body that has arrived since the last call.
    std::string take_body();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::http
