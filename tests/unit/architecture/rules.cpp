#include "rules.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

namespace architecture {
namespace {

struct include {
    std::string name;
    bool quoted = false;
};

std::vector<include> includes_of(const std::string& text) {
    std::vector<include> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const auto hash = line.find_first_not_of(" \t");
        if (hash == std::string::npos || line[hash] != '#') continue;
        const auto word = line.find_first_not_of(" \t", hash + 1);
        if (word == std::string::npos || line.compare(word, 7, "include") != 0) continue;
        const auto open = line.find_first_of("<\"", word + 7);
        if (open == std::string::npos) continue;
        const auto close = line.find(line[open] == '<' ? '>' : '"', open + 1);
        if (close == std::string::npos) continue;
        found.push_back({line.substr(open + 1, close - open - 1), line[open] == '"'});
    }
    return found;
}

std::string first_folder_after(std::string_view path, std::string_view prefix) {
    if (!path.starts_with(prefix)) return {};
    path.remove_prefix(prefix.size());
    const auto slash = path.find('/');
    return slash == std::string_view::npos ? std::string{} : std::string(path.substr(0, slash));
}

} // namespace

const dependency_table& allowed_dependencies() {
    static const dependency_table table{
        {"base", {}},
        {"certificate", {}},
        {"mqtt", {}},
        {"contract", {"mqtt"}},
        {"kafka", {}},
        {"load", {}},
        {"telemetry", {"contract"}},
        {"vehicle", {"certificate"}},
        {"measure", {}},
        {"verdict", {"measure"}},
        {"net", {"certificate", "mqtt"}},
        {"http", {"net"}},
        {"fleet", {"certificate", "contract", "http", "mqtt", "net", "telemetry", "vehicle", "measure"}},
        {"driver", {"contract", "http", "mqtt", "net", "measure"}},
        {"observer", {"contract", "http", "kafka", "mqtt", "net", "measure"}},
        {"backend", {"contract", "http", "kafka", "mqtt", "net"}},
        {"target", {"backend", "kafka", "net"}},
        {"scenario",
         {"backend", "certificate", "contract", "driver", "fleet", "http", "kafka", "load", "measure", "mqtt", "net",
          "observer", "target", "telemetry", "vehicle", "verdict"}},
        {"cluster", {"measure"}},
        {"run",
         {"backend", "certificate", "cluster", "contract", "driver", "fleet", "http", "kafka", "load", "measure",
          "mqtt", "net", "observer", "scenario", "target", "telemetry", "vehicle", "verdict"}},
        {"experiment", {"measure", "verdict"}},
        {"report", {"experiment", "measure", "verdict"}},
        {"app", {"backend", "certificate", "cluster",  "contract", "driver",    "experiment", "fleet",
                 "http",    "kafka",       "load",     "measure",  "mqtt",      "net",        "observer",
                 "report",  "run",         "scenario", "target",   "telemetry", "vehicle",    "verdict"}},
    };
    return table;
}

std::string module_of(std::string_view path) {
    const auto public_module = first_folder_after(path, "include/loadsim/");
    return public_module.empty() ? first_folder_after(path, "src/") : public_module;
}

std::vector<std::string> forbidden_dependencies(const source_file& f, const dependency_table& table) {
    const auto from = module_of(f.path);
    const auto row = table.find(from);
    if (row == table.end()) return {f.path + ": '" + from + "' is not a module of the architecture"};
    std::vector<std::string> violations;
    for (const auto& i : includes_of(f.text)) {
        if (!i.name.starts_with("loadsim/")) continue;
        const auto to = first_folder_after(i.name, "loadsim/");
        if (to == from || to == "base" || row->second.contains(to)) continue;
        violations.push_back(f.path + ": " + from + " may not use " + to + " (" + i.name + ")");
    }
    return violations;
}

std::vector<std::string> private_includes(const source_file& f) {
    std::vector<std::string> violations;
    const auto module_folder = "src/" + module_of(f.path) + "/";
    for (const auto& i : includes_of(f.text)) {
        const bool leaves_folder = i.name.starts_with("src/") || i.name.find("../") != std::string::npos;
        if (!leaves_folder && (!i.quoted || i.name.starts_with("loadsim/"))) continue; // libraries and public headers
        const auto resolved =
            (std::filesystem::path(f.path).parent_path() / i.name).lexically_normal().generic_string();
        if (!resolved.starts_with(module_folder) || i.name.starts_with("src/"))
            violations.push_back(f.path + ": \"" + i.name + "\" is not inside " + module_folder);
    }
    return violations;
}

std::vector<std::string> heavy_includes(const source_file& f) {
    if (!f.path.starts_with("include/")) return {}; // a private header has two or three includers, a public one dozens
    std::vector<std::string> violations;
    for (const auto& i : includes_of(f.text)) {
        if (i.name == "boost/json/fwd.hpp") continue; // forward declarations only
        for (const std::string_view heavy : {"boost/beast", "boost/asio/ssl", "boost/json"})
            if (i.name.starts_with(heavy))
                violations.push_back(f.path + ": " + i.name + " belongs inside a module, or every build is slow");
    }
    return violations;
}

std::vector<std::string> vague_names(std::string_view path) {
    const std::filesystem::path whole(path);
    constexpr std::array<std::string_view, 8> vague{"util",    "utils",   "common",   "helper",
                                                    "helpers", "manager", "managers", "misc"};
    std::vector<std::string> violations;
    for (const auto& part : whole) {
        // Checks each part between underscores: session_manager.hpp is as vague as manager.hpp.
        std::istringstream words(part.stem().string());
        for (std::string word; std::getline(words, word, '_');)
            if (std::ranges::find(vague, word) != vague.end())
                violations.push_back(std::string(path) + ": '" + word + "' does not say what is inside");
    }
    return violations;
}

std::vector<std::string> unexpected_entries(const std::vector<std::string>& top_level) {
    const std::set<std::string, std::less<>> allowed_entries{"CMakeLists.txt", "CMakePresets.json",
                                                             "README.md",      "ARCHITECTURE.md",
                                                             "CHANGELOG.md",   "CONTRIBUTING.md",
                                                             "LICENSE",        "src",
                                                             "include",        "tests",
                                                             "bench",          "cmake",
                                                             "data",           "deploy",
                                                             "docs",           "reports",
                                                             "scenarios",      "scripts",
                                                             "action.yml"};
    std::vector<std::string> violations;
    for (const auto& entry : top_level)
        if (!entry.starts_with('.') && !entry.starts_with("build") && !allowed_entries.contains(entry))
            violations.push_back(entry + ": does not belong at the root");
    return violations;
}

} // namespace architecture
