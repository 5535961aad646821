#include "json_text.hpp"

#include <loadsim/base/encoding.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace loadsim::contract {
namespace {

namespace json = boost::json;

constexpr std::size_t value_nesting_limit = 16; // nesting depth of a value
constexpr std::size_t size_limit = 64 * 1024;   // bytes; larger values are not parsed

/// RFC 8259, 6, of any length, as ids have; without an exponent, so that a hexadecimal id such as 12e4 is a text.
bool is_number(std::string_view text) {
    const auto digits = [&] {
        const auto length = std::min(text.find_first_not_of("0123456789"), text.size());
        text.remove_prefix(length);
        return length;
    };
    if (text.starts_with('-')) text.remove_prefix(1);
    const bool zero = text.starts_with('0');
    const auto whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    if (text.empty()) return true;
    if (text.front() != '.') return false;
    text.remove_prefix(1);
    return digits() > 0 && text.empty();
}

bool is_json(std::string_view text) {
    if (is_json_scalar(text)) return true;
    const char first = text.front();
    const char last = text.back();
    if ((first != '{' || last != '}') && (first != '[' || last != ']') && (first != '"' || last != '"')) return false;
    if (text.size() > size_limit) return false;
    json::parse_options options;
    options.max_depth = value_nesting_limit;
    boost::system::error_code error;
    std::array<unsigned char, 2048> room;
    json::monotonic_resource memory(room.data(), room.size());
    (void)json::parse(json::string_view(text.data(), text.size()), error, &memory, options);
    return !error;
}

} // namespace

bool is_json_scalar(std::string_view text) {
    return is_number(text) || text == "true" || text == "false" || text == "null";
}

void append_json_value(std::string_view value, std::string& out) {
    if (value.empty()) {
        out += "null";
    } else if (is_json(value)) {
        out += value;
    } else {
        out += '"';
        append_json_escaped(value, out);
        out += '"';
    }
}

std::string json_error(std::string_view text) {
    boost::system::error_code error;
    (void)json::parse(json::string_view(text.data(), text.size()), error);
    return error ? error.message() : std::string{};
}

} // namespace loadsim::contract
