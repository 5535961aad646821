#include "count_check.hpp"

#include "json_fields.hpp"

#include <loadsim/base/encoding.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <initializer_list>
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

/// The numbers of an object, and none of what is below it.
json::object numbers_of(const json::object& fields) {
    json::object numbers;
    for (const auto& [name, value] : fields)
        if (value.is_number()) numbers[name] = value;
    return numbers;
}

std::uint64_t sum_at(const json::object& counts, std::initializer_list<std::string_view> names) {
    std::uint64_t sum = 0;
    for (const auto name : names) sum += count_at(counts, name);
    return sum;
}

/// Sentence if the sum of some counts is more than the sum of others.
std::string more_than(const json::object& counts, const std::string& path,
                      std::initializer_list<std::string_view> parts, std::initializer_list<std::string_view> whole) {
    const auto sum = sum_at(counts, parts);
    const auto most = sum_at(counts, whole);
    if (sum <= most) return {};
    return fmt::format("{}: {}, as a sum, is {}, more than the {} of {}", path, fmt::join(parts, ", "), sum, most,
                       fmt::join(whole, " and "));
}

/// A message of telemetry ended in one way, and a message or record of a tap was found to be one thing. Of an aborted run some are open.
std::string telemetry_error(const json::object& document) {
    std::string error;
    for (const auto& row : array_at(document, "telemetry")) {
        const auto counts = numbers_of(as_object(row));
        const auto path = joined_path("telemetry", text_at(as_object(row), "group"));
        if (error = no_count(counts, path); !error.empty()) return error;
        error = more_than(counts, path,
                          {"acknowledged", "refused", "unacknowledged", "unsent", "errored", "overwritten", "expired",
                           "too_old", "in_store"},
                          {"due", "restored"});
        if (error.empty()) error = more_than(counts, path, {"sent", "stored", "unsent", "errored"}, {"due"});
        if (!error.empty()) return error;
    }
    for (const auto& tap : array_at(document, "taps"))
        for (const auto& row : array_at(as_object(tap), "groups")) {
            const auto counts = numbers_of(as_object(row));
            const auto path = joined_path("taps", text_at(as_object(tap), "name"));
            if (error = no_count(counts, path); !error.empty()) return error;
            error = more_than(counts, path, {"matched", "corrupted", "lost", "sent_not_reconciled"}, {"sent"});
            if (error.empty())
                error = more_than(counts, path,
                                  {"matched", "corrupted", "duplicated", "reissue_duplicates", "foreign",
                                   "consumed_not_reconciled", "unknown_vehicle", "without_sequence"},
                                  {"consumed"});
            if (!error.empty()) return error;
        }
    return {};
}

} // namespace

std::string count_error(const json::object& document) {
    for (const auto& [name, value] : document)
        if (name != "budgets") // observed values and limits, which are not read back
            if (auto error = negative_number(value, std::string(name)); !error.empty()) return error;
    for (const auto* name : {"requests", "anomalies", "expected_anomalies"})
        if (auto error = no_count(object_at(document, name), name); !error.empty()) return error;
    if (auto error = more_than_due(object_at(document, "requests")); !error.empty()) return error;
    return telemetry_error(document);
}

} // namespace loadsim::report
