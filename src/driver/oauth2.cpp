#include "oauth2.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/secrets.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace loadsim::driver {
namespace {

std::string form_encode(std::string_view text) { return percent_encode(text, url_part::form); }

/// Error code in the token response (RFC 6749, 5.2): {"error": "invalid_client"}; empty: none.
std::string error_in(const boost::json::value& parsed) {
    const auto* object = parsed.if_object();
    const auto* error = object == nullptr ? nullptr : object->if_contains("error");
    return error != nullptr && error->is_string() ? std::string(error->get_string()) : std::string{};
}

} // namespace

http::request token_request(const auth_options::oauth2_options& o) {
    std::string body = "grant_type=client_credentials";
    if (!o.scope.empty()) body += "&scope=" + form_encode(o.scope);
    // RFC 6749, 2.3.1: credentials in the header, which every server must support; form-encoded first.
    const auto credentials = form_encode(o.client_id) + ':' + form_encode(o.client_secret);
    register_secret(credentials); // its base64, too
    return {.method = "POST",
            .headers = {{"Authorization", "Basic " + to_base64(credentials)},
                        {"Content-Type", "application/x-www-form-urlencoded"}},
            .body = std::move(body)};
}

result<token> parse_token(const http::response& response) {
    boost::system::error_code error;
    const auto parsed = boost::json::parse(without_byte_order_mark(response.body), error);
    if (response.status != 200) {
        const auto why = error ? std::string{} : error_in(parsed);
        return problems{"", fmt::format("no token is given (status {}{}{}); check clientId, clientSecret and scope",
                                        response.status, why.empty() ? "" : ": ", why)};
    }
    const auto* object = error ? nullptr : parsed.if_object();
    const auto* value = object == nullptr ? nullptr : object->if_contains("access_token");
    if (value == nullptr || !value->is_string() || value->get_string().empty())
        return problems{"", "the token response has no access_token; check that tokenUrl is the token endpoint"};
    token made{.value = std::string(value->get_string()), .lifetime = std::chrono::hours{1}};
    if (const auto* lifetime = object->if_contains("expires_in"); lifetime != nullptr && lifetime->is_number()) {
        boost::system::error_code conversion_error;
        const auto seconds = lifetime->to_number<double>(conversion_error);
        // At most a year: a much longer lifetime would overflow nanoseconds.
        if (!conversion_error && seconds >= 1)
            made.lifetime = std::chrono::seconds{static_cast<std::int64_t>(std::min(seconds, 365.0 * 86'400))};
    }
    return made;
}

nanoseconds renewal_delay(nanoseconds lifetime) {
    return lifetime - std::min<nanoseconds>(std::chrono::minutes{1}, lifetime / 5);
}

} // namespace loadsim::driver
