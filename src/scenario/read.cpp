#include <loadsim/base/encoding.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/scenario/builtin_behaviours.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/read.hpp>
#include <loadsim/verdict/default_budgets.hpp>

#include "check.hpp"
#include "includes.hpp"
#include "overrides.hpp"
#include "schema.hpp"
#include "telemetry/compiled_telemetry.hpp"
#include "yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <unordered_map>

namespace loadsim::scenario {
namespace {

/// Sets default names: "tunnel", or "tunnel 1", "tunnel 2" for several of a kind.
void name_conditions(std::vector<vehicle::condition>& all) {
    std::map<vehicle::condition::kind, std::size_t> counts;
    for (auto& c : all) {
        const auto n = ++counts[c.type];
        if (!c.name.empty()) continue;
        c.name = to_string(c.type);
        if (std::ranges::count(all, c.type, &vehicle::condition::type) > 1) c.name += fmt::format(" {}", n);
    }
}

/// A load without requests and telemetry counts as one of requests: its budgets have no data, which is no pass.
verdict::load_content content_of(const scenario_config& config) {
    const bool telemetry = has_telemetry(config.fleet);
    const bool no_requests =
        telemetry && load_seconds(config.load) <= max_load_seconds && schedule_of(config).size() == 0;
    return {.requests = !no_requests, .telemetry = telemetry};
}

/// An empty list switches the default budgets off.
void add_default_budgets(scenario_config& config, const yaml_node& root) {
    const auto* given = root.find("budgets");
    if (given != nullptr && config.budgets.empty()) return;
    for (auto& missing : verdict::missing_default_budgets(config.budgets, content_of(config)))
        config.budgets.push_back(std::move(missing));
}

bool is_given(const yaml_node& root, std::string_view map, std::string_view key) {
    const auto* found = root.find(map);
    return found != nullptr && found->find(key) != nullptr;
}

/// Sets defaults that depend on other parts of the scenario.
void resolve_defaults(scenario_config& config, const yaml_node& root) {
    auto& phases = config.load.phases;
    for (std::size_t i = 0; i < phases.size(); ++i)
        if (phases[i].name.empty()) phases[i].name = fmt::format("phase {}", i + 1);

    if (config.fleet.segments.empty()) config.fleet.segments.push_back({"all", fraction{1}, "success"});
    name_conditions(config.conditions);
    // A handover needs a second source address; on loopback there is one.
    const bool has_handover =
        std::ranges::count(config.conditions, vehicle::condition::kind::handover, &vehicle::condition::type) != 0;
    if (has_handover && config.fleet.source_addresses.empty() && broker_is_on_loopback(config))
        config.fleet.source_addresses = {"127.0.0.1", "127.0.0.2"};

    auto& t = config.target;
    // Broker without API: the http driver needs a backend, so the embedded one is started.
    if (t.broker && !t.api && config.load.driver == driver::kind::http) t.embedded = true;
    // Broker and API: external platform. So a scenario for the embedded target needs only the addresses added.
    if (t.broker && t.api) t.embedded = false;
    if (t.api && config.fleet.link == fleet::link_kind::broker_api) t.embedded = false; // needs no broker
    // Behind the broker API no broker carries events: the backend posts them.
    if (config.fleet.link == fleet::link_kind::broker_api && !is_given(root, "load", "observers"))
        config.load.observers = {observer::webhook_options{}};
    if (!is_given(root, "load", "checkResponseSequence"))
        config.load.check_response_sequence = t.embedded && !t.broker && config.fleet.link == fleet::link_kind::mqtt &&
                                              config.load.driver == driver::kind::http &&
                                              load_seconds(config.load) <= max_load_seconds &&
                                              schedule_of(config).size() <= record_all_up_to;
    auto& tls = config.fleet.tls;
    const bool has_certificate = tls.issue || !tls.client.certificate.empty() || !tls.client.pkcs12.empty();
    if (t.embedded && !t.broker && t.embedded_tls && t.embedded_tls->mutual && !has_certificate) tls.issue.emplace();
    auto& vehicle_login = config.fleet.mqtt;
    if (!t.embedded) {
        t.embedded_password.clear();
        t.embedded_tls.reset();
        t.embedded_kafka.reset();
    }
    const bool no_login = vehicle_login.user.empty() && vehicle_login.password.empty();
    if (!t.embedded_password.empty() && no_login) {
        vehicle_login.user = embedded_user;
        vehicle_login.password = t.embedded_password;
    }
    if (!t.embedded) {
        t.backend = {};
    } else if (t.backend.services.empty()) {
        t.backend.services = backend::default_services();
        for (const auto& s : config.load.services)
            if (!std::ranges::count(t.backend.services, s.platform_name(), &backend::service::name))
                t.backend.services.push_back({s.platform_name(), {}});
    }
    if (t.embedded) t.backend.seed = config.seed;
    if (t.embedded_kafka) t.embedded_kafka->bridge.seed = config.seed;
    add_default_budgets(config, root);
}

bool is_within(std::string_view inner, std::string_view outer) {
    return inner.starts_with(outer) &&
           (inner.size() == outer.size() || outer.empty() || inner[outer.size()] == '.' || inner[outer.size()] == '[');
}

/// Source location of a path from check(): that of the value, or of its nearest existing parent.
/// A key of a map may have dots and brackets itself, as those of protobuf.fields: the longest that fits is meant.
source_location locate(const yaml_node& root, std::string_view path) {
    const yaml_node* at = &root;
    while (!path.empty()) {
        const yaml_node* next = nullptr;
        std::size_t length = 0;
        for (const auto& m : at->members)
            if (is_within(path, m.key) && m.key.size() > length) {
                next = &m.value;
                length = m.key.size();
            }
        for (std::size_t i = 0; i < at->items.size() && next == nullptr; ++i)
            if (const auto index = fmt::format("[{}]", i); path.starts_with(index)) {
                next = &at->items[i];
                length = index.size();
            }
        if (next == nullptr) break;
        at = next;
        path.remove_prefix(length);
        if (path.starts_with('.')) path.remove_prefix(1);
    }
    return at->location;
}

value_places places_of_budgets(const scenario_config& config, const yaml_node& root,
                               const std::vector<read_context::source_file>& files) {
    value_places places;
    for (std::size_t i = 0; i < config.budgets.size(); ++i) {
        const auto location = locate(root, fmt::format("budgets[{}]", i));
        const bool in_file = location.override_number == 0 && root.find("budgets") != nullptr;
        places.list.push_back(in_file ? value_place{files[location.file].name, location.line} : value_place{});
    }
    return places;
}

/// True: a problem at, above or below the path is already reported; check() would report the same mistake again.
bool is_reported(const std::vector<located_problem>& found, std::string_view path) {
    return std::ranges::any_of(
        found, [&](const located_problem& f) { return is_within(f.path, path) || is_within(path, f.path); });
}

/// First line of a written scenario in which secrets are masked.
constexpr std::string_view masked_mark = "# Secrets are masked: *** stands for one.\n";

void mask(yaml_node& n) {
    if (n.may_hold_secret) n.text = mask_secrets(n.text);
    for (auto& item : n.items) mask(item);
    for (auto& m : n.members) mask(m.value);
}

/// Adds a problem for each text that holds a masked secret.
void find_masked(const yaml_node& n, read_context& r) {
    if (n.text.find(secret_mask) != std::string::npos)
        r.add_problem(n,
                      fmt::format("the run's folder does not hold this secret; give it with --set {}=...", r.path()));
    for (std::size_t i = 0; i < n.items.size(); ++i) {
        const auto guard = r.enter(i);
        find_masked(n.items[i], r);
    }
    for (const auto& m : n.members) {
        const auto guard = r.enter(m.key);
        find_masked(m.value, r);
    }
}

} // namespace

problems sort_problems(std::vector<located_problem> found, const std::vector<read_context::source_file>& files,
                       std::span<const value_override> overrides) {
    std::ranges::stable_sort(found, {}, &located_problem::location);
    problems all;
    for (auto& f : found) {
        if (f.location.override_number == 0)
            all.add(fmt::format("{}:{}:{}", files[f.location.file].name, f.location.line, f.location.column),
                    std::move(f.text));
        else
            all.add("--set " + overrides[f.location.override_number - 1].path, std::move(f.text));
    }
    return all;
}

read_context::path_guard read_context::enter(std::string_view key) {
    return {path_, path_.empty() ? std::string(key) : "." + std::string(key)};
}

read_context::path_guard read_context::enter(std::size_t index) { return {path_, fmt::format("[{}]", index)}; }

void read_context::add_problem(source_location location, std::string text) {
    located_problems_.push_back({path_, location, std::move(text)});
}

void read_context::add_warning(const yaml_node& at, std::string text) {
    located_warnings_.push_back({path_, at.location, std::move(text)});
}

void read_context::check_length(const yaml_node& at, const std::string& variable, std::string_view value) {
    constexpr auto min = secret_masker::min_secret_length;
    if (!value.empty() && value.size() < min && short_variables_.insert(variable).second)
        add_warning(at, fmt::format("the value of ${{{}}} has less than {} bytes and is not masked in output, logs and "
                                    "reports",
                                    variable, min));
}

std::string read_context::path_of_file(const yaml_node& n) const {
    if (files.empty() || n.text.empty()) return n.text;
    const std::filesystem::path named(n.text);
    std::error_code no_working_folder;
    const auto found =
        n.location.override_number == 0 ? files[n.location.file].folder / named : absolute(named, no_working_folder);
    return no_working_folder ? n.text : found.lexically_normal().string();
}

/// Keys whose texts are secrets, or may hold them: problems do not repeat a text that is there by mistake.
std::string read_context::shown(const yaml_node& n) const {
    constexpr std::string_view keys[] = {"auth", "credentials", "headers", "hmac", "password", "secret"};
    const auto path = '.' + path_ + '.';
    const auto is_in_path = [&](std::string_view key) { return path.find(fmt::format(".{}.", key)) != path.npos; };
    return n.what == yaml_node::kind::scalar && std::ranges::any_of(keys, is_in_path) ? "a text" : description(n);
}

const std::string* read_context::expect_scalar(const yaml_node& n, std::string_view expected) {
    if (n.what == yaml_node::kind::scalar) return &n.text;
    const auto* hint = n.what == yaml_node::kind::null ? "" : quoting_hint(n.location);
    add_problem(n, fmt::format("{} belongs here, not {}{}", expected, shown(n), hint));
    return nullptr;
}

bool read_context::expect_list(const yaml_node& n, std::string_view expected) {
    if (n.what == yaml_node::kind::list) return true;
    add_problem(n, fmt::format("a list of {} belongs here, not {}", expected, shown(n)));
    return false;
}

bool read_context::expect_map(const yaml_node& n, std::string_view expected) {
    if (n.what != yaml_node::kind::map) {
        add_problem(n, fmt::format("{} belongs here, not {}", expected, shown(n)));
        return false;
    }
    std::unordered_map<std::string_view, source_location> first;
    for (const auto& m : n.members) {
        expect_printable(m.location, m.key);
        const auto [entry, is_new] = first.emplace(m.key, m.location);
        if (!is_new)
            add_problem(m.location,
                        fmt::format("the key '{}' is there twice, first in line {}", m.key, entry->second.line));
    }
    return true;
}

bool read_context::expect_printable(source_location location, std::string_view name) {
    if (printable_length(name) == name.size()) return true;
    add_problem(location, fmt::format("the name '{}' has a line break or another control character, which no line of a "
                                      "report can hold; leave it out",
                                      excerpt(name, 100)));
    return false;
}

std::string join_path(std::string_view path, std::string_view key) {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

namespace {

/// The tree of all files, with the environment and the overrides; nullopt after a problem, which is in the context or in
/// `unknown_environment`.
std::optional<yaml_node> merged_tree(std::string_view yaml, std::string_view file,
                                     std::span<const value_override> overrides, std::string_view environment,
                                     read_context& r, std::string& unknown_environment) {
    std::error_code no_working_folder;
    r.files = {{std::string(file), absolute(std::filesystem::path(file), no_working_folder).parent_path()}};
    auto root = parse_with_includes(yaml, r);
    if (!root) return std::nullopt;
    unknown_environment = apply_environment(environment, *root, r);
    if (!unknown_environment.empty()) return std::nullopt;
    for (std::size_t i = 0; i < overrides.size(); ++i)
        apply_override(overrides[i], static_cast<std::uint32_t>(i + 1), *root, r);
    return root;
}

/// The values of the tree with their defaults, before check(); problems are in the context.
scenario_config read_values(yaml_node& root, read_context& r) {
    scenario_config made;
    made.behaviours = builtin_behaviours();
    made.target.backend.services.clear(); // resolve_defaults() sets the default
    std::erase_if(root.members, [](const yaml_member& m) { return m.key.starts_with("x-"); }); // only hold anchors
    if (root.what == yaml_node::kind::null) {
        r.add_problem(root, "the scenario is empty");
    } else if (r.expect_map(root, "a map of keys")) {
        object_reader visitor(r, root);
        for (const auto& key : file_keys) visitor.ignore(key.name);
        describe(visitor, made);
        visitor.finish();
    }
    resolve_defaults(made, root);
    return made;
}

} // namespace

result<scenario_config> read(std::string_view yaml, std::string_view file, std::span<const value_override> overrides,
                             problems* warnings, std::string_view environment) {
    read_context r;
    std::string unknown_environment;
    auto root = merged_tree(yaml, file, overrides, environment, r, unknown_environment);
    if (!unknown_environment.empty()) return problems{"--env", std::move(unknown_environment)};
    if (!root) return sort_problems(r.located_problems(), r.files, overrides);
    auto made = read_values(*root, r);
    auto found = r.located_problems();
    problems of_check;
    for (auto& p : check(made, of_check).list)
        if (!is_reported(r.located_problems(), p.location))
            found.push_back({p.location, locate(*root, p.location), std::move(p.text)});
    auto warned = r.located_warnings();
    for (auto& p : of_check.list)
        if (!is_reported(r.located_problems(), p.location))
            warned.push_back({p.location, locate(*root, p.location), std::move(p.text)});
    if (warnings != nullptr) *warnings = sort_problems(std::move(warned), r.files, overrides);
    made.budget_places = places_of_budgets(made, *root, r.files);
    if (found.empty()) return made;
    return sort_problems(std::move(found), r.files, overrides);
}

result<vehicle::registry> read_vehicles(std::string_view yaml, std::string_view file) {
    read_context r;
    std::string no_environment;
    auto root = merged_tree(yaml, file, {}, {}, r, no_environment);
    const auto config = root ? read_values(*root, r) : scenario_config{};
    if (!r.located_problems().empty()) return sort_problems(r.located_problems(), r.files, {});
    problems all;
    check_fleet(config, all);
    if (!all.empty()) return all;
    return load_registry(config);
}

problems check_other_environments(std::string_view yaml, std::string_view file,
                                  std::span<const value_override> overrides, std::string_view environment) {
    read_context r;
    std::string unknown_environment;
    const auto root = merged_tree(yaml, file, overrides, environment, r, unknown_environment);
    const auto* environments = root ? root->find(environments_key) : nullptr;
    if (environments == nullptr) return {}; // or read() reports why
    const auto chosen = read(yaml, file, overrides, nullptr, environment);
    auto known = chosen ? problems{} : chosen.error();
    const auto is_known = [&](const problem& p) {
        return (p.text.starts_with("the environment variable '") && p.text.ends_with("' is not set")) ||
               std::ranges::any_of(known.list,
                                   [&](const problem& k) { return k.location == p.location && k.text == p.text; });
    };
    problems all;
    for (const auto& [name, location, keys] : environments->members) {
        if (name == environment) continue;
        const auto other = read(yaml, file, overrides, nullptr, name);
        if (other) continue;
        for (const auto& p : other.error().list) {
            if (is_known(p)) continue;
            known.add(p.location, p.text);
            all.add(p.location, fmt::format("{} (with --env {})", p.text, name));
        }
    }
    return all;
}

problems find_masked_secrets(std::string_view yaml, std::string_view file, std::span<const value_override> overrides,
                             std::string_view environment) {
    if (!yaml.starts_with(masked_mark)) return {}; // no report's, and *** is a text like others
    read_context r;
    std::string unknown_environment;
    const auto root = merged_tree(yaml, file, overrides, environment, r, unknown_environment);
    if (!root) return {}; // read() reports why
    read_context found;
    found.files = r.files;
    find_masked(*root, found);
    return sort_problems(found.located_problems(), found.files, overrides);
}

std::string write(const scenario_config& config) {
    auto written = config;
    // resolve_defaults() sets them again, from target.embedded.password.
    if (auto& login = written.fleet.mqtt;
        !login.password.empty() && login.user == embedded_user && login.password == config.target.embedded_password)
        login.user = login.password = {};
    auto root = value_types::object<scenario_config>{}.write(written);
    mask(root);
    auto text = to_yaml(root);
    const bool is_masked = has_secrets() && text.find(secret_mask) != std::string::npos;
    return is_masked ? std::string(masked_mark) + text : text;
}

} // namespace loadsim::scenario
