#include "live_page_access.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/hash.hpp>

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <random>

namespace loadsim::app {
namespace {

/// The host of "host:port", "[::1]:port" or a host alone; of an IPv6 address without the brackets.
std::string_view host_of_field(std::string_view field) {
    if (field.starts_with('[')) return field.substr(1, field.find(']') - 1);
    return field.substr(0, field.rfind(':'));
}

bool is_address(std::string_view host) {
    boost::system::error_code none;
    boost::asio::ip::make_address(host, none);
    return !none;
}

/// The host and port of "http://host:port"; empty: it has no scheme of the web, as "null" has none.
std::string_view authority_of_origin(std::string_view origin) {
    for (const std::string_view scheme : {"http://", "https://"})
        if (origin.starts_with(scheme)) return origin.substr(scheme.size());
    return {};
}

} // namespace

bool is_loopback(std::string_view host) {
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address(host, no_address);
    return no_address ? equal_ignoring_case(host, "localhost") : address.is_loopback();
}

bool live_page_access::has_token(const http::request_view& request) const {
    const auto given = request.parameter("token");
    return given && constant_time_equal(*given, token);
}

/// A name that a site has chosen for this machine's address is no address.
bool live_page_access::is_own_host(std::string_view field) const {
    const auto name = host_of_field(field);
    return is_address(name) || equal_ignoring_case(name, "localhost") ||
           (!name.empty() && equal_ignoring_case(name, host));
}

std::string live_page_access::refusal(const http::request_view& request) const {
    if (has_token(request)) return {};
    if (needs_token) return "the live page is at the address that the run has printed, with its token";
    if (is_own_host(request.header("Host"))) return {};
    return "the live page has no such host name; use the address that the run has printed";
}

std::string live_page_access::stop_refusal(const http::request_view& request) const {
    if (auto why = refusal(request); !why.empty()) return why;
    // RFC 6454, 7: browsers send it with every POST.
    if (const auto origin = request.header("Origin");
        !origin.empty() && !equal_ignoring_case(authority_of_origin(origin), request.header("Host")))
        return "only the live page itself stops the run";
    if (!constant_time_equal(request.header("X-Loadsim-Token"), token))
        return "stopping the run needs the token of the address that the run has printed";
    return {};
}

std::string new_live_page_token() {
    std::random_device random; // the kernel's
    std::string bytes;
    for (int word = 0; word < 4; ++word) {
        const std::uint32_t bits = random();
        for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift & 0xFFU);
    }
    return to_hex(bytes);
}

} // namespace loadsim::app
