#include <loadsim/base/spelling.hpp>
#include <loadsim/scenario/suite_selection.hpp>

#include "includes.hpp"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

namespace loadsim::scenario {

file_outline outline_of(std::string_view yaml, const std::filesystem::path& file) {
    std::error_code no_file;
    file_outline made{.path = std::filesystem::weakly_canonical(file, no_file), .included = {}};
    read_context ignored;
    const auto root = parse_yaml(yaml, 0, ignored);
    if (!root) return made;
    made.has_name = root->find("name") != nullptr;
    const auto* include = root->find(file_keys[0].name);
    if (include == nullptr) return made;
    for (const auto& item : include->what == yaml_node::kind::list ? include->items : std::vector{*include})
        if (auto path = std::filesystem::canonical(made.path.parent_path() / item.text, no_file); !no_file)
            made.included.push_back(std::move(path));
    return made;
}

bool is_fragment(const file_outline& file, std::span<const file_outline> all) {
    return !file.has_name && std::ranges::any_of(all, [&](const file_outline& other) {
        return std::ranges::count(other.included, file.path) != 0;
    });
}

bool has_wanted_tag(std::span<const std::string> tags, std::span<const std::string> wanted) {
    return wanted.empty() || std::ranges::find_first_of(tags, wanted) != tags.end();
}

problems check_wanted_tags(std::span<const std::string> wanted, std::span<const std::string> tags) {
    const std::set<std::string_view> known(tags.begin(), tags.end());
    const std::vector<std::string_view> names(known.begin(), known.end());
    problems errors;
    for (const auto& tag : wanted)
        if (!known.contains(tag)) errors.add("--tag", unknown_name("tag", tag, names));
    return errors;
}

} // namespace loadsim::scenario
