// What Beast's parser must not be shown of a body in chunks.
#pragma once

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>

namespace loadsim::http {

/// Whether `pending` bytes of a body in chunks are too few to be parsed: Beast of Boost 1.81 asserts that it sees at least five
/// bytes when it looks at the last chunk a second time, and an empty body's may be cut into `0\r\n` and `\r\n`
/// (boostorg/beast, pull request 2861). No unfinished body in chunks has fewer than these five to come (RFC 9112, 7.1), so waiting
/// for them keeps nobody from the end.
template <bool is_request>
bool too_few_of_chunks(const boost::beast::http::basic_parser<is_request>& parser, std::size_t pending) {
    return pending < 5 && parser.is_header_done() && !parser.is_done() && parser.chunked();
}

} // namespace loadsim::http
