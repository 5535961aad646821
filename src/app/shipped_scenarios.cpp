#include "shipped_scenarios.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/base/spelling.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace loadsim::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view scenario_extension = ".yaml";

/// A relative path without an extension and without "..": a name, in contrast to the path of a file.
bool looks_like_name(const fs::path& given) {
    return !given.is_absolute() && !given.has_extension() && given.has_filename() &&
           std::ranges::none_of(given, [](const fs::path& part) { return part == "." || part == ".."; });
}

/// "quickstart" of "scenarios/quickstart.yaml", as the file is called in a checkout.
std::string name_in_path(const std::string& given) {
    auto name = fs::path(given).replace_extension().generic_string();
    if (constexpr std::string_view folder = "scenarios/"; name.starts_with(folder)) name.erase(0, folder.size());
    return name;
}

/// Whether something is at this path. Also true of a link to nothing and of what cannot be examined: reading it gives the error.
bool is_there(const fs::path& given) {
    std::error_code error;
    return fs::symlink_status(given, error).type() != fs::file_type::not_found;
}

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('/') + 1); }

/// The shipped name that is most like the given one, with its folder or without. Empty: none is.
std::string_view near_name(std::string_view given, const std::vector<std::string>& names) {
    std::vector<std::string_view> all;
    for (const auto& name : names) all.insert(all.end(), {name, last_part(name)});
    const auto near = nearest_name(given, all);
    const auto name =
        std::ranges::find_if(names, [near](const auto& one) { return one == near || last_part(one) == near; });
    return near.empty() || name == names.end() ? std::string_view{} : std::string_view(*name);
}

} // namespace

fs::path shipped_scenarios_folder() {
    std::error_code error;
    const auto program_folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    if (program_folder.empty()) return {}; // without /proc
    const auto installed = program_folder.parent_path() / "share/loadsim/scenarios";
    if (fs::is_directory(installed, error)) return installed;
    const auto parent = program_folder.parent_path();
    if (program_folder.filename() != "app" || parent.filename() != "src") return {}; // of a build folder
    const auto checkout = parent.parent_path().parent_path() / "scenarios";
    return fs::is_directory(checkout, error) ? checkout : fs::path{};
}

std::vector<std::string> shipped_scenario_names(const fs::path& shipped) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(shipped, error), end; !error && entry != end; entry.increment(error))
        if (entry->path().extension() == scenario_extension)
            names.push_back(entry->path().lexically_relative(shipped).replace_extension().generic_string());
    std::ranges::sort(names, {}, [](const std::string& name) {
        return std::pair(name.find('/') != std::string::npos, std::string_view(name));
    });
    return names;
}

result<std::string> find_shipped_scenario(const std::string& name, const fs::path& shipped) {
    if (shipped.empty())
        return problems{name, "the scenarios that come with loadsim are not installed beside this program: they belong "
                              "in ../share/loadsim/scenarios"};
    const auto names = shipped_scenario_names(shipped);
    if (std::ranges::count(names, name) != 0) return (shipped / name).string() + std::string(scenario_extension);
    std::error_code error;
    if (looks_like_name(name) && fs::is_directory(shipped / name, error))
        return problems{name, fmt::format("no scenario of this name comes with loadsim, but a folder of scenarios: "
                                          "`{} suite {}` runs them",
                                          command_name(), name)};
    const auto near = near_name(name_in_path(name), names);
    return problems{name,
                    fmt::format("no scenario of this name comes with loadsim{}; `{} scenarios` lists those that do",
                                near.empty() ? "" : fmt::format("; did you mean '{}'?", near), command_name())};
}

result<std::string> find_scenario(const std::string& given, const fs::path& shipped) {
    std::error_code error;
    const bool exists = is_there(given);
    if (exists && !fs::is_directory(given, error)) return given;
    const bool is_name = looks_like_name(given);
    const auto name = is_name ? given : name_in_path(given);
    auto found = find_shipped_scenario(name, shipped);
    if (is_name && found) return found;
    if (exists) return given; // a folder
    if (is_name) return problems{given, "there is no such file, and " + found.error().list.front().text};
    if (!found) return given;
    return problems{given, fmt::format("cannot be read (No such file or directory); the scenario that comes with "
                                       "loadsim is called {}",
                                       name)};
}

std::string find_scenario_folder(const std::string& given, const fs::path& shipped) {
    const fs::path path(given);
    const auto name = path.has_filename() ? path : path.parent_path(); // "edge-cases/", as a shell completes it
    if (shipped.empty() || !looks_like_name(name) || is_there(name)) return given;
    std::error_code error;
    const auto folder = shipped / name;
    return fs::is_directory(folder, error) ? folder.string() : given;
}

std::string summary_of_scenario(std::string_view text) {
    std::string comment;
    while (text.starts_with("# ")) {
        const auto end = std::min(text.find('\n'), text.size());
        comment.append(comment.empty() ? "" : " ").append(text.substr(2, end - 2));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    auto sentence = comment.substr(0, comment.find(". "));
    if (sentence.ends_with('.')) sentence.pop_back();
    return sentence;
}

} // namespace loadsim::app
