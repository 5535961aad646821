#include "value_types.hpp"

#include "renamed_names.hpp"

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/input.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/contract/placeholder_text.hpp>
#include <loadsim/net/source_addresses.hpp>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace loadsim::scenario::value_types {
namespace {

/// The whole text as one number in fixed notation; exponents are not accepted.
std::optional<double> to_number(std::string_view text) {
    double value = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value, std::chars_format::fixed);
    if (error != std::errc{} || end != last || !std::isfinite(value)) return std::nullopt;
    return value;
}

/// Shortest fixed notation that reads back to the same value.
std::string digits_of(double value) {
    std::array<char, 400> buffer; // the largest double has 309 digits
    const auto [end, error] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
    return error == std::errc{} ? std::string(buffer.data(), end) : "0";
}

constexpr double max_rate = 1'000'000; // per second; beyond the capacity of any machine

} // namespace

yaml_node make_text(std::string_view text) {
    auto made = make_scalar(std::string(text));
    made.may_hold_secret = true;
    return made;
}
yaml_node make_secret(std::string_view text) { return make_scalar(std::string(text.empty() ? text : secret_mask)); }

void text::read(read_context& r, const yaml_node& n, std::string& out) const {
    const auto* found = r.expect_scalar(n, "a text");
    if (found == nullptr) return;
    if (found->size() > max_length)
        return r.add_problem(n, fmt::format("{} characters; {} is the most", found->size(), max_length));
    out = *found;
}
json::object text::schema() const { return {{"type", "string"}, {"maxLength", max_length}}; }

void name_text::read(read_context& r, const yaml_node& n, std::string& out) const {
    if (n.what != yaml_node::kind::scalar || r.expect_printable(n.location, n.text)) text{name_length}.read(r, n, out);
}

void placeholder_text::read(read_context& r, const yaml_node& n, std::string& out) const {
    text{max_length}.read(r, n, out);
    if (n.what != yaml_node::kind::scalar) return;
    for (const auto& name : loadsim::contract::environment_names(n.text))
        if (const char* value = std::getenv(name.c_str())) r.check_length(n, name, value);
    if (secret) return;
    for (auto& warning : loadsim::contract::foreign_placeholders(n.text)) r.add_warning(n, std::move(warning));
}
json::object placeholder_text::schema() const {
    return secret ? environment_text{}.schema() : text{max_length}.schema();
}

void file_path::read(read_context& r, const yaml_node& n, std::string& out) const {
    text{}.read(r, n, out);
    if (n.what == yaml_node::kind::scalar) out = r.path_of_file(n);
}

void file_template::read(read_context& r, const yaml_node& n, std::string& out) const {
    placeholder_text{}.read(r, n, out);
    if (n.what == yaml_node::kind::scalar) out = r.path_of_file(n);
}

namespace {

/// The text with the values of its ${NAME}, which `on_value` gets; nullopt after a problem.
std::optional<std::string> insert_environment(read_context& r, const yaml_node& n, std::string_view expected,
                                              void (*on_value)(std::string_view)) {
    const auto* found = r.expect_scalar(n, expected);
    if (found == nullptr) return std::nullopt;
    std::string made;
    std::string_view rest = *found;
    for (auto begin = rest.find("${"); begin != std::string_view::npos; begin = rest.find("${")) {
        const auto end = rest.find('}', begin);
        const std::string name{end == std::string_view::npos ? "" : rest.substr(begin + 2, end - begin - 2)};
        const char* value = std::getenv(name.c_str());
        if (end == std::string_view::npos)
            r.add_problem(n, "'${' without its '}'");
        else if (value == nullptr)
            r.add_problem(n, fmt::format("the environment variable '{}' is not set", name));
        if (value == nullptr) return std::nullopt;
        made += rest.substr(0, begin);
        on_value(value);
        if (on_value == register_secret) r.check_length(n, name, value);
        made += value;
        rest.remove_prefix(end + 1);
    }
    return made.append(rest);
}

/// In a URL a value is no secret: problems and reports name the host.
void keep_readable(std::string_view) {}

void add_secret(read_context& r, const yaml_node& n, std::string_view value) {
    register_secret(value);
    if (n.text.find("${") != std::string::npos) return; // insert_environment() has warned
    if (!value.empty() && value.size() < secret_masker::min_secret_length && value != secret_mask)
        r.add_warning(n, fmt::format("a secret of less than {} bytes is not masked within other texts",
                                     secret_masker::min_secret_length));
}

} // namespace

void environment_text::read(read_context& r, const yaml_node& n, std::string& out) const {
    auto made = insert_environment(r, n, "a text", url ? keep_readable : register_secret);
    if (!made) return;
    if (secret) add_secret(r, n, *made);
    out = std::move(*made);
}
json::object environment_text::schema() const { return {{"type", "string"}}; }

void secret::read(read_context& r, const yaml_node& n, std::string& out) const {
    const auto* file = n.what == yaml_node::kind::map && n.members.size() == 1 ? n.find("file") : nullptr;
    if (file == nullptr) return environment_text{.secret = true}.read(r, n, out);
    if (r.expect_scalar(*file, "the path of a file") == nullptr) return;
    const auto path = r.path_of_file(*file);
    if (std::error_code unknown; !std::filesystem::exists(path, unknown) && !unknown)
        return r.add_problem(*file, fmt::format("'{}' does not exist", path));
    auto text = read_file(path, 64 * 1024);
    if (!text) return r.add_problem(*file, fmt::format("'{}' {}", path, text.error().list.front().text));
    if (text->empty()) return r.add_problem(*file, fmt::format("'{}' is empty", path));
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    add_secret(r, n, *text);
    out = std::move(*text);
}
json::object secret::schema() const {
    return {{"title", "secret"},
            {"anyOf", json::array{json::object{{"type", "string"}},
                                  json::object{{"type", "object"},
                                               {"properties", json::object{{"file", json::object{{"type", "string"}}}}},
                                               {"required", json::array{"file"}},
                                               {"additionalProperties", false}}}}};
}

void flag::read(read_context& r, const yaml_node& n, bool& out) const {
    constexpr std::string_view expected = "true or false";
    const auto* found = r.expect_scalar(n, expected);
    if (found == nullptr) return;
    if (*found != "true" && *found != "false")
        return r.add_problem(n, fmt::format("{} belongs here, not '{}'", expected, *found));
    out = *found == "true";
}
json::object flag::schema() const { return {{"type", "boolean"}}; }

std::optional<std::uint64_t> read_integer(read_context& r, const yaml_node& n, std::uint64_t min, std::uint64_t max) {
    constexpr auto no_maximum = std::numeric_limits<std::uint64_t>::max();
    const auto* found = r.expect_scalar(n, "a whole number");
    if (found == nullptr) return std::nullopt;
    std::uint64_t value = 0;
    const auto* last = found->data() + found->size();
    const auto [end, error] = std::from_chars(found->data(), last, value);
    if (error == std::errc::invalid_argument || end != last) {
        r.add_problem(n, fmt::format("'{}' is not a whole number from {}{}", *found, min,
                                     max == no_maximum ? "" : fmt::format(" to {}", max)));
        return std::nullopt;
    }
    if (error == std::errc{} && value < min && max == no_maximum) {
        r.add_problem(n, fmt::format("{} is too small; {} is the least", *found, min));
        return std::nullopt;
    }
    if (error != std::errc{} || value < min || value > max) {
        r.add_problem(n, fmt::format("{} is not between {} and {}", *found, min, max));
        return std::nullopt;
    }
    return value;
}
json::object integer_schema(std::uint64_t min, std::uint64_t max) {
    return {{"type", "integer"}, {"minimum", min}, {"maximum", max}};
}

void number::read(read_context& r, const yaml_node& n, double& out) const {
    const auto* found = r.expect_scalar(n, "a number");
    if (found == nullptr) return;
    const auto value = to_number(*found);
    if (!value || (!is_signed && std::signbit(*value))) {
        const bool has_exponent = std::isdigit(static_cast<unsigned char>(found->front())) != 0 &&
                                  found->find_first_of("eE") != std::string::npos;
        return r.add_problem(n, fmt::format("'{}' is not a number{}{}", *found, is_signed ? "" : " from 0",
                                            has_exponent ? "; write it without an exponent, such as 1000" : ""));
    }
    out = *value;
}
yaml_node number::write(double value) const { return make_scalar(digits_of(value)); }
json::object number::schema() const {
    return is_signed ? json::object{{"type", "number"}} : json::object{{"type", "number"}, {"minimum", 0}};
}

void duration::read(read_context& r, const yaml_node& n, nanoseconds& out) const {
    const auto* found =
        r.expect_scalar(n, bare_seconds ? "a duration such as 90 (seconds) or 2m" : "a duration such as 250ms or 2m");
    if (found == nullptr) return;
    const auto bare = bare_seconds ? to_number(*found) : std::nullopt;
    const auto parsed = parse_duration(bare && !std::signbit(*bare) ? *found + "s" : *found);
    if (!parsed) return r.add_problem(n, parsed.error().list.front().text);
    if (*parsed < min)
        return r.add_problem(n, fmt::format("'{}' is too short; {} is the least", *found, format_duration(min)));
    if (*parsed > max)
        return r.add_problem(n, fmt::format("'{}' is too long; {} is the most", *found, format_duration(max)));
    out = *parsed;
}
void duration::read(read_context& r, const yaml_node& n, std::chrono::seconds& out) const {
    nanoseconds exact = out;
    read(r, n, exact);
    const auto whole_seconds = std::chrono::floor<std::chrono::seconds>(exact);
    if (whole_seconds != exact) return r.add_problem(n, fmt::format("'{}' must be whole seconds", n.text));
    out = whole_seconds;
}
json::object duration::schema() const {
    constexpr auto* with_unit = R"(^([0-9.]+(ns|us|ms|s|m|h|d))+$)";
    constexpr auto* or_without = R"(^([0-9.]+(ns|us|ms|s|m|h|d)?)+$)";
    if (bare_seconds)
        return {
            {"title", "duration or seconds"}, {"type", {"string", "number"}}, {"pattern", or_without}, {"minimum", 0}};
    return {{"title", "duration"}, {"type", "string"}, {"pattern", with_unit}};
}

void data_size::read(read_context& r, const yaml_node& n, std::uint64_t& out) const {
    const auto* found = r.expect_scalar(n, "a size such as 4096 or 1MB");
    if (found == nullptr) return;
    constexpr std::pair<std::string_view, double> units[]{{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}};
    std::string_view digits = *found;
    double factor = 1;
    for (const auto& [unit, bytes] : units)
        if (digits.ends_with(unit)) {
            digits.remove_suffix(unit.size());
            factor = bytes;
        }
    const auto value = to_number(digits);
    const auto size = value ? std::round(*value * factor) : -1;
    if (!value || std::signbit(*value) || size > 1e18 || (factor == 1 && size != *value))
        return r.add_problem(
            n, fmt::format("'{}' is no size; write a number of bytes, or one with kB, MB or GB, such as 1MB", *found));
    out = static_cast<std::uint64_t>(size);
}
json::object data_size::schema() const {
    return {{"title", "size"}, {"type", {"string", "integer"}}, {"pattern", "^[0-9.]+([kMG]B)?$"}, {"minimum", 0}};
}

void rate_value::read(read_context& r, const yaml_node& n, rate& out) const {
    const auto* found = r.expect_scalar(n, "a rate such as 200 or 200/s");
    if (found == nullptr) return;
    const auto parsed = parse_rate(*found);
    if (!parsed) return r.add_problem(n, parsed.error().list.front().text);
    if (parsed->per_second > max_rate) return r.add_problem(n, fmt::format("'{}' is more than {}/s", *found, max_rate));
    out = *parsed;
}
yaml_node rate_value::write(rate value) const { return make_scalar(digits_of(value.per_second)); }
json::object rate_value::schema() const {
    return {{"title", "rate"},
            {"type", {"string", "number"}},
            {"pattern", "^[0-9.]+(/([smh]|day))?$"},
            {"minimum", 0},
            {"maximum", max_rate}};
}

void fraction_value::read(read_context& r, const yaml_node& n, fraction& out) const {
    const auto* found = r.expect_scalar(n, "a share such as 25%");
    if (found == nullptr) return;
    const auto parsed = parse_fraction(*found);
    if (!parsed) return r.add_problem(n, parsed.error().list.front().text);
    out = *parsed;
}
yaml_node fraction_value::write(fraction value) const {
    const auto percent = format_fraction(value);
    const auto back = parse_fraction(percent);
    // A percentage cannot express a third exactly; the fraction is written with all digits.
    return make_scalar(back && *back == value ? percent : digits_of(value.value));
}
json::object fraction_value::schema() const {
    return {
        {"title", "share"}, {"type", {"string", "number"}}, {"pattern", "^[0-9.]+%?$"}, {"minimum", 0}, {"maximum", 1}};
}

std::optional<std::size_t> read_choice(read_context& r, const yaml_node& n, std::span<const std::string_view> names) {
    const auto* found = r.expect_scalar(n, fmt::format("one of {}", fmt::join(names, ", ")));
    if (found == nullptr) return std::nullopt;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == *found) return i;
    r.add_problem(n, unknown_or_renamed("value", *found, names));
    return std::nullopt;
}
json::object choice_schema(std::span<const std::string_view> names) {
    json::array values;
    for (const auto name : names) {
        values.emplace_back(name);
        // A validator sees YAML's 5.0 as the number 5.
        const auto value = to_number(name);
        if (value && std::find(values.begin(), values.end(), json::value(*value)) == values.end())
            values.emplace_back(*value);
    }
    return {{"enum", std::move(values)}};
}

void endpoint::read(read_context& r, const yaml_node& n, net::endpoint& out) const {
    const auto found = insert_environment(r, n, "a URL", keep_readable);
    if (!found) return;
    const auto parsed = parse(*found);
    if (!parsed) return r.add_problem(n, parsed.error().list.front().text);
    out = *parsed;
}
json::object endpoint::schema() const { return {{"title", "URL"}, {"type", "string"}}; }

void source_address::read(read_context& r, const yaml_node& n, std::string& out) const {
    const auto* found = r.expect_scalar(n, "an address or a block of addresses");
    if (found == nullptr) return;
    if (const auto parsed = net::parse_source_address(*found); !parsed)
        return r.add_problem(n, parsed.error().list.front().text);
    out = *found;
}
json::object source_address::schema() const { return {{"title", "address or block"}, {"type", "string"}}; }

} // namespace loadsim::scenario::value_types
