#include "request_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace loadsim::http {
namespace {

std::string in_brackets(const std::string& host) {
    return host.find(':') == std::string::npos ? host : '[' + host + ']';
}

bool breaks_a_line(char c) { return c == '\r' || c == '\n' || c == '\0'; }

/// A value that a template made of somebody's data must not begin a header of its own.
void append_value(std::string& out, std::string_view value) {
    const auto at = out.size();
    out.append(value);
    std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(at), out.end(), breaks_a_line, ' ');
}

/// As escape_target(), in place: a target that needs nothing, which is nearly every one, is looked at and no more.
void append_target(std::string& out, std::string_view target) {
    if (std::ranges::all_of(target, [](char c) { return c > ' ' && c < '\x7f'; })) {
        out.append(target);
        return;
    }
    std::string escaped(target);
    escape_target(escaped);
    out.append(escaped);
}

void append_number(std::string& out, std::size_t n) { fmt::format_to(std::back_inserter(out), "{}", n); }

/// As CONNECT wants it.
std::string authority_with_port(const net::endpoint& e) { return fmt::format("{}:{}", in_brackets(e.host), e.port); }

} // namespace

std::string authority(const net::endpoint& e) {
    const bool usual = e.port == (e.scheme == "https" ? 443 : 80);
    return usual ? in_brackets(e.host) : authority_with_port(e);
}

route route_to(const net::endpoint& base, bool absolute) {
    auto host = authority(base);
    return {.prefix = absolute ? base.scheme + "://" + host + base.path : base.path, .host = std::move(host)};
}

void request_bytes::make(const request& r, const route& way) {
    text_.clear();
    text_.append(r.method) += ' ';
    prefix_at_ = text_.size();
    prefix_size_ = way.prefix.size();
    text_ += way.prefix;
    append_target(text_, r.target);
    text_ += " HTTP/1.1\r\nHost: ";
    host_at_ = text_.size();
    host_size_ = way.host.size();
    text_ += way.host;
    text_ += "\r\n";
    bool has_accept = false;
    bool has_type = false;
    for (const auto& [name, value] : r.headers) {
        has_accept = has_accept || same_name(name, "Accept");
        has_type = has_type || same_name(name, "Content-Type");
        append_value(text_, name);
        text_ += ": ";
        append_value(text_, value);
        text_ += "\r\n";
    }
    // RFC 9110, 8.6: a method that has no meaning for a body does without.
    if (!r.body.empty() || (r.method != "GET" && r.method != "HEAD")) {
        text_ += "Content-Length: ";
        append_number(text_, r.body.size());
        text_ += "\r\n";
    }
    if (const auto type = guessed_type(r.body); !has_type && !type.empty())
        text_.append("Content-Type: ").append(type) += "\r\n";
    if (!has_accept) text_ += "Accept: application/json\r\n";
    text_ += "\r\n";
    text_ += r.body;
}

void request_bytes::turn_to(const route& way) {
    text_.replace(host_at_, host_size_, way.host); // the one behind first: it does not move the other
    text_.replace(prefix_at_, prefix_size_, way.prefix);
    host_at_ = host_at_ + way.prefix.size() - prefix_size_;
    host_size_ = way.host.size();
    prefix_size_ = way.prefix.size();
}

std::string connect_request(const net::endpoint& base) {
    const auto to = authority_with_port(base);
    return fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", to);
}

} // namespace loadsim::http
