#include "typed_value.hpp"

#include <loadsim/base/encoding.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <system_error>
#include <type_traits>

namespace loadsim::contract {

template <class Integer>
std::string parse_integer(std::string_view text, Integer& out) {
    const auto point = text.find('.');
    if (point != std::string_view::npos && point + 1 < text.size() &&
        text.find_first_not_of('0', point + 1) == std::string_view::npos)
        text = text.substr(0, point);
    const bool is_below_zero = std::is_unsigned_v<Integer> && text.starts_with('-');
    if (is_below_zero) text.remove_prefix(1);
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, out);
    if (end != last || error == std::errc::invalid_argument) return "is no whole number";
    if (error == std::errc{} && (!is_below_zero || out == 0)) return {};
    using limits = std::numeric_limits<Integer>;
    return "is not between " + std::to_string(limits::min()) + " and " + std::to_string(limits::max());
}

template std::string parse_integer(std::string_view, std::int32_t&);
template std::string parse_integer(std::string_view, std::int64_t&);
template std::string parse_integer(std::string_view, std::uint32_t&);
template std::string parse_integer(std::string_view, std::uint64_t&);

template <class Real>
std::string parse_real(std::string_view text, Real& out) {
    double value = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    if (end != last || error == std::errc::invalid_argument || !std::isfinite(value)) return "is no number";
    if (error != std::errc{} || std::abs(value) > double{std::numeric_limits<Real>::max()})
        return std::is_same_v<Real, float> ? "is out of the range of a float" : "is out of the range of a double";
    out = static_cast<Real>(value);
    return {};
}

template std::string parse_real(std::string_view, float&);
template std::string parse_real(std::string_view, double&);

std::string parse_bool(std::string_view text, bool& out) {
    out = text == "true" || text == "1";
    return out || text == "false" || text == "0" ? "" : "is neither true nor false";
}

std::string check_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto one = decode_utf8(text);
        if (one.length == 0) return "is no UTF-8";
        text.remove_prefix(one.length);
    }
    return {};
}

} // namespace loadsim::contract
