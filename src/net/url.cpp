#include <loadsim/net/url.hpp>

#include <loadsim/base/encoding.hpp>

#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>

namespace loadsim::net {
namespace {

problems url_problem(std::string_view text, std::string_view why) {
    return problems{"", fmt::format("'{}' {}", without_userinfo(text), why)};
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
    std::uint16_t port{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return port;
}

struct expected_form {
    std::string_view what;    ///< "broker"
    std::string_view example; ///< "mqtt://127.0.0.1:1883"
    std::initializer_list<std::string_view> schemes;
    std::string_view scheme; ///< of the result
    std::uint16_t port;      ///< default port
    bool path;
};

result<endpoint> parse(std::string_view text, const expected_form& form) {
    const auto url = boost::urls::parse_uri({text.data(), text.size()});
    const auto not_a_url = [&] {
        return url_problem(text, fmt::format("is not a URL of a {}; write it as {}", form.what, form.example));
    };
    if (!url || !url->has_authority() || url->host().empty()) return not_a_url();
    // Boost.URL 1.81 parses characters after the port's digits as a path.
    // The path stays encoded: decoded, %2F would be a level and %0D%0A a line of the request (RFC 3986, 2.2).
    const std::string_view path{url->encoded_path().data(), url->encoded_path().size()};
    if (!path.empty() && path.front() != '/') return not_a_url();
    if (const auto host = url->encoded_host(); std::ranges::find(host, '%') != host.end()) return not_a_url();
    const std::string_view scheme{url->scheme().data(), url->scheme().size()};
    bool known = false;
    for (const auto s : form.schemes) known = known || equal_ignoring_case(s, scheme);
    if (!known)
        return url_problem(text,
                           fmt::format("has the scheme '{}'; a {} is written {}", scheme, form.what, form.example));
    if (url->has_userinfo())
        return url_problem(text, "holds a user; credentials do not belong in a URL, where logs would show them");
    if (form.path && (url->has_query() || url->has_fragment()))
        return url_problem(text, fmt::format("has a {} behind its path; leave that out: {}/base",
                                             url->has_query() ? "query ('?')" : "fragment ('#')", form.example));
    if (url->has_query() || url->has_fragment() || (!form.path && !path.empty() && path != "/"))
        return url_problem(text, fmt::format("has more than a host and a port; write it as {}", form.example));
    endpoint parsed{
        .scheme = std::string(form.scheme), .host = url->host_address(), .port = form.port, .path = std::string(path)};
    if (const std::string digits = url->port(); !digits.empty()) {
        const auto port = parse_port(digits);
        if (!port || *port == 0) return url_problem(text, "has a port outside 1 to 65535");
        parsed.port = *port;
    }
    while (!parsed.path.empty() && parsed.path.back() == '/') parsed.path.pop_back();
    return parsed;
}

result<endpoint> parse_http_url(std::string_view text, std::string_view what, std::string_view example,
                                std::string_view tls_example) {
    if (equal_ignoring_case(text.substr(0, text.find(':')), "https"))
        return parse(text, {what, tls_example, {"https"}, "https", 443, true});
    return parse(text, {what, example, {"http"}, "http", 80, true});
}

} // namespace

result<endpoint> parse_broker_url(std::string_view text) {
    for (const std::string_view scheme : {"mqtts", "ssl"})
        if (equal_ignoring_case(text.substr(0, text.find(':')), scheme))
            return parse(text, {"broker", "mqtts://127.0.0.1:8883", {scheme}, "mqtts", 8883, false});
    return parse(text,
                 {"broker", "mqtt://127.0.0.1:1883 or mqtts://127.0.0.1:8883", {"mqtt", "tcp"}, "mqtt", 1883, false});
}

result<endpoint> parse_api_url(std::string_view text) {
    return parse_http_url(text, "platform's API", "http://127.0.0.1:8080", "https://127.0.0.1:8443");
}

result<endpoint> parse_collector_url(std::string_view text) {
    return parse_http_url(text, "collector", "http://127.0.0.1:4318", "https://127.0.0.1:4318");
}

result<endpoint> parse_listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    const auto not_an_address = [&] {
        return url_problem(text, "is not an address to listen on; write host:port, such as 127.0.0.1:8080");
    };
    if (colon == std::string_view::npos) return not_an_address();
    auto host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != std::string_view::npos)
        return not_an_address();
    const auto port = parse_port(text.substr(colon + 1));
    if (host.empty() || !port) return not_an_address();
    return endpoint{"http", std::string(host), *port, ""};
}

std::string without_userinfo(std::string_view text) {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos) return std::string(text);
    const auto scheme = text.substr(0, text.find('@')).find("://");
    return fmt::format("{}***{}", scheme == std::string_view::npos ? "" : text.substr(0, scheme + 3), text.substr(at));
}

bool uses_tls(const endpoint& e) noexcept { return e.scheme == "https" || e.scheme == "mqtts"; }

std::string to_paho_uri(const endpoint& e) {
    endpoint paho = e;
    paho.scheme = uses_tls(e) ? "ssl" : "tcp";
    return to_string(paho);
}

std::string to_string(const endpoint& e) {
    const bool v6 = e.host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}{}", e.scheme, v6 ? "[" : "", e.host, v6 ? "]" : "", e.port, e.path);
}

} // namespace loadsim::net
