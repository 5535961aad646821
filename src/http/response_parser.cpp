// Parser of responses, and a response that is used while it arrives.
#include "response_parser.hpp"

#include "beast_chunk_workaround.hpp"

#include <loadsim/http/response_stream.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace loadsim::http {

response_parser::parser::parser(std::string& out, header_list* kept, bool limit_body, bool bodiless)
    : body(out), headers(kept) {
    eager(true); // parse header and body in one call
    skip(bodiless);
    if (limit_body)
        basic_parser::body_limit(response_parser::body_limit);
    else
        basic_parser::body_limit(boost::none);
    body.clear();
    if (headers != nullptr) headers->clear();
}

void response_parser::parser::on_response_impl(int code, text, int, error_code& error) {
    status = static_cast<unsigned>(code);
    if (status == 0) error = beast::http::error::bad_status; // accepted by Beast
}

void response_parser::parser::on_field_impl(field, text name, text value, error_code&) {
    if (headers != nullptr) headers->emplace_back(name, value);
}

std::size_t response_parser::parser::on_body_impl(text part, error_code&) {
    body.append(part.data(), part.size());
    return part.size();
}

std::size_t response_parser::parser::on_chunk_body_impl(std::uint64_t, text part, error_code&) {
    body.append(part.data(), part.size());
    return part.size();
}

void response_parser::begin(bool bodiless) {
    bodiless_ = bodiless;
    parser_.emplace(body_, options_.keep_headers ? &headers_ : nullptr, options_.limit_body, bodiless);
}

std::size_t response_parser::parse(std::string_view bytes, error_code& error) {
    std::size_t consumed = 0;
    while (consumed < bytes.size() && !parser_->is_done() && !too_few_chunk_bytes(*parser_, bytes.size() - consumed)) {
        const auto size = parser_->put(boost::asio::buffer(bytes.substr(consumed)), error);
        consumed += size;
        if (parser_->interim()) begin(bodiless_);
        if (error == beast::http::error::need_more) {
            error = {};
            break;
        }
        if (error || size == 0) break;
    }
    return consumed;
}

void response_parser::put_eof(error_code& error) {
    if (!parser_->got_some())
        error = beast::http::error::end_of_stream;
    else
        parser_->put_eof(error);
}

bool response_parser::has_header() const { return parser_->is_header_done(); }
bool response_parser::done() const { return parser_->is_done(); }

struct response_stream::impl {
    response_parser parser{{.keep_headers = true, .limit_body = false}};
    std::string unread; // incomplete element that the parser needs in one piece
};

response_stream::response_stream(bool bodiless) : impl_(std::make_unique<impl>()) { impl_->parser.begin(bodiless); }
response_stream::~response_stream() = default;

boost::system::error_code response_stream::feed(std::string_view bytes) {
    impl_->unread += bytes;
    boost::system::error_code error;
    impl_->unread.erase(0, impl_->parser.parse(impl_->unread, error));
    return error;
}

boost::system::error_code response_stream::put_eof() {
    boost::system::error_code error;
    impl_->parser.put_eof(error);
    return error;
}

bool response_stream::has_header() const { return impl_->parser.has_header(); }
bool response_stream::done() const { return impl_->parser.done(); }
unsigned response_stream::status() const { return impl_->parser.status(); }
std::string_view response_stream::header(std::string_view name) const {
    return find_header(impl_->parser.headers(), name);
}
std::string response_stream::take_body() { return impl_->parser.take_body(); }

} // namespace loadsim::http
