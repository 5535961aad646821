#include "http_answer_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace loadsim::drive {

namespace http = boost::beast::http;

http_answer_reader::parser::parser(std::string& out) : body(out) {
    eager(true); // the body in the same call as the header
    basic_parser::body_limit(http_answer_reader::body_limit);
    body.clear();
}

void http_answer_reader::parser::on_response_impl(int code, text, int, error_code& error) {
    status = static_cast<unsigned>(code);
    if (status == 0) error = http::error::bad_status; // three digits, so Beast takes it
}

std::size_t http_answer_reader::parser::on_body_impl(text part, error_code&) {
    body.append(part.data(), part.size());
    return part.size();
}

std::size_t http_answer_reader::parser::on_chunk_body_impl(std::uint64_t, text part, error_code&) {
    body.append(part.data(), part.size());
    return part.size();
}

void http_answer_reader::begin() { parser_.emplace(body_); }

std::size_t http_answer_reader::read(std::string_view bytes, error_code& error) {
    std::size_t taken = 0;
    while (taken < bytes.size() && !parser_->is_done()) {
        const auto size = parser_->put(boost::asio::buffer(bytes.substr(taken)), error);
        taken += size;
        if (parser_->interim()) begin();
        if (error == http::error::need_more) {
            error = {};
            break;
        }
        if (error || size == 0) break;
    }
    return taken;
}

void http_answer_reader::end(error_code& error) {
    if (!parser_->got_some())
        error = http::error::end_of_stream;
    else
        parser_->put_eof(error);
}

bool http_answer_reader::done() const { return parser_->is_done(); }

} // namespace loadsim::drive
