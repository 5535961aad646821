#include "includes.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/base/spelling.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::scenario {
namespace {

constexpr std::string_view include_key = file_keys[0].name;

class include_loader {
public:
    explicit include_loader(read_context& context) : context_(context) {
        std::error_code no_file; // a scenario that is not in a file
        const std::filesystem::path file(context.files.front().name);
        add({std::filesystem::weakly_canonical(file, no_file), {}});
    }

    /// The tree of the file, merged over those that it includes.
    std::optional<yaml_node> load(std::string_view text) {
        const auto file = open_.back();
        auto own = parse_yaml(text, 0, context_, file);
        if (!own) return std::nullopt;
        if (file != 0 && own->what != yaml_node::kind::map) {
            context_.expect_map(*own, "a map of keys"); // reports it
            return std::nullopt;
        }
        const auto key_count = std::ranges::count(own->members, include_key, &yaml_member::key);
        if (key_count == 0) return own;
        if (key_count > 1) {
            context_.add_problem(*own->find(include_key), "the key 'include' is there twice; one has a list of files");
            return std::nullopt;
        }
        yaml_node merged = make_node(yaml_node::kind::map, own->location);
        const yaml_node include = std::move(*own->find(include_key));
        std::erase_if(own->members, [](const yaml_member& m) { return m.key == include_key; });
        for (const auto& item : include.what == yaml_node::kind::list ? include.items : std::vector{include}) {
            auto one = load_file(item);
            if (!one) return std::nullopt;
            merge(merged, std::move(*one));
        }
        merge(merged, std::move(*own));
        return merged;
    }

private:
    struct loaded_file {
        std::filesystem::path path; ///< canonical
        source_location included_at;
    };

    void add(loaded_file file) {
        open_.push_back(static_cast<std::uint32_t>(loaded_.size()));
        loaded_.push_back(std::move(file));
    }

    std::optional<yaml_node> load_file(const yaml_node& item) {
        if (context_.expect_scalar(item, "the path of a file, or a list of them,") == nullptr) return std::nullopt;
        const auto refuse = [&](std::string text) {
            context_.add_problem(item, std::move(text));
            return std::nullopt;
        };
        const auto& including = context_.files[item.location.file];
        const auto name = (std::filesystem::path(including.name).parent_path() / item.text).lexically_normal().string();
        if (item.text.empty()) return refuse("a path of nothing");
        std::error_code error;
        auto path = std::filesystem::canonical(including.folder / item.text, error);
        if (error) return refuse(fmt::format("'{}' cannot be read ({})", name, error.message()));
        const auto same = std::ranges::find(loaded_, path, &loaded_file::path);
        if (same != loaded_.end()) return refuse(loaded_twice(name, static_cast<std::size_t>(same - loaded_.begin())));
        if (open_.size() > include_depth_limit)
            return refuse(fmt::format("files include each other more than {} levels deep", include_depth_limit));
        if (loaded_.size() == file_limit) return refuse(fmt::format("more than {} files", file_limit));
        const auto text = read_file(path, size_limit);
        if (!text) return refuse(fmt::format("'{}' {}", name, text.error().list.front().text));
        context_.files.push_back({name, std::filesystem::absolute(including.folder / item.text).parent_path()});
        add({std::move(path), item.location});
        auto tree = load(*text);
        open_.pop_back();
        return tree;
    }

    std::string loaded_twice(const std::string& name, std::size_t first) const {
        if (std::ranges::count(open_, first) != 0)
            return fmt::format("a cycle: '{}' includes this file, or is this file", name);
        const auto at = loaded_[first].included_at;
        return fmt::format("'{}' is included twice, first in {}:{}", name, context_.files[at.file].name, at.line);
    }

    read_context& context_;
    std::vector<loaded_file> loaded_; ///< by source_location::file
    std::vector<std::uint32_t> open_; ///< the file that is loaded, and those that include it, outermost first
};

} // namespace

void merge(yaml_node& base, yaml_node over) {
    if (base.what != yaml_node::kind::map || over.what != yaml_node::kind::map) {
        base = std::move(over);
        return;
    }
    base.location = over.location;
    std::unordered_map<std::string, std::size_t> inherited;
    for (std::size_t i = 0; i < base.members.size(); ++i) inherited.emplace(base.members[i].key, i);
    for (auto& m : over.members) {
        const auto found = inherited.find(m.key);
        if (found == inherited.end()) {
            base.members.push_back(std::move(m));
            continue;
        }
        auto& member = base.members[found->second];
        member.location = m.location;
        merge(member.value, std::move(m.value));
        inherited.erase(found);
    }
}

std::optional<yaml_node> parse_with_includes(std::string_view yaml, read_context& r) {
    return include_loader(r).load(yaml);
}

std::string apply_environment(std::string_view name, yaml_node& root, read_context& r) {
    const auto* all = root.find(environments_key);
    std::vector<std::string_view> names;
    if (all != nullptr) {
        const auto in_environments = r.enter(environments_key);
        if (!r.expect_map(*all, "a map of environments")) return {};
        for (const auto& m : all->members) {
            const auto in_environment = r.enter(m.key);
            names.push_back(m.key);
            if (!r.expect_map(m.value, "a map of keys")) continue;
            for (const auto& own : m.value.members)
                if (own.key == include_key || own.key == environments_key)
                    r.add_problem(own.location,
                                  fmt::format("'{}' belongs at the top of a file, not in an environment", own.key));
        }
    }
    if (name.empty()) return {};
    if (names.empty()) return "the scenario has no environments";
    const auto* chosen = all->find(name);
    if (chosen == nullptr) return unknown_name("environment", name, names);
    if (chosen->what == yaml_node::kind::map) merge(root, yaml_node{*chosen});
    return {};
}

} // namespace loadsim::scenario
