#include "sigv4.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/hash.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::driver {
namespace {

std::string hex_sha256(std::string_view text) { return to_hex(hash(hash_function::sha256, text)); }
std::string hmac_sha256(std::string_view key, std::string_view text) { return hmac(hash_function::sha256, key, text); }

/// Calls `on_part` for each part of a text between separators.
template <class Take>
void for_each_part(std::string_view text, char separator, Take&& on_part) {
    for (;;) {
        const auto end = std::min(text.find(separator), text.size());
        on_part(text.substr(0, end));
        if (end == text.size()) return;
        text.remove_prefix(end + 1);
    }
}

/// Path without empty, "." and ".." segments. Percent-encodes again, as all services but S3 require.
std::string canonical_path(std::string_view path) {
    std::vector<std::string_view> levels;
    for_each_part(path, '/', [&](std::string_view level) {
        if (level.empty() || level == ".") return;
        if (level != "..")
            levels.push_back(level);
        else if (!levels.empty())
            levels.pop_back();
    });
    std::string out;
    for (const auto level : levels) (out += '/') += percent_encode(level, url_part::component);
    if (out.empty() || path.ends_with('/')) out += '/';
    return out;
}

std::string canonical_query(std::string_view query) {
    const auto normalize = [](std::string_view text) {
        return percent_encode(percent_decode(text), url_part::component);
    };
    std::vector<std::pair<std::string, std::string>> parameters;
    for_each_part(query, '&', [&](std::string_view one) {
        if (one.empty()) return;
        const auto end = std::min(one.find('='), one.size());
        parameters.emplace_back(normalize(one.substr(0, end)), normalize(one.substr(std::min(end + 1, one.size()))));
    });
    std::ranges::sort(parameters);
    std::string out;
    for (const auto& [name, value] : parameters) {
        if (!out.empty()) out += '&';
        out.append(name).append("=").append(value);
    }
    return out;
}

/// Trims both ends and collapses runs of blanks to one.
std::string collapse_blanks(std::string_view value) {
    std::string out;
    for_each_part(value, ' ', [&](std::string_view part) {
        if (part.empty()) return;
        if (!out.empty()) out += ' ';
        out += part;
    });
    return out;
}

} // namespace

canonical_form canonical_request(const http::request& r, const signing_target& destination) {
    std::map<std::string, std::string> headers;
    if (http::find_header(r.headers, "Host").empty()) headers["host"] = destination.host;
    for (const auto& [name, value] : r.headers) {
        std::string key(name);
        std::ranges::transform(key, key.begin(), ascii_lower);
        auto& all = headers[key];
        if (!all.empty()) all += ',';
        all += collapse_blanks(value);
    }
    canonical_form made;
    const std::string target = destination.base_path + r.target;
    const auto query_start = std::min(target.find('?'), target.size());
    const auto query = std::string_view(target).substr(std::min(query_start + 1, target.size()));
    made.text = fmt::format("{}\n{}\n{}\n", r.method, canonical_path(std::string_view(target).substr(0, query_start)),
                            canonical_query(query));
    for (const auto& [name, value] : headers) {
        made.text.append(name).append(":").append(value).append("\n");
        if (!made.headers.empty()) made.headers += ';';
        made.headers += name;
    }
    fmt::format_to(std::back_inserter(made.text), "\n{}\n{}", made.headers, hex_sha256(r.body));
    return made;
}

void sign_v4(http::request& r, const auth_options::sigv4_options& o, const signing_target& destination,
             std::int64_t wall_seconds) {
    r.target = percent_encode(r.target, url_part::target);
    const auto now =
        iso_time(std::chrono::system_clock::time_point(std::chrono::seconds{wall_seconds}), iso_format::basic);
    const auto day = now.substr(0, 8);
    // Content-Type must be signed when present, so it is added before signing.
    if (const auto type = http::guess_content_type(r.body);
        !type.empty() && http::find_header(r.headers, "Content-Type").empty())
        r.headers.emplace_back("Content-Type", type);
    r.headers.emplace_back("X-Amz-Date", now);
    if (!o.session_token.empty()) r.headers.emplace_back("X-Amz-Security-Token", o.session_token);
    const auto canonical = canonical_request(r, destination);
    const auto scope = fmt::format("{}/{}/{}/aws4_request", day, o.region, o.service);
    const auto text = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", now, scope, hex_sha256(canonical.text));
    auto key = hmac_sha256("AWS4" + o.secret_key, day);
    key = hmac_sha256(key, o.region);
    key = hmac_sha256(key, o.service);
    key = hmac_sha256(key, "aws4_request");
    r.headers.emplace_back("Authorization",
                           fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                                       o.access_key, scope, canonical.headers, to_hex(hmac_sha256(key, text))));
}

} // namespace loadsim::driver
