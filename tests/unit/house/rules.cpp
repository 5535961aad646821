#include "rules.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

namespace house {
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

std::string part_after(std::string_view path, std::string_view prefix) {
    if (!path.starts_with(prefix)) return {};
    path.remove_prefix(prefix.size());
    const auto slash = path.find('/');
    return slash == std::string_view::npos ? std::string{} : std::string(path.substr(0, slash));
}

} // namespace

const arrows& allowed_arrows() {
    static const arrows table{
        {"base", {}},
        {"contract", {}},
        {"mqtt", {}},
        {"load", {}},
        {"vehicle", {}},
        {"measure", {}},
        {"verdict", {"measure"}},
        {"net", {"mqtt"}},
        {"http", {"net"}},
        {"fleet", {"contract", "http", "mqtt", "net", "vehicle", "measure"}},
        {"drive", {"contract", "http", "mqtt", "net", "measure"}},
        {"observe", {"contract", "http", "mqtt", "net", "measure"}},
        {"backend", {"contract", "http", "net"}},
        {"target", {"backend", "net"}},
        {"scenario",
         {"backend", "contract", "drive", "fleet", "http", "load", "measure", "mqtt", "net", "observe", "target", "vehicle",
          "verdict"}},
        {"cluster", {"measure"}},
        {"run",
         {"backend", "cluster", "contract", "drive", "fleet", "http", "load", "measure", "mqtt", "net", "observe",
          "scenario", "target", "vehicle", "verdict"}},
        {"report", {"measure", "verdict"}},
        {"app",
         {"backend", "cluster", "contract", "drive", "fleet", "http", "load", "measure", "mqtt", "net", "observe",
          "report", "run", "scenario", "target", "vehicle", "verdict"}},
    };
    return table;
}

std::string module_of(std::string_view path) {
    const auto face = part_after(path, "include/loadsim/");
    return face.empty() ? part_after(path, "src/") : face;
}

std::vector<std::string> wrong_arrows(const file& f, const arrows& table) {
    const auto from = module_of(f.path);
    const auto row = table.find(from);
    if (row == table.end()) return {f.path + ": '" + from + "' is not a module of the house"};
    std::vector<std::string> breaches;
    for (const auto& i : includes_of(f.text)) {
        if (!i.name.starts_with("loadsim/")) continue;
        const auto to = part_after(i.name, "loadsim/");
        if (to == from || to == "base" || row->second.contains(to)) continue;
        breaches.push_back(f.path + ": " + from + " may not use " + to + " (" + i.name + ")");
    }
    return breaches;
}

std::vector<std::string> borrowed_privates(const file& f) {
    std::vector<std::string> breaches;
    const auto inside = "src/" + module_of(f.path) + "/";
    for (const auto& i : includes_of(f.text)) {
        const bool climbs = i.name.starts_with("src/") || i.name.find("../") != std::string::npos;
        if (!climbs && (!i.quoted || i.name.starts_with("loadsim/"))) continue; // libraries and faces
        const auto seen = (std::filesystem::path(f.path).parent_path() / i.name).lexically_normal().generic_string();
        if (!seen.starts_with(inside) || i.name.starts_with("src/"))
            breaches.push_back(f.path + ": \"" + i.name + "\" is not inside " + inside);
    }
    return breaches;
}

std::vector<std::string> heavy_includes(const file& f) {
    if (!f.path.starts_with("include/")) return {}; // a private header has two or three readers, a face has dozens
    std::vector<std::string> breaches;
    for (const auto& i : includes_of(f.text)) {
        if (i.name == "boost/json/fwd.hpp") continue; // names only, nothing to compile
        for (const std::string_view heavy : {"boost/beast", "boost/asio/ssl", "boost/json"})
            if (i.name.starts_with(heavy))
                breaches.push_back(f.path + ": " + i.name + " belongs inside a module, or every build is slow");
    }
    return breaches;
}

std::vector<std::string> empty_names(std::string_view path) {
    const std::filesystem::path whole(path);
    constexpr std::array<std::string_view, 8> empty{"util",    "utils",   "common",   "helper",
                                                    "helpers", "manager", "managers", "misc"};
    std::vector<std::string> breaches;
    for (const auto& part : whole) {
        // Words between underscores count: session_manager.hpp says as little as manager.hpp.
        std::istringstream words(part.stem().string());
        for (std::string word; std::getline(words, word, '_');)
            if (std::ranges::find(empty, word) != empty.end())
                breaches.push_back(std::string(path) + ": '" + word + "' does not say what is inside");
    }
    return breaches;
}

std::vector<std::string> strangers(const std::vector<std::string>& top_level) {
    const std::set<std::string, std::less<>> places{
        "CMakeLists.txt", "CMakePresets.json", "README.md", "src",     "include", "tests",
        "scenarios",      "reports",           "bench",     "scripts", "deploy",  "docs"};
    std::vector<std::string> breaches;
    for (const auto& entry : top_level)
        if (!entry.starts_with('.') && !entry.starts_with("build") && !places.contains(entry))
            breaches.push_back(entry + ": has no place at the root");
    return breaches;
}

} // namespace house
