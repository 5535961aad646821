#include "tune_setup.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/report/load_description.hpp>
#include <loadsim/scenario/read.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace loadsim::app {
namespace {

/// What all variants of a comparison share.
report::load_description shared_load(const scenario::scenario_config& config) {
    auto load = report::describe_load(scenario::write(config));
    std::erase_if(load, [](const auto& part) { return part.first == "target"; }); // the platform may differ
    load.emplace_back("seed", std::to_string(config.seed));
    std::string budgets;
    for (const auto& b : config.budgets) budgets += fmt::format("{} {}\n", b.expression, static_cast<int>(b.severity));
    load.emplace_back("budgets", std::move(budgets));
    return load;
}

/// The first key in which the loads differ; empty: none.
std::string first_difference(const report::load_description& a, const report::load_description& b) {
    const auto lacks = [](const report::load_description& all) {
        return [&all](const auto& part) { return std::ranges::count(all, part) == 0; };
    };
    if (const auto found = std::ranges::find_if(a, lacks(b)); found != a.end()) return found->first;
    const auto found = std::ranges::find_if(b, lacks(a));
    return found == b.end() ? std::string{} : found->first;
}

/// Location of the change of a key or of a part of it, or else of the variant.
std::string location_of(std::string_view key, const scenario::variant& v) {
    const auto change = std::ranges::find_if(v.changes, [&](const scenario::variant_change& c) {
        return c.change.path.starts_with(key) || key.starts_with(c.change.path);
    });
    return change == v.changes.end() ? v.location : change->location;
}

/// Flags that would set for all variants what one of them changes.
problems check_flags(const scenario_flags& flags, const scenario::variant& v) {
    const std::pair<const char*, bool> given[] = {
        {"broker", !flags.broker.empty()}, {"api", !flags.api.empty()}, {"seed", flags.seed.has_value()}};
    problems found;
    for (const auto& [name, is_given] : given) {
        const auto path = std::string(std::string_view(name) == "seed" ? "" : "target.") + name;
        for (const auto& c : v.changes)
            if (is_given && (c.change.path == path || c.change.path == "target"))
                found.add(c.location,
                          fmt::format("--{} replaces this value of variant '{}'; leave one of them out", name, v.name));
    }
    return found;
}

problems check_scenario_file(const scenario_flags& flags) {
    std::error_code no_file; // reported when it is read
    const auto status = std::filesystem::status(flags.file, no_file);
    if (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status) ||
        std::filesystem::is_directory(status))
        return {};
    return {flags.file, "is no regular file, and each run reads its file again"};
}

/// The scenario with the changes of each variant. `of_all`: problems that the scenario has without them.
problems check_variants(const scenario_flags& flags, const std::vector<scenario::variant>& variants,
                        const problems& of_all) {
    problems shared;
    problems found;
    std::optional<report::load_description> first_load;
    for (const auto& v : variants) {
        found.add(check_flags(flags, v));
        const auto config = load_scenario(flags_of_variant(flags, v));
        if (config) {
            auto load = shared_load(*config);
            if (!first_load)
                first_load = std::move(load);
            else if (const auto key = first_difference(*first_load, load); !key.empty())
                found.add(location_of(key, v),
                          fmt::format("variant '{}' has another '{}' than '{}', and variants are compared under the "
                                      "same load and budgets; leave it out of 'set'",
                                      v.name, key, variants.front().name));
            continue;
        }
        problems own;
        for (const auto& p : config.error().list) {
            if (std::ranges::count(of_all.list, p) == 0)
                own.add(p.location, p.text);
            else if (std::ranges::count(shared.list, p) == 0)
                shared.add(p.location, p.text);
        }
        found.add(scenario::problems_of_variant(own, v));
    }
    shared.add(found);
    return shared;
}

} // namespace

scenario_flags flags_of_variant(const scenario_flags& flags, const scenario::variant& v) {
    auto made = flags;
    for (const auto& c : v.changes) made.overrides.push_back(c.change.path + '=' + c.change.value);
    return made;
}

result<scenario::variant_list> read_tuned_variants(const std::string& variants_file, const scenario_flags& flags) {
    const auto text = read_file(variants_file, scenario::size_limit);
    if (!text) return text.error();
    auto made = scenario::read_variants(*text, variants_file);
    if (!made) return made;
    if (auto no_file = check_scenario_file(flags); !no_file.empty()) return no_file;
    const auto unchanged = load_scenario(flags);
    const auto found = check_variants(flags, made->variants, unchanged ? problems{} : unchanged.error());
    if (!found.empty()) return found;
    return made;
}

} // namespace loadsim::app
