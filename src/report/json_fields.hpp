// Fields of JSON objects that other programs may have written: one that is missing or of another type is empty or 0.
#pragma once

#include <boost/json.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace loadsim::report {

inline boost::json::object as_object(const boost::json::value& v) {
    return v.is_object() ? v.get_object() : boost::json::object{};
}

inline boost::json::value value_at(const boost::json::object& fields, std::string_view name) {
    const auto* value = fields.if_contains(name);
    return value == nullptr ? boost::json::value{} : *value;
}

inline boost::json::object object_at(const boost::json::object& fields, std::string_view name) {
    return as_object(value_at(fields, name));
}

inline boost::json::array array_at(const boost::json::object& fields, std::string_view name) {
    const auto value = value_at(fields, name);
    return value.is_array() ? value.get_array() : boost::json::array{};
}

inline std::string text_at(const boost::json::object& fields, std::string_view name) {
    const auto* value = fields.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string{};
}

inline double number_at(const boost::json::object& fields, std::string_view name) {
    const auto value = value_at(fields, name);
    return value.is_number() ? value.to_number<double>() : 0;
}

/// A number that is no whole one, or negative, is 0.
inline std::uint64_t count_at(const boost::json::object& fields, std::string_view name) {
    const auto value = value_at(fields, name);
    boost::system::error_code error;
    const auto count = value.is_number() ? value.to_number<std::uint64_t>(error) : 0;
    return error ? 0 : count;
}

inline std::map<std::string, std::uint64_t> counts_by_text_at(const boost::json::object& fields,
                                                              std::string_view name) {
    std::map<std::string, std::uint64_t> counts;
    const auto all = object_at(fields, name);
    for (const auto& [text, count] : all) counts[std::string(text)] = count_at(all, text);
    return counts;
}

template <std::size_t N>
std::array<std::uint64_t, N> counts_by_name_at(const boost::json::object& fields, std::string_view name,
                                               const std::array<std::string_view, N>& names) {
    std::array<std::uint64_t, N> counts{};
    const auto all = object_at(fields, name);
    for (std::size_t i = 0; i < N; ++i) counts[i] = count_at(all, names[i]);
    return counts;
}

} // namespace loadsim::report
