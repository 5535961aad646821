// Parser of responses, and a response that is used while it arrives.
#include "response_parser.hpp"

#include "beast_chunk_workaround.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/http/response_stream.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/system/error_category.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace loadsim::http {

namespace {

class parse_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "loadsim.http"; }
    std::string message(int value) const override {
        switch (static_cast<parse_error>(value)) {
        case parse_error::compressed: return "http: compressed body";
        case parse_error::too_many_interim:
            return fmt::format("response of more than {} interim ones (status 1xx)", response_parser::max_interim);
        case parse_error::bare_line_feed: return "http: a line of a chunked body ends in LF and not in CR LF";
        }
        return "http: unknown";
    }
};

/// A line of a chunk's header or of a trailer ends in LF alone: Beast would wait for a CR LF.
bool has_bare_line_feed(std::string_view lines) {
    for (auto at = lines.find('\n'); at != std::string_view::npos; at = lines.find('\n', at + 1))
        if (at == 0 || lines[at - 1] != '\r') return true;
    return false;
}

/// The first line at the beginning of a chunk, behind the end of the chunk before it.
std::string_view chunk_line(std::string_view bytes) {
    if (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
    return bytes.substr(0, bytes.find('\n') + 1); // all if there is no end
}

/// Name of the first coding that compresses the body (RFC 9112, 6.1), in a list that ends in "chunked"; empty: none.
std::string_view compression_of_transfer(std::string_view codings) {
    while (!codings.empty()) {
        const auto comma = codings.find(',');
        const auto one = trimmed(codings.substr(0, comma));
        codings.remove_prefix(std::min(comma, codings.size() - 1) + 1);
        if (equal_ignoring_case(one, "chunked")) continue;
        if (const auto compression = compression_of(one); !compression.empty()) return compression;
    }
    return {};
}

/// Bytes of a header with the empty line at its end; 0: incomplete. Lines end in CRLF or LF.
std::size_t header_size(std::string_view bytes) {
    for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
        const auto rest = bytes.substr(at + 1);
        if (rest.starts_with('\n')) return at + 2;
        if (rest.starts_with("\r\n")) return at + 3;
    }
    return 0;
}

/// Writes a complete header as Beast requires it: all lines end in CRLF, and a blank follows the status code.
void normalize(std::string_view header, std::string& out) {
    constexpr std::string_view status_line = "HTTP/1.1 200";
    out.clear();
    while (!header.empty()) {
        auto line = header.substr(0, header.find('\n'));
        header.remove_prefix(line.size() + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const bool lacks_blank = out.empty() && line.size() == status_line.size();
        out.append(line).append(lacks_blank ? " \r\n" : "\r\n");
    }
}

} // namespace

beast::error_code make_error_code(parse_error e) noexcept {
    static const parse_category category;
    return {static_cast<int>(e), category};
}

response_parser::parser::parser(std::string& out, header_list* kept, const options& wanted, bool bodiless)
    : body(out), headers(kept) {
    eager(true); // parse header and body in one call
    skip(bodiless);
    header_limit(std::numeric_limits<std::uint32_t>::max()); // parse_header() has the limit
    if (wanted.limit_body)
        body_limit(wanted.limits.body);
    else
        body_limit(boost::none);
    body.clear();
    if (headers != nullptr) headers->clear();
}

void response_parser::parser::on_response_impl(int code, text, int, error_code& error) {
    status = static_cast<unsigned>(code);
    if (status == 0) error = beast::http::error::bad_status; // accepted by Beast
}

void response_parser::parser::on_field_impl(field which, text name, text value, error_code&) {
    if (which == field::content_encoding) compression = compression_of({value.data(), value.size()});
    if (which == field::transfer_encoding && compression.empty())
        compression = compression_of_transfer({value.data(), value.size()});
    if (headers != nullptr) headers->emplace_back(name, value);
}

std::size_t response_parser::parser::on_body_impl(text part, error_code& error) {
    if (!compression.empty()) error = parse_error::compressed;
    body.append(part.data(), part.size());
    return part.size();
}

std::size_t response_parser::parser::on_chunk_body_impl(std::uint64_t left, text part, error_code& error) {
    chunk_left = left - part.size();
    return on_body_impl(part, error);
}

void response_parser::begin(bool bodiless) {
    bodiless_ = bodiless;
    unread_.clear();
    interim_ = 0;
    next_message();
}

void response_parser::next_message() {
    parser_.emplace(body_, options_.keep_headers ? &headers_ : nullptr, options_, bodiless_);
}

void response_parser::feed(std::string_view bytes, error_code& error) {
    if (unread_.empty()) {
        unread_.assign(bytes.substr(parse(bytes, error)));
    } else {
        unread_ += bytes;
        unread_.erase(0, parse(unread_, error));
    }
    // Chunk headers and trailers: Beast does not limit them.
    if (!error && !done() && unread_.size() > options_.limits.header) error = beast::http::error::header_limit;
}

std::size_t response_parser::parse(std::string_view bytes, error_code& error) {
    std::size_t consumed = 0;
    while (consumed < bytes.size() && !done()) {
        const auto rest = bytes.substr(consumed);
        if (has_header() && too_few_chunk_bytes(*parser_, rest.size())) {
            if (parser_->at_chunk_line() && has_bare_line_feed(chunk_line(rest))) error = parse_error::bare_line_feed;
            break;
        }
        const auto size = has_header() ? parser_->put(boost::asio::buffer(rest), error) : parse_header(rest, error);
        consumed += size;
        if (parser_->interim()) {
            if (++interim_ > max_interim) error = parse_error::too_many_interim;
            next_message();
        }
        if (error == beast::http::error::need_more) {
            error = {};
            if (parser_->at_chunk_line() && has_bare_line_feed(bytes.substr(consumed)))
                error = parse_error::bare_line_feed;
            break;
        }
        if (error || size == 0) break;
    }
    return consumed;
}

std::size_t response_parser::parse_header(std::string_view bytes, error_code& error) {
    constexpr std::string_view start = "HTTP/"; // another protocol may not send an empty line
    if (!bytes.starts_with(start.substr(0, bytes.size()))) error = beast::http::error::bad_version;
    const auto size = header_size(bytes);
    if (size > options_.limits.header || (size == 0 && bytes.size() > options_.limits.header))
        error = beast::http::error::header_limit;
    if (size == 0 || error) return 0;
    normalize(bytes.substr(0, size), header_);
    parser_->put(boost::asio::buffer(header_), error);
    return size;
}

void response_parser::put_eof(error_code& error) {
    if (parser_->got_some())
        parser_->put_eof(error);
    else
        error = unread_.empty() ? beast::http::error::end_of_stream : beast::http::error::partial_message;
}

std::string response_parser::describe(const error_code& failed) const {
    using beast::http::error;
    if (failed == error::header_limit)
        return fmt::format("response with a header over {} bytes (load.http.maxHeader)", options_.limits.header);
    if (failed == error::body_limit)
        return fmt::format("response with a body over {} bytes (load.http.maxBody)", options_.limits.body);
    if (failed == parse_error::compressed)
        return fmt::format("response {} with a compressed body ({}), although loadsim sends no Accept-Encoding; switch "
                           "compression off at the API",
                           status(), parser_->compression);
    if (failed.category() == make_error_code(parse_error::compressed).category()) return failed.message();
    if (failed == error::end_of_stream) return "connection closed by the API";
    return failed.category() == make_error_code(error::end_of_stream).category() ? failed.message() : std::string{};
}

bool response_parser::is_refused(const error_code& failed) noexcept {
    using beast::http::error;
    return failed == error::header_limit || failed == error::body_limit || failed == parse_error::compressed ||
           failed == parse_error::too_many_interim;
}

bool response_parser::has_header() const { return parser_->is_header_done(); }
bool response_parser::done() const { return parser_->is_done(); }

struct response_stream::impl {
    response_parser parser;
};

response_stream::response_stream(const limits& most, bool bodiless)
    : impl_(
          std::make_unique<impl>(impl{response_parser({.limits = most, .keep_headers = true, .limit_body = false})})) {
    impl_->parser.begin(bodiless);
}
response_stream::~response_stream() = default;

boost::system::error_code response_stream::feed(std::string_view bytes) {
    boost::system::error_code error;
    impl_->parser.feed(bytes, error);
    return error;
}

boost::system::error_code response_stream::put_eof() {
    boost::system::error_code error;
    impl_->parser.put_eof(error);
    return error;
}

std::string response_stream::describe(const boost::system::error_code& failed) const {
    return impl_->parser.describe(failed);
}
bool response_stream::has_header() const { return impl_->parser.has_header(); }
bool response_stream::done() const { return impl_->parser.done(); }
unsigned response_stream::status() const { return impl_->parser.status(); }
std::string_view response_stream::header(std::string_view name) const {
    return find_header(impl_->parser.headers(), name);
}
std::string response_stream::take_body() { return impl_->parser.take_body(); }

} // namespace loadsim::http
