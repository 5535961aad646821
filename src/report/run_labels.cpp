#include <loadsim/base/encoding.hpp>
#include <loadsim/report/run_labels.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace loadsim::report {
namespace {

constexpr std::size_t max_labels = 50;
constexpr std::size_t max_label_value = 1000; // bytes

bool is_label_name(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._/-").find(c) != std::string_view::npos;
    };
    return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, is_allowed);
}

/// Part of a sentence; empty: valid.
std::string label_error(std::string_view name, std::string_view value, const run_labels& before) {
    if (!is_label_name(name))
        return "needs the form NAME=VALUE, with a name of 1 to 100 letters, digits and . _ / -, such as commit=4f3c2a1";
    if (std::ranges::count(before, name, &run_labels::value_type::first) != 0)
        return fmt::format("is there twice; a run has one value of '{}'", name);
    if (value.size() > max_label_value)
        return fmt::format("has a value of {} bytes; {} is the most", value.size(), max_label_value);
    if (printable_length(value) != value.size()) return "has a value with control characters or invalid UTF-8";
    return {};
}

} // namespace

result<run_labels> parse_run_labels(const std::vector<std::string>& texts) {
    run_labels labels;
    problems errors;
    if (texts.size() > max_labels)
        errors.add("--label", fmt::format("{} labels; {} is the most", texts.size(), max_labels));
    for (const std::string_view text : texts) {
        const auto end_of_name = text.find('=');
        const auto name = end_of_name == std::string_view::npos ? std::string_view{} : text.substr(0, end_of_name);
        const auto value = end_of_name == std::string_view::npos ? std::string_view{} : text.substr(end_of_name + 1);
        if (auto error = label_error(name, value, labels); !error.empty())
            errors.add("--label " + excerpt(text, 100), std::move(error));
        else
            labels.emplace_back(name, value);
    }
    if (!errors.empty()) return errors;
    return labels;
}

} // namespace loadsim::report
