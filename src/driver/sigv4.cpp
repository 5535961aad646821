#include "sigv4.hpp"

#include "digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::driver {
namespace {

bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (const char c : text)
        if (is_unreserved(c))
            out += c;
        else
            fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    return out;
}

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char byte = 0;
        const auto* digits = text.data() + i + 1;
        const bool is_encoded =
            text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
        out += is_encoded ? static_cast<char>(byte) : text[i];
        if (is_encoded) i += 2;
    }
    return out;
}

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
    for (const auto level : levels) (out += '/') += percent_encode(level);
    if (out.empty() || path.ends_with('/')) out += '/';
    return out;
}

std::string canonical_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> parameters;
    for_each_part(query, '&', [&](std::string_view one) {
        if (one.empty()) return;
        const auto end = std::min(one.find('='), one.size());
        parameters.emplace_back(percent_encode(percent_decode(one.substr(0, end))),
                                percent_encode(percent_decode(one.substr(std::min(end + 1, one.size())))));
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

std::string lower(std::string_view name) {
    std::string out(name);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// "20150830T123600Z"
std::string amz_date(std::int64_t wall_seconds) {
    const std::chrono::sys_seconds at{std::chrono::seconds{wall_seconds}};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(at - day);
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count());
}

} // namespace

canonical_form canonical_request(const http::request& r, const signing_target& destination) {
    std::map<std::string, std::string> headers{{"host", destination.host}};
    for (const auto& [name, value] : r.headers) {
        auto& all = headers[lower(name)];
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
    fmt::format_to(std::back_inserter(made.text), "\n{}\n{}", made.headers, hex(sha256(r.body)));
    return made;
}

void sign_v4(http::request& r, const auth_options::sigv4_options& o, const signing_target& destination,
             std::int64_t wall_seconds) {
    http::escape_target(r.target);
    const auto now = amz_date(wall_seconds);
    const auto day = now.substr(0, 8);
    // Content-Type must be signed when present, so it is added before signing.
    if (const auto type = http::guess_content_type(r.body);
        !type.empty() && http::find_header(r.headers, "Content-Type").empty())
        r.headers.emplace_back("Content-Type", type);
    r.headers.emplace_back("X-Amz-Date", now);
    if (!o.session_token.empty()) r.headers.emplace_back("X-Amz-Security-Token", o.session_token);
    const auto canonical = canonical_request(r, destination);
    const auto scope = fmt::format("{}/{}/{}/aws4_request", day, o.region, o.service);
    const auto text = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", now, scope, hex(sha256(canonical.text)));
    auto key = hmac_sha256("AWS4" + o.secret_key, day);
    key = hmac_sha256(key, o.region);
    key = hmac_sha256(key, o.service);
    key = hmac_sha256(key, "aws4_request");
    r.headers.emplace_back("Authorization",
                           fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                                       o.access_key, scope, canonical.headers, hex(hmac_sha256(key, text))));
}

} // namespace loadsim::driver
