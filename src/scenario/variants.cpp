// Variants file of `tune`.
#include <loadsim/base/encoding.hpp>
#include <loadsim/scenario/variants.hpp>

#include "check.hpp"
#include "overrides.hpp"
#include "read_context.hpp"
#include "schema_visitors.hpp"
#include "variants_schema.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace loadsim::scenario {
namespace {

constexpr std::size_t max_variants = 20;
constexpr std::size_t max_changes = 200;

std::string place_in_file(const read_context& r, source_location at) {
    return fmt::format("{}:{}:{}", r.files.empty() ? "" : r.files[at.file].name, at.line, at.column);
}

/// Name of a variant, and so of its folder, beside the files of the report.
struct folder_name_text {
    void read(read_context& r, const yaml_node& n, std::string& out) const {
        const auto* found = r.expect_scalar(n, "a name");
        if (found == nullptr) return;
        if (!is_folder_name(*found))
            return r.add_problem(n, fmt::format("'{}' cannot name a folder: letters, digits, '.', '_' and '-', at most "
                                                "{}",
                                                excerpt(*found, value_types::name_length), value_types::name_length));
        if (found->starts_with("tune."))
            return r.add_problem(n, "a name that begins with 'tune.' is one of a report's file");
        out = *found;
    }
    yaml_node write(const std::string& value) const { return make_scalar(value); }
    boost::json::object schema() const {
        return {
            {"type", "string"}, {"maxLength", value_types::name_length}, {"pattern", "^[A-Za-z0-9_][A-Za-z0-9._-]*$"}};
    }
};

/// {PATH: VALUE}: paths and values as in --set.
struct changed_values {
    void read(read_context& r, const yaml_node& n, std::vector<variant_change>& out) const {
        if (!r.expect_map(n, "a map of paths in the scenario, such as {fleet.vehicles: 500},")) return;
        if (!value_types::check_item_count(r, n, n.members.size(), "values", max_changes)) return;
        for (const auto& m : n.members) {
            const auto guard = r.enter(m.key);
            if (m.key.find('=') != std::string::npos || !parse_path(m.key))
                r.add_problem(m.location, fmt::format("'{}' is no path of a value; write it as in "
                                                      "load.phases[0].duration",
                                                      excerpt(m.key, value_types::name_length)));
            else if (m.value.what == yaml_node::kind::null)
                r.add_problem(m.location, fmt::format("'{}' has no value; give it one or leave it out", m.key));
            else
                out.push_back({{m.key, text_of(m.value)}, place_in_file(r, m.location)});
        }
    }
    yaml_node write(const std::vector<variant_change>& changes) const {
        auto made = make_node(yaml_node::kind::map);
        for (const auto& c : changes) made.add(c.change.path, make_scalar(c.change.value));
        return made;
    }
    boost::json::object schema() const {
        return {{"title", "map of paths to values"}, {"type", "object"}, {"maxProperties", max_changes}};
    }

private:
    static std::string text_of(const yaml_node& value) {
        auto text = to_yaml(value);
        while (text.ends_with('\n')) text.pop_back();
        return text;
    }
};

} // namespace

template <class V>
void describe(V& v, variant_cost& c) {
    v.required("perHour", c.per_hour,
               "Price of an hour, in the currency of the scenario's `cost`, or in any one without it.",
               value_types::number{});
}

template <class V>
void describe(V& v, variant& o) {
    constexpr value_types::text command{text_limit};
    v.required("name", o.name, "Name in reports, and of the folder of its runs.", folder_name_text{});
    v.field("command", o.command,
            "Command that sets the variant up, before each of its runs, executed by `/bin/sh -c` in the working "
            "folder. It must end with 0.",
            command);
    v.field("before", o.before, "Command before each run, after `command`. It must end with 0.", command);
    v.field("after", o.after, "Command after each run, also if `command` or `before` failed. It must end with 0.",
            command);
    v.field("timeout", o.timeout, "Longest time of each command; after it the command and its processes are ended.",
            value_types::duration{.min = std::chrono::milliseconds{100}});
    v.field("set", o.changes, "Values of the scenario for this variant, by path as in `--set`; not those of the load.",
            changed_values{});
    v.field("cost", o.cost,
            "Price of the variant, for all variants or for none; added to what a run costs by the prices of the "
            "scenario, if it "
            "has any.",
            value_types::object<variant_cost>{});
}

namespace {

/// Location of a variant, which is of its first key.
struct located_variant {
    void read(read_context& r, const yaml_node& n, variant& out) const {
        value_types::object<variant>{}.read(r, n, out);
        const auto* name = n.find("name");
        out.location = place_in_file(r, name != nullptr ? name->location : n.location);
    }
    yaml_node write(const variant& v) const { return value_types::object<variant>{}.write(v); }
    boost::json::object schema() const { return value_types::object<variant>{}.schema(); }
};

/// Too few variants, two of one name, and a price of some only.
void check_together(const variant_list& list, const yaml_node& root, read_context& r) {
    const auto* variants = root.find("variants");
    if (variants == nullptr || variants->what != yaml_node::kind::list) return; // reported
    const auto guard = r.enter("variants");
    if (list.variants.size() < 2)
        r.add_problem(*variants, fmt::format("{}; a comparison needs two or more",
                                             list.variants.empty() ? "no variant" : "only one variant"));
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < list.variants.size(); ++i) {
        const auto& name = list.variants[i].name;
        if (name.empty() || seen.insert(name).second) continue;
        const auto deeper = r.enter(i);
        r.add_problem(*variants->items[i].find("name"),
                      fmt::format("a second variant '{}'; each needs a name of its own", name));
    }
    const auto has_cost = [](const variant& v) { return v.cost.has_value(); };
    if (std::ranges::none_of(list.variants, has_cost)) return;
    for (std::size_t i = 0; i < list.variants.size(); ++i) {
        if (has_cost(list.variants[i])) continue;
        const auto deeper = r.enter(i);
        r.add_problem(variants->items[i], fmt::format("variant '{}' has no 'cost', and another one has; give it to all "
                                                      "of them or to none",
                                                      list.variants[i].name));
    }
}

} // namespace

template <class V>
void describe(V& v, variant_list& l) {
    v.required("variants", l.variants, "Configurations of the platform, two or more.",
               value_types::list<located_variant>{{}, "variants", max_variants});
    v.field("rounds", l.rounds, "Runs of each variant; in each round every variant runs once.",
            value_types::integer<std::uint32_t>{1, 100});
}

result<variant_list> read_variants(std::string_view yaml, std::string_view file) {
    read_context r;
    r.files = {{std::string(file), {}}};
    variant_list made;
    if (const auto root = parse_yaml(yaml, 0, r, 0, {.what = "a variants file"})) {
        if (root->what == yaml_node::kind::null) {
            r.add_problem(*root, "the file is empty; a variants file has the key 'variants'");
        } else {
            value_types::object<variant_list>{}.read(r, *root, made);
            check_together(made, *root, r);
        }
    }
    if (r.located_problems().empty()) return made;
    return sort_problems(r.located_problems(), r.files, {});
}

problems problems_of_variant(const problems& found, const variant& v) {
    problems named;
    for (const auto& p : found.list) {
        const auto change = std::ranges::find_if(
            v.changes, [&](const variant_change& c) { return p.location == "--set " + c.change.path; });
        named.add(change == v.changes.end() ? p.location : change->location,
                  fmt::format("{} (variant '{}')", p.text, v.name));
    }
    return named;
}

boost::json::object variants_root_schema() { return value_types::object<variant_list>{}.schema(); }

std::string variants_schema() {
    boost::json::object root{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                             {"title", "loadsim variants"}};
    for (auto& entry : variants_root_schema()) root[entry.key()] = entry.value();
    return boost::json::serialize(root) + "\n";
}

} // namespace loadsim::scenario
