#include "kinds.hpp"

#include <loadsim/base/names.hpp>
#include <loadsim/net/sources.hpp>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>

namespace loadsim::scenario::kinds {
namespace {

/// All of the text as one number, without the exponents that nobody writes in a scenario.
std::optional<double> to_number(std::string_view text) {
    double value = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value, std::chars_format::fixed);
    if (error != std::errc{} || end != last || !std::isfinite(value)) return std::nullopt;
    return value;
}

/// The shortest digits that read back to the same value.
std::string digits_of(double value) {
    std::array<char, 400> buffer; // the largest double has 309 digits
    const auto [end, error] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
    return error == std::errc{} ? std::string(buffer.data(), end) : "0";
}

constexpr std::size_t length_most = 300; // of a budget: two names and what compares them
constexpr double rate_most = 1'000'000;  // a second; no machine that runs this gets there

} // namespace

void text::read(reading& r, const node& n, std::string& out) const {
    const auto* found = r.scalar(n, "a text");
    if (found == nullptr) return;
    if (found->size() > most) return r.wrong(n, fmt::format("{} characters; {} is the most", found->size(), most));
    out = *found;
}
json::object text::schema() const { return {{"type", "string"}, {"maxLength", most}}; }

void environment_text::read(reading& r, const node& n, std::string& out) const {
    const auto* found = r.scalar(n, "a text");
    if (found == nullptr) return;
    std::string made;
    std::string_view rest = *found;
    for (auto begin = rest.find("${"); begin != std::string_view::npos; begin = rest.find("${")) {
        const auto end = rest.find('}', begin);
        if (end == std::string_view::npos) return r.wrong(n, "'${' without its '}'");
        const std::string name{rest.substr(begin + 2, end - begin - 2)};
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) return r.wrong(n, fmt::format("the environment variable '{}' is not set", name));
        made += rest.substr(0, begin);
        made += value;
        rest.remove_prefix(end + 1);
    }
    out = made.append(rest);
}
json::object environment_text::schema() const { return {{"type", "string"}}; }

void secret::read(reading& r, const node& n, std::string& out) const {
    const auto* file = n.what == node::kind::map && n.members.size() == 1 ? n.find("file") : nullptr;
    if (file == nullptr) return environment_text{.secret = true}.read(r, n, out);
    const auto* path = r.scalar(*file, "the path of a file");
    if (path == nullptr) return;
    constexpr std::size_t most = 64 * 1024;
    std::ifstream in(*path, std::ios::binary);
    std::string text(most, '\0');
    in.read(text.data(), static_cast<std::streamsize>(most));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, in.gcount())));
    if (!in.eof() || in.bad() || text.empty())
        return r.wrong(*file, fmt::format("'{}' cannot be read, is empty, or is more than 64 kB", *path));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    out = std::move(text);
}
json::object secret::schema() const {
    return {{"anyOf", json::array{json::object{{"type", "string"}},
                                  json::object{{"type", "object"},
                                               {"properties", json::object{{"file", json::object{{"type", "string"}}}}},
                                               {"required", json::array{"file"}},
                                               {"additionalProperties", false}}}}};
}

void flag::read(reading& r, const node& n, bool& out) const {
    constexpr std::string_view wanted = "true or false";
    const auto* found = r.scalar(n, wanted);
    if (found == nullptr) return;
    if (*found != "true" && *found != "false")
        return r.wrong(n, fmt::format("{} belongs here, not '{}'", wanted, *found));
    out = *found == "true";
}
json::object flag::schema() const { return {{"type", "boolean"}}; }

std::optional<std::uint64_t> read_whole(reading& r, const node& n, std::uint64_t least, std::uint64_t most) {
    const auto* found = r.scalar(n, "a whole number");
    if (found == nullptr) return std::nullopt;
    std::uint64_t value = 0;
    const auto* last = found->data() + found->size();
    const auto [end, error] = std::from_chars(found->data(), last, value);
    if (error == std::errc::invalid_argument || end != last) {
        r.wrong(n, fmt::format("'{}' is not a whole number from {} to {}", *found, least, most));
        return std::nullopt;
    }
    if (error != std::errc{} || value < least || value > most) {
        r.wrong(n, fmt::format("{} is not between {} and {}", *found, least, most));
        return std::nullopt;
    }
    return value;
}
json::object whole_schema(std::uint64_t least, std::uint64_t most) {
    return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
}

void number::read(reading& r, const node& n, double& out) const {
    const auto* found = r.scalar(n, "a number");
    if (found == nullptr) return;
    const auto value = to_number(*found);
    if (!value || std::signbit(*value)) return r.wrong(n, fmt::format("'{}' is not a number from 0", *found));
    out = *value;
}
node number::write(double value) const { return scalar(digits_of(value)); }
json::object number::schema() const { return {{"type", "number"}, {"minimum", 0}}; }

void duration::read(reading& r, const node& n, nanoseconds& out) const {
    const auto* found =
        r.scalar(n, bare_seconds ? "a duration such as 90 (seconds) or 2m" : "a duration such as 250ms or 2m");
    if (found == nullptr) return;
    const auto bare = bare_seconds ? to_number(*found) : std::nullopt;
    const auto parsed = parse_duration(bare && !std::signbit(*bare) ? *found + "s" : *found);
    if (!parsed) return r.wrong(n, parsed.error().list.front().text);
    if (*parsed < least)
        return r.wrong(n, fmt::format("'{}' is too short; {} is the least", *found, format_duration(least)));
    if (*parsed > most)
        return r.wrong(n, fmt::format("'{}' is too long; {} is the most", *found, format_duration(most)));
    out = *parsed;
}
void duration::read(reading& r, const node& n, std::chrono::seconds& out) const {
    nanoseconds exact = out;
    read(r, n, exact);
    const auto whole_seconds = std::chrono::floor<std::chrono::seconds>(exact);
    if (whole_seconds != exact) return r.wrong(n, fmt::format("'{}' must be whole seconds", n.text));
    out = whole_seconds;
}
json::object duration::schema() const {
    constexpr auto* with_unit = R"(^([0-9.]+(ns|us|ms|s|m|h|d))+$)";
    constexpr auto* or_without = R"(^([0-9.]+(ns|us|ms|s|m|h|d)?)+$)";
    if (bare_seconds) return {{"type", {"string", "number"}}, {"pattern", or_without}, {"minimum", 0}};
    return {{"type", "string"}, {"pattern", with_unit}};
}

void rate_value::read(reading& r, const node& n, rate& out) const {
    const auto* found = r.scalar(n, "a rate such as 200 or 200/s");
    if (found == nullptr) return;
    const auto parsed = parse_rate(*found);
    if (!parsed) return r.wrong(n, parsed.error().list.front().text);
    if (parsed->per_second > rate_most) return r.wrong(n, fmt::format("'{}' is more than {}/s", *found, rate_most));
    out = *parsed;
}
node rate_value::write(rate value) const { return scalar(digits_of(value.per_second)); }
json::object rate_value::schema() const {
    return {{"type", {"string", "number"}}, {"pattern", "^[0-9.]+(/[smh])?$"}, {"minimum", 0}, {"maximum", rate_most}};
}

void share_value::read(reading& r, const node& n, share& out) const {
    const auto* found = r.scalar(n, "a share such as 25%");
    if (found == nullptr) return;
    const auto parsed = parse_share(*found);
    if (!parsed) return r.wrong(n, parsed.error().list.front().text);
    out = *parsed;
}
node share_value::write(share value) const {
    const auto percent = format_share(value);
    const auto back = parse_share(percent);
    // A third has no exact percentage; as a fraction of one it has all its digits.
    return scalar(back && *back == value ? percent : digits_of(value.of_one));
}
json::object share_value::schema() const {
    return {{"type", {"string", "number"}}, {"pattern", "^[0-9.]+%?$"}, {"minimum", 0}, {"maximum", 1}};
}

std::optional<std::size_t> read_choice(reading& r, const node& n, std::span<const std::string_view> names) {
    const auto* found = r.scalar(n, fmt::format("one of {}", fmt::join(names, ", ")));
    if (found == nullptr) return std::nullopt;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == *found) return i;
    r.wrong(n, unknown_name("value", *found, names));
    return std::nullopt;
}
json::object choice_schema(std::span<const std::string_view> names) {
    json::array values;
    for (const auto name : names) {
        values.emplace_back(name);
        // YAML's 5.0 reaches a validator as the number 5.
        const auto value = to_number(name);
        if (value && std::find(values.begin(), values.end(), json::value(*value)) == values.end())
            values.emplace_back(*value);
    }
    return {{"enum", std::move(values)}};
}

void endpoint::read(reading& r, const node& n, net::endpoint& out) const {
    const auto* found = r.scalar(n, "a URL");
    if (found == nullptr) return;
    const auto parsed = parse(*found);
    if (!parsed) return r.wrong(n, parsed.error().list.front().text);
    out = *parsed;
}
json::object endpoint::schema() const { return {{"type", "string"}}; }

void source::read(reading& r, const node& n, std::string& out) const {
    const auto* found = r.scalar(n, "an address or a block of addresses");
    if (found == nullptr) return;
    if (const auto parsed = net::parse_source(*found); !parsed) return r.wrong(n, parsed.error().list.front().text);
    out = *found;
}
json::object source::schema() const { return {{"type", "string"}}; }

void budget::read(reading& r, const node& n, verdict::budget& out) const {
    const auto* found = r.scalar(n, "a budget such as \"e2e.p99 < 1s\"");
    if (found == nullptr) return;
    if (found->size() > length_most)
        return r.wrong(n, fmt::format("a budget of {} characters; {} is the most", found->size(), length_most));
    const auto parsed = verdict::parse_budget(*found);
    if (!parsed) return r.wrong(n, parsed.error().list.front().text);
    out = *parsed;
}
json::object budget::schema() const { return {{"type", "string"}}; }

} // namespace loadsim::scenario::kinds
