#include <loadsim/report/load_description.hpp>

#include <loadsim/base/encoding.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace loadsim::report {
namespace {

using text_lines = std::vector<std::string_view>;

text_lines lines_of_text(std::string_view text) {
    text_lines lines;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        lines.push_back(line);
    }
    return lines;
}

std::size_t indentation(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

/// The part of a key of the outermost map: what follows it on its line, and the lines below it without two blanks of indentation.
std::string yaml_value_of(std::string_view yaml, std::string_view key) {
    std::string value;
    bool inside = false;
    for (auto line : lines_of_text(yaml)) {
        if (indentation(line) == 0 && !line.starts_with("- ")) {
            inside = line.starts_with(key) && line.substr(key.size()).starts_with(':');
            if (!inside) continue;
            line.remove_prefix(key.size() + 1);
            line = trimmed(line);
            if (!line.empty()) value += std::string(line) + '\n';
        } else if (inside) {
            line.remove_prefix(std::min<std::size_t>(indentation(line), 2));
            value += std::string(line) + '\n';
        }
    }
    return value;
}

std::string yaml_at(std::string_view yaml, std::string_view path) {
    std::string value(yaml);
    for (bool more = true; more;) {
        const auto key = path.substr(0, path.find('.'));
        more = key.size() < path.size();
        path.remove_prefix(std::min(path.size(), key.size() + 1));
        value = yaml_value_of(value, key);
    }
    return value;
}

/// Names of the behaviours in `fleet.segments`.
std::set<std::string> behaviours_in(std::string_view segments) {
    constexpr std::string_view key = "behaviour:";
    std::set<std::string> names;
    for (auto line : lines_of_text(segments)) {
        line.remove_prefix(std::min(line.find_first_not_of(" -"), line.size()));
        if (line.starts_with(key)) names.emplace(trimmed(line.substr(key.size())));
    }
    return names;
}

std::string shown(const text_lines& lines, std::size_t at) {
    constexpr std::size_t width = 60;
    return at < lines.size() ? '\'' + excerpt(trimmed(lines[at]), width) + '\'' : "nothing";
}

std::string difference(const std::string& key, std::string_view before, std::string_view after) {
    const auto old_lines = lines_of_text(before);
    const auto new_lines = lines_of_text(after);
    const auto at = static_cast<std::size_t>(std::ranges::mismatch(old_lines, new_lines).in1 - old_lines.begin());
    return fmt::format("{} differs: {} in the old run, {} in the new one", key, shown(old_lines, at),
                       shown(new_lines, at));
}

} // namespace

load_description describe_load(std::string_view yaml) {
    load_description all;
    const auto add = [&](const std::string& key, std::string value) {
        if (!value.empty() && trimmed(value) != "[]") all.emplace_back(key, std::move(value));
    };
    add("name", yaml_at(yaml, "name"));
    if (const auto target = yaml_at(yaml, "target"); !target.empty())
        add("target", yaml_value_of(target, "broker").empty() && yaml_value_of(target, "api").empty() ? "embedded\n"
                                                                                                      : "addresses\n");
    for (const auto* key : {"fleet.vehicles", "fleet.link", "fleet.client", "fleet.mqtt.version", "fleet.segments",
                            "fleet.trips", "fleet.telemetry", "fleet.alarms", "fleet.store"})
        add(key, yaml_at(yaml, key));
    for (const auto& name : behaviours_in(yaml_at(yaml, "fleet.segments")))
        add("behaviours." + name, yaml_value_of(yaml_at(yaml, "behaviours"), name));
    for (const auto* key : {"conditions", "load.services", "load.phases", "load.spacing", "load.driver", "campaigns"})
        add(key, yaml_at(yaml, key));
    return all;
}

std::vector<std::string> load_differences(const load_description& before, const load_description& after) {
    const auto text_of = [](const load_description& all, const std::string& key) {
        const auto found = std::ranges::find(all, key, &load_description::value_type::first);
        return found == all.end() ? std::string{} : found->second;
    };
    std::vector<std::string> sentences;
    for (const auto& [key, text] : before)
        if (const auto other = text_of(after, key); other != text) sentences.push_back(difference(key, text, other));
    for (const auto& [key, text] : after)
        if (text_of(before, key).empty()) sentences.push_back(difference(key, {}, text));
    return sentences;
}

} // namespace loadsim::report
