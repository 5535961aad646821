// Messages as values, and requests and responses of the server.
#include <loadsim/http/message.hpp>

#include <loadsim/base/encoding.hpp>
#include <loadsim/http/server.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace loadsim::http {

namespace {

bool is_token(std::string_view text) {
    constexpr std::string_view more = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        const char lower = ascii_lower(c);
        return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
    });
}

} // namespace

std::string method_problem(std::string_view method) {
    if (!is_token(method)) return fmt::format("'{}' is no HTTP method; write one word, such as POST", method);
    for (const std::string_view known :
         {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
        if (method != known && equal_ignoring_case(method, known))
            return fmt::format("HTTP methods are case-sensitive: write {} for '{}'", known, method);
    return {};
}

std::string header_name_problem(std::string_view name) {
    if (!is_token(name))
        return fmt::format("'{}' is no header's name: letters, digits and '-', without blanks and colons", name);
    for (const std::string_view own : {"Content-Length", "Transfer-Encoding"})
        if (equal_ignoring_case(name, own))
            return fmt::format("{} follows from the body and is set by loadsim; leave it out", own);
    return {};
}

std::string header_problem(std::string_view name, std::string_view value) {
    auto why = header_name_problem(name);
    return why.empty() ? header_value_problem(name, value) : why;
}

std::string header_value_problem(std::string_view name, std::string_view value) {
    const auto is_forbidden = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f'; };
    if (std::ranges::any_of(value, is_forbidden))
        return fmt::format("the value of {} has a line break or another control character, which no header can carry",
                           name);
    if (equal_ignoring_case(name, "Host") && value.find_first_not_of(" \t") == std::string_view::npos)
        return "an empty Host; leave it out, and it is the host of the URL";
    return {};
}

std::string target_problem(std::string_view target) {
    return target.find('#') == std::string_view::npos
               ? ""
               : "'#' begins a fragment, which no request has; write %23, or leave out `raw:`";
}

std::string_view find_header(const header_list& headers, std::string_view name) {
    for (const auto& [known, value] : headers)
        if (equal_ignoring_case(known, name)) return value;
    return {};
}

std::string_view compression_of(std::string_view content_encoding) noexcept {
    if (content_encoding.empty() || equal_ignoring_case(content_encoding, "identity")) return {};
    for (const std::string_view known : {"gzip", "deflate", "br", "zstd", "compress"})
        if (equal_ignoring_case(content_encoding, known)) return known;
    return "another coding";
}

std::string_view guess_content_type(std::string_view body) noexcept {
    return body.starts_with('{') || body.starts_with('[') ? "application/json" : std::string_view{};
}

std::string_view reason_phrase(unsigned status) {
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return status < 400 ? "OK" : "Error";
    }
}

std::string_view request_view::path() const noexcept {
    auto rest = target;
    for (const std::string_view scheme : {"http://", "https://"})
        if (equal_ignoring_case(rest.substr(0, scheme.size()), scheme)) { // RFC 3986, 3.1: in any case
            rest.remove_prefix(scheme.size());
            rest.remove_prefix(std::min(rest.find('/'), rest.size()));
        }
    return rest.substr(0, rest.find_first_of("?#"));
}

std::string_view request_view::query() const noexcept {
    const auto rest = target.substr(0, target.find('#'));
    const auto mark = rest.find('?');
    return mark == std::string_view::npos ? std::string_view{} : rest.substr(mark + 1);
}

std::optional<std::string_view> request_view::parameter(std::string_view name) const noexcept {
    for (auto rest = query(); !rest.empty();) {
        const auto part = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
        if (part.starts_with(name) && part.substr(name.size()).starts_with('=')) return part.substr(name.size() + 1);
    }
    return std::nullopt;
}

void deferred_response::complete(server_response r) {
    response_ = std::move(r);
    if (on_complete_) on_complete_();
}

server_response problem_details(unsigned status, std::string_view detail, const header_list& more) {
    boost::json::object body{
        {"type", "about:blank"}, {"title", reason_phrase(status)}, {"status", status}, {"detail", detail}};
    for (const auto& [name, text] : more) body[name] = text;
    return {.status = status, .body = serialize(body), .content_type = "application/problem+json"};
}

server_response method_not_allowed(std::string_view allowed) {
    auto response = problem_details(405, fmt::format("this path accepts {}", allowed));
    response.headers.emplace_back("Allow", allowed == "GET" ? "GET, HEAD" : allowed);
    return response;
}

} // namespace loadsim::http
