#include <loadsim/net/options.hpp>

#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include <charconv>
#include <initializer_list>
#include <optional>

namespace loadsim::net {
namespace {

problems wrong(std::string_view text, std::string_view why) { return problems{"", fmt::format("'{}' {}", text, why)}; }

std::optional<std::uint16_t> port_in(std::string_view digits) {
    std::uint16_t port{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return port;
}

struct wanted {
    std::string_view what;    ///< "broker"
    std::string_view example; ///< "mqtt://127.0.0.1:1883"
    std::initializer_list<std::string_view> schemes;
    std::string_view scheme; ///< the one the result carries
    std::uint16_t port;      ///< when the URL names none
    bool path;
};

result<endpoint> parse(std::string_view text, const wanted& want) {
    const auto url = boost::urls::parse_uri({text.data(), text.size()});
    const auto no_url = [&] {
        return wrong(text, fmt::format("is not a URL of a {}; write it as {}", want.what, want.example));
    };
    if (!url || !url->has_authority() || url->host().empty()) return no_url();
    // Boost.URL 1.81 takes what follows the port's digits for a path.
    if (const std::string path = url->path(); !path.empty() && path.front() != '/') return no_url();
    const std::string_view scheme{url->scheme().data(), url->scheme().size()};
    bool known = false;
    for (const auto s : want.schemes) known = known || s == scheme;
    if (!known)
        return wrong(text, fmt::format("has the scheme '{}'; a {} is written {}", scheme, want.what, want.example));
    if (url->has_userinfo())
        return wrong(text, "holds a user; credentials do not belong in a URL, where logs would show them");
    if (url->has_query() || url->has_fragment() || (!want.path && !url->path().empty() && url->path() != "/"))
        return wrong(text, fmt::format("has more than a host and a port; write it as {}", want.example));
    endpoint place{
        .scheme = std::string(want.scheme), .host = url->host_address(), .port = want.port, .path = url->path()};
    if (const std::string digits = url->port(); !digits.empty()) {
        const auto port = port_in(digits);
        if (!port || *port == 0) return wrong(text, "has a port outside 1 to 65535");
        place.port = *port;
    }
    while (!place.path.empty() && place.path.back() == '/') place.path.pop_back();
    return place;
}

} // namespace

result<endpoint> parse_broker_url(std::string_view text) {
    return parse(text, {"broker", "mqtt://127.0.0.1:1883", {"mqtt", "tcp"}, "mqtt", 1883, false});
}

result<endpoint> parse_api_url(std::string_view text) {
    if (text.starts_with("https:"))
        return parse(text, {"platform's API", "https://127.0.0.1:8443", {"https"}, "https", 443, true});
    return parse(text, {"platform's API", "http://127.0.0.1:8080", {"http"}, "http", 80, true});
}

result<endpoint> parse_listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    const auto refuse = [&] {
        return wrong(text, "is not an address to listen on; write host:port, such as 127.0.0.1:8080");
    };
    if (colon == std::string_view::npos) return refuse();
    auto host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != std::string_view::npos)
        return refuse();
    const auto port = port_in(text.substr(colon + 1));
    if (host.empty() || !port) return refuse();
    return endpoint{"http", std::string(host), *port, ""};
}

std::string to_paho(const endpoint& e) {
    endpoint named = e;
    named.scheme = "tcp";
    return to_string(named);
}

std::string to_string(const endpoint& e) {
    const bool v6 = e.host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}{}", e.scheme, v6 ? "[" : "", e.host, v6 ? "]" : "", e.port, e.path);
}

} // namespace loadsim::net
