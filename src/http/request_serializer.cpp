#include "request_serializer.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/http/message.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace loadsim::http {
namespace {

std::string in_brackets(const std::string& host) {
    return host.find(':') == std::string::npos ? host : '[' + host + ']';
}

bool is_line_break(char c) { return c == '\r' || c == '\n' || c == '\0'; }

/// Prevents header injection by values that templates have filled in.
void append_value(std::string& out, std::string_view value) {
    const auto at = out.size();
    out.append(value);
    std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(at), out.end(), is_line_break, ' ');
}

/// Target of a CONNECT request.
std::string authority_with_port(const net::endpoint& e) { return fmt::format("{}:{}", in_brackets(e.host), e.port); }

} // namespace

std::string authority(const net::endpoint& e) {
    const bool is_default_port = e.port == (e.scheme == "https" ? 443 : 80);
    return is_default_port ? in_brackets(e.host) : authority_with_port(e);
}

route route_to(const net::endpoint& base, bool absolute) {
    auto host = authority(base);
    return {.prefix = absolute ? base.scheme + "://" + host + base.path : base.path, .host = std::move(host)};
}

void request_serializer::serialize(const request& r, const route& route) {
    text_.clear();
    text_.append(r.method) += ' ';
    prefix_at_ = text_.size();
    prefix_size_ = route.prefix.size();
    text_ += route.prefix;
    append_percent_encoded(r.target, url_part::target, text_);
    text_ += " HTTP/1.1\r\n";
    host_at_ = text_.size();
    host_size_ = 0;
    if (find_header(r.headers, "Host").empty()) {
        text_ += "Host: ";
        host_at_ = text_.size();
        host_size_ = route.host.size();
        text_ += route.host;
        text_ += "\r\n";
    }
    bool has_accept = false;
    bool has_type = false;
    for (const auto& [name, value] : r.headers) {
        if (value.empty() && equal_ignoring_case(name, "Host")) continue; // ours is there (RFC 9112, 3.2: one)
        has_accept = has_accept || equal_ignoring_case(name, "Accept");
        has_type = has_type || equal_ignoring_case(name, "Content-Type");
        append_value(text_, name);
        text_ += ": ";
        append_value(text_, value);
        text_ += "\r\n";
    }
    // RFC 9110, 8.6: no Content-Length for an empty body of a method without body semantics.
    if (!r.body.empty() || (r.method != "GET" && r.method != "HEAD")) {
        text_ += "Content-Length: ";
        append_number(r.body.size(), text_);
        text_ += "\r\n";
    }
    if (const auto type = guess_content_type(r.body); !has_type && !type.empty())
        text_.append("Content-Type: ").append(type) += "\r\n";
    if (!has_accept) text_ += "Accept: application/json\r\n";
    text_ += "\r\n";
    text_ += r.body;
}

void request_serializer::retarget(const route& route) {
    if (host_size_ != 0) {                               // else the request has a Host of its own
        text_.replace(host_at_, host_size_, route.host); // the later part first: the earlier one keeps its offset
        host_size_ = route.host.size();
    }
    text_.replace(prefix_at_, prefix_size_, route.prefix);
    host_at_ = host_at_ + route.prefix.size() - prefix_size_;
    prefix_size_ = route.prefix.size();
}

std::string serialize(const request& r, std::string_view host) {
    request_serializer serializer;
    serializer.serialize(r, {.prefix = {}, .host = std::string(host)});
    return std::string(serializer.bytes());
}

std::string connect_request(const net::endpoint& base) {
    const auto to = authority_with_port(base);
    return fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", to);
}

} // namespace loadsim::http
