#include "answer_reader.hpp"

#include "last_chunk.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace loadsim::http {

answer_reader::parser::parser(std::string& out, header_list* kept, bool bodiless) : body(out), headers(kept) {
    eager(true); // the body in the same call as the header
    skip(bodiless);
    basic_parser::body_limit(answer_reader::body_limit);
    body.clear();
    if (headers != nullptr) headers->clear();
}

void answer_reader::parser::on_response_impl(int code, text, int, error_code& error) {
    status = static_cast<unsigned>(code);
    if (status == 0) error = beast::http::error::bad_status; // three digits, so Beast takes it
}

void answer_reader::parser::on_field_impl(field, text name, text value, error_code&) {
    if (headers != nullptr) headers->emplace_back(name, value);
}

std::size_t answer_reader::parser::on_body_impl(text part, error_code&) {
    body.append(part.data(), part.size());
    return part.size();
}

std::size_t answer_reader::parser::on_chunk_body_impl(std::uint64_t, text part, error_code&) {
    body.append(part.data(), part.size());
    return part.size();
}

void answer_reader::begin(bool bodiless) {
    bodiless_ = bodiless;
    parser_.emplace(body_, keep_headers_ ? &headers_ : nullptr, bodiless);
}

std::size_t answer_reader::read(std::string_view bytes, error_code& error) {
    std::size_t taken = 0;
    while (taken < bytes.size() && !parser_->is_done() && !too_few_of_chunks(*parser_, bytes.size() - taken)) {
        const auto size = parser_->put(boost::asio::buffer(bytes.substr(taken)), error);
        taken += size;
        if (parser_->interim()) begin(bodiless_);
        if (error == beast::http::error::need_more) {
            error = {};
            break;
        }
        if (error || size == 0) break;
    }
    return taken;
}

void answer_reader::end(error_code& error) {
    if (!parser_->got_some())
        error = beast::http::error::end_of_stream;
    else
        parser_->put_eof(error);
}

bool answer_reader::done() const { return parser_->is_done(); }

} // namespace loadsim::http
