// Workaround for an assertion of Beast's parser on chunked bodies (boostorg/beast, pull request 2861).
#pragma once

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>

namespace loadsim::http {

/// True: `pending` bytes of a chunked body are too few to be parsed. Beast of Boost 1.81 asserts at least five bytes when it
/// parses the last chunk a second time, which fails if the chunk arrives as `0\r\n` and `\r\n`. An incomplete chunked body
/// has at least five more bytes (RFC 9112, 7.1), so waiting for them delays nothing.
template <bool is_request>
bool too_few_chunk_bytes(const boost::beast::http::basic_parser<is_request>& parser, std::size_t pending) {
    return pending < 5 && parser.is_header_done() && !parser.is_done() && parser.chunked();
}

} // namespace loadsim::http
