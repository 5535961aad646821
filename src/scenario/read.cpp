#include <loadsim/scenario/read.hpp>
#include <loadsim/scenario/show.hpp>

#include "check.hpp"
#include "language.hpp"
#include "parse.hpp"
#include "settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace loadsim::scenario {
namespace {

/// "tunnel"; where there are several "tunnel 1", "tunnel 2".
void name_conditions(std::vector<vehicle::condition>& all) {
    std::map<vehicle::condition::kind, std::size_t> so_far;
    for (auto& c : all) {
        const auto n = ++so_far[c.what];
        if (!c.name.empty()) continue;
        c.name = to_string(c.what);
        if (std::ranges::count(all, c.what, &vehicle::condition::what) > 1) c.name += fmt::format(" {}", n);
    }
}

bool is_said(const node& root, std::string_view map, std::string_view key) {
    const auto* found = root.find(map);
    return found != nullptr && found->find(key) != nullptr;
}

/// What one part of the document makes of another, once all of it is known.
void resolve(document& d, const node& root) {
    auto& phases = d.load.phases;
    for (std::size_t i = 0; i < phases.size(); ++i)
        if (phases[i].name.empty()) phases[i].name = fmt::format("phase {}", i + 1);

    if (d.fleet.segments.empty()) d.fleet.segments.push_back({"all", share{1}, "success"});
    name_conditions(d.conditions);
    // A handover goes to another address, and on loopback there is one.
    const bool hands_over =
        std::ranges::count(d.conditions, vehicle::condition::kind::handover, &vehicle::condition::what) != 0;
    if (hands_over && d.fleet.source_addresses.empty() && broker_is_on_loopback(d))
        d.fleet.source_addresses = {"127.0.0.1", "127.0.0.2"};

    auto& t = d.target;
    // A broker alone: requests by HTTP need somebody who takes them, and that is then the embedded backend.
    if (t.broker && !t.api && d.load.driver == drive::kind::http) t.embedded = true;
    // Everything is given: the same scenario that runs embedded runs against a platform by adding its addresses.
    if (t.broker && t.api) t.embedded = false;
    if (t.api && d.fleet.link == fleet::link_kind::broker_api) t.embedded = false; // no broker is needed then
    // Behind the broker's API there is no broker that could carry events: the backend posts them.
    if (d.fleet.link == fleet::link_kind::broker_api && !is_said(root, "load", "observers"))
        d.load.observers = {observe::webhook_options{}};
    if (!is_said(root, "load", "watchWords"))
        d.load.watch_words = t.embedded && !t.broker && d.fleet.link == fleet::link_kind::mqtt &&
                             d.load.driver == drive::kind::http && length_of(d.load) <= longest_load &&
                             schedule_of(d).size() <= record_all_up_to;
    if (!t.embedded) {
        t.backend = {};
    } else if (t.backend.services.empty()) {
        t.backend.services = backend::default_services();
        for (const auto& s : d.load.services)
            if (!std::ranges::count(t.backend.services, s.name, &backend::service::name))
                t.backend.services.push_back({s.name, {}});
    }
    if (t.embedded) t.backend.seed = d.seed;
}

/// Where a path of check() was written: the value, or the nearest thing around it that is there.
place locate(const node& root, std::string_view path) {
    const node* at = &root;
    for (const auto& step : parse_path(path).value_or(std::vector<path_step>{})) {
        const node* next = nullptr;
        if (const auto* key = std::get_if<std::string>(&step))
            next = at->find(*key);
        else if (const auto index = std::get<std::size_t>(step); index < at->items.size())
            next = &at->items[index];
        if (next == nullptr) break;
        at = next;
    }
    return at->where;
}

bool is_within(std::string_view inner, std::string_view outer) {
    return inner.starts_with(outer) &&
           (inner.size() == outer.size() || outer.empty() || inner[outer.size()] == '.' || inner[outer.size()] == '[');
}

/// A combination is judged only where its parts could be read: or one slip would be told twice.
bool is_told(const std::vector<finding>& found, std::string_view path) {
    return std::ranges::any_of(found,
                               [&](const finding& f) { return is_within(f.path, path) || is_within(path, f.path); });
}

problems in_order(std::vector<finding> found, std::string_view file, std::span<const setting> settings) {
    std::ranges::stable_sort(found, {}, &finding::where);
    problems all;
    for (auto& f : found) {
        if (f.where.setting == 0)
            all.add(fmt::format("{}:{}:{}", file, f.where.line, f.where.column), std::move(f.text));
        else
            all.add("--set " + settings[f.where.setting - 1].path, std::move(f.text));
    }
    return all;
}

} // namespace

result<document> read(std::string_view yaml, std::string_view file, std::span<const setting> settings) {
    reading r;
    document made;
    made.behaviours = built_in_behaviours();
    made.target.backend.services.clear(); // not named yet: resolve() decides
    if (auto root = parse_yaml(yaml, 0, r)) {
        for (std::size_t i = 0; i < settings.size(); ++i)
            apply(settings[i], static_cast<std::uint32_t>(i + 1), *root, r);
        if (root->what == node::kind::null)
            r.wrong(*root, "the scenario is empty");
        else
            kinds::object<document>{}.read(r, *root, made);
        resolve(made, *root);
        auto found = r.found();
        for (auto& p : check(made).list)
            if (!is_told(r.found(), p.place)) found.push_back({p.place, locate(*root, p.place), std::move(p.text)});
        if (found.empty()) return made;
        return in_order(std::move(found), file, settings);
    }
    return in_order(r.found(), file, settings);
}

} // namespace loadsim::scenario
