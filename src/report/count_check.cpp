#include "count_check.hpp"

#include "json_fields.hpp"

#include <loadsim/base/encoding.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cmath>
#include <string_view>

namespace loadsim::report {
namespace {

namespace json = boost::json;

/// A name may be a text from outside, such as the reason of an error.
std::string joined_path(std::string_view path, std::string_view name) {
    constexpr std::size_t name_length_max = 60;
    return fmt::format("{}{}{}", path, path.empty() ? "" : ".", excerpt(name, name_length_max));
}

/// Of all numbers below a value.
std::string negative_number(const json::value& value, const std::string& path) {
    if (value.is_number()) {
        const auto number = value.to_number<double>();
        if (std::isfinite(number) && number >= 0) return {};
        return fmt::format("{} is {}: it cannot be negative or infinite", path, number);
    }
    std::string error;
    if (value.is_object()) {
        for (const auto& [name, field] : value.get_object())
            if (error = negative_number(field, joined_path(path, name)); !error.empty()) break;
    } else if (value.is_array()) {
        for (const auto& item : value.get_array())
            if (error = negative_number(item, path + "[]"); !error.empty()) break;
    }
    return error;
}

/// Of all values below an object: each is a count, or an object of counts.
std::string no_count(const json::object& counts, const std::string& path) {
    for (const auto& [name, value] : counts) {
        const auto here = joined_path(path, name);
        if (value.is_object()) {
            if (auto error = no_count(value.get_object(), here); !error.empty()) return error;
            continue;
        }
        boost::system::error_code error;
        const auto count = value.is_number() ? value.to_number<std::uint64_t>(error) : count_max + 1;
        if (error || count > count_max)
            return fmt::format("{} is {}: a whole number up to {} belongs there", here,
                               excerpt(json::serialize(value), 40), count_max);
    }
    return {};
}

std::string more_than_due(const json::object& requests) {
    const auto due = count_at(requests, "due");
    std::uint64_t ended = 0;
    const auto outcomes = object_at(requests, "outcomes");
    for (const auto& [name, count] : outcomes) ended += count_at(outcomes, name);
    const auto sentence = [due](std::string_view name, std::uint64_t count) {
        return fmt::format("requests.{} is {}, more than the {} that were due", name, count, due);
    };
    if (ended > due) return sentence("outcomes, as a sum,", ended);
    for (const auto* name : {"sent", "unexpected"})
        if (const auto count = count_at(requests, name); count > due) return sentence(name, count);
    return {};
}

} // namespace

std::string count_error(const json::object& document) {
    for (const auto& [name, value] : document)
        if (name != "budgets") // observed values and limits, which are not read back
            if (auto error = negative_number(value, std::string(name)); !error.empty()) return error;
    for (const auto* name : {"requests", "anomalies", "expected_anomalies"})
        if (auto error = no_count(object_at(document, name), name); !error.empty()) return error;
    return more_than_due(object_at(document, "requests"));
}

} // namespace loadsim::report
