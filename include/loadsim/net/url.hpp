// Endpoints of brokers and APIs, parsed from URLs.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/net/tls_options.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace loadsim::net {

/// A parsed URL of a broker or an API.
struct endpoint {
    std::string scheme; ///< "mqtt", "mqtts", "http" or "https"
    std::string host;
    std::uint16_t port = 0;
    std::string path;       ///< base path of an API, percent-encoded as written, without a trailing slash; may be empty
    std::string user{};     ///< of a broker, for loadsim's own sessions (not the vehicles'); empty: none
    std::string password{}; ///< never printed
    tls_options tls{};      ///< likewise, for mqtts

    friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// mqtt://host[:1883], mqtts://host[:8883]; tcp:// and ssl:// are synonyms. Errors: one sentence, without a source location and
/// without userinfo.
result<endpoint> parse_broker_url(std::string_view);
/// http://host[:80][/base], https://host[:443][/base].
result<endpoint> parse_api_url(std::string_view);
/// The same for a collector of OpenTelemetry.
result<endpoint> parse_collector_url(std::string_view);
/// host:port, [v6]:port; port 0 = any free one.
result<endpoint> parse_listen_address(std::string_view);
/// The text of a URL without its userinfo, which may hold a password: "mqtt://***@host". Valid or not, everything before the last '@'.
std::string without_userinfo(std::string_view);
bool uses_tls(const endpoint&) noexcept;
std::string to_string(const endpoint&);   ///< "mqtt://127.0.0.1:1883"
std::string to_paho_uri(const endpoint&); ///< in Eclipse Paho's form: "tcp://127.0.0.1:1883", "ssl://..."

} // namespace loadsim::net
