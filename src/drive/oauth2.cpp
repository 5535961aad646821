#include "oauth2.hpp"

#include "digest.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace loadsim::drive {
namespace {

/// application/x-www-form-urlencoded.
std::string form(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '*';
        if (plain)
            out += c;
        else if (c == ' ')
            out += '+';
        else
            fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

/// What the server says is wrong, by RFC 6749, 5.2: {"error": "invalid_client"}; empty: it does not.
std::string error_in(const boost::json::value& said) {
    const auto* object = said.if_object();
    const auto* error = object == nullptr ? nullptr : object->if_contains("error");
    return error != nullptr && error->is_string() ? std::string(error->get_string()) : std::string{};
}

} // namespace

http::request token_request(const auth_options::oauth2_options& o) {
    std::string body = "grant_type=client_credentials";
    if (!o.scope.empty()) body += "&scope=" + form(o.scope);
    // RFC 6749, 2.3.1: in the header, which every server has to take, and coded as in a form first.
    return {.method = "POST",
            .headers = {{"Authorization", "Basic " + base64(form(o.client_id) + ':' + form(o.client_secret))},
                        {"Content-Type", "application/x-www-form-urlencoded"}},
            .body = std::move(body)};
}

result<token> read_token(const http::response& answer) {
    boost::system::error_code error;
    const auto said = boost::json::parse(answer.body, error);
    if (answer.status != 200) {
        const auto why = error ? std::string{} : error_in(said);
        return problems{"", fmt::format("no token is given (status {}{}{}); check clientId, clientSecret and scope",
                                        answer.status, why.empty() ? "" : ": ", why)};
    }
    const auto* object = error ? nullptr : said.if_object();
    const auto* value = object == nullptr ? nullptr : object->if_contains("access_token");
    if (value == nullptr || !value->is_string() || value->get_string().empty())
        return problems{"", "the answer holds no access_token; check that tokenUrl is the token endpoint"};
    token made{.value = std::string(value->get_string()), .lasts = std::chrono::hours{1}};
    if (const auto* lasts = object->if_contains("expires_in"); lasts != nullptr && lasts->is_number()) {
        boost::system::error_code none;
        const auto seconds = lasts->to_number<double>(none);
        // A year at most: what is longer would not fit in nanoseconds.
        if (!none && seconds >= 1)
            made.lasts = std::chrono::seconds{static_cast<std::int64_t>(std::min(seconds, 365.0 * 86'400))};
    }
    return made;
}

nanoseconds renew_after(nanoseconds lasts) { return lasts - std::min<nanoseconds>(std::chrono::minutes{1}, lasts / 5); }

} // namespace loadsim::drive
