#include <loadsim/base/encoding.hpp>
#include <loadsim/report/run_labels.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace loadsim::report {
namespace {

constexpr std::size_t max_labels = 50;
constexpr std::size_t max_label_value = 1000; // bytes
constexpr std::size_t max_tags = 20;
constexpr std::size_t max_tag_value = 250; // of a dimension of CloudWatch, as in metrics_emf.cpp

/// Labels of the metrics (docs/metrics.md), which are dimensions beside the tags.
constexpr auto metric_label_names = std::to_array<std::string_view>(
    {"anomaly", "campaign", "condition", "direction", "group", "hop", "observer", "outcome", "phase", "result",
     "resumed", "scenario", "service", "stage", "state", "tap", "verdict"});

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

/// Part of a sentence; empty: valid.
std::string tag_error(std::string_view key, std::string_view value, const run_labels& before,
                      const run_labels& labels) {
    if (auto error = label_error(key, value, before); !error.empty()) return error;
    if (std::ranges::count(metric_label_names, key) != 0 || key == "_aws" || key.starts_with("loadsim_"))
        return fmt::format("has the key '{}', which the metrics of loadsim have themselves; take another one", key);
    if (std::ranges::count(labels, key, &run_labels::value_type::first) != 0)
        return fmt::format("has the key of a --label; leave one of the two out, as a report has one value of '{}'",
                           key);
    const bool is_ascii = std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
    if (value.size() > max_tag_value || !is_ascii || value.starts_with(':') ||
        value.find_first_not_of(' ') == std::string_view::npos)
        return fmt::format("has a value that is no dimension of a metric: 1 to {} printable ASCII characters, not only "
                           "blanks, without a colon at the begin",
                           max_tag_value);
    return {};
}

/// `error_of(name, value, before)`: part of a sentence; empty: valid.
template <class ErrorOf>
result<run_labels> parse_texts(const std::vector<std::string>& texts, const std::string& flag, std::size_t most,
                               std::string_view noun, ErrorOf error_of) {
    run_labels all;
    problems errors;
    if (texts.size() > most) errors.add(flag, fmt::format("{} {}; {} is the most", texts.size(), noun, most));
    for (const std::string_view text : texts) {
        const auto end_of_name = text.find('=');
        const auto name = end_of_name == std::string_view::npos ? std::string_view{} : text.substr(0, end_of_name);
        const auto value = end_of_name == std::string_view::npos ? std::string_view{} : text.substr(end_of_name + 1);
        if (auto error = error_of(name, value, all); !error.empty())
            errors.add(flag + " " + excerpt(text, 100), std::move(error));
        else
            all.emplace_back(name, value);
    }
    if (!errors.empty()) return errors;
    return all;
}

} // namespace

result<run_labels> parse_run_labels(const std::vector<std::string>& texts) {
    return parse_texts(texts, "--label", max_labels, "labels", label_error);
}

result<run_labels> parse_run_tags(const std::vector<std::string>& texts, const run_labels& labels,
                                  const std::string& flag) {
    return parse_texts(texts, flag, max_tags, "tags",
                       [&](std::string_view key, std::string_view value, const run_labels& before) {
                           return tag_error(key, value, before, labels);
                       });
}

} // namespace loadsim::report
