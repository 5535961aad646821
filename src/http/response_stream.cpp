#include <loadsim/http/response_stream.hpp>

#include "request_serializer.hpp"
#include "response_parser.hpp"

namespace loadsim::http {

std::string serialize(const request& r, std::string_view host) {
    request_serializer serializer;
    serializer.serialize(r, {.prefix = {}, .host = std::string(host)});
    return std::string(serializer.bytes());
}

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
