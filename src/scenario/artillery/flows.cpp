#include "artillery/flows.hpp"

#include "artillery/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace loadsim::scenario::artillery {
namespace {

constexpr std::size_t max_services = 200;
constexpr std::size_t max_hooks = 100;

using captured_names = std::map<std::string, std::string>;

/// Whole number at the start of a text, as JavaScript's parseInt reads it; 0: there is none.
std::uint32_t leading_number(std::string_view text) {
    std::uint32_t made = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), made);
    return error == std::errc{} && end != text.data() ? made : 0;
}

/// True: a text of the tree has the placeholder {captured.NAME}.
bool uses_capture(const yaml_node& n, const std::string& name) {
    if (n.text.find(fmt::format("captured.{}}}", name)) != std::string::npos) return true;
    return std::ranges::any_of(n.items, [&](const yaml_node& item) { return uses_capture(item, name); }) ||
           std::ranges::any_of(n.members, [&](const yaml_member& m) {
               return m.key.find(fmt::format("captured.{}}}", name)) != std::string::npos ||
                      uses_capture(m.value, name);
           });
}

class flow_translator {
public:
    flow_translator(const yaml_node& config, value_translator& values, note_list& notes)
        : config_(config), values_(values), notes_(notes), requests_(config, values, notes) {}

    translated_flows translate(const yaml_node& root) {
        if (const auto* before = find(root, {"before"})) add_section(*before, "before", made_.before);
        const auto& scenarios = *find(root, {"scenarios"});
        for (const auto* one : items_of(&scenarios)) add_scenario(*one);
        if (made_.services.members.empty())
            throw unusable_script{scenarios.location,
                                  "no scenario can be carried over: none has an HTTP request to config.target"};
        if (const auto* after = find(root, {"after"})) add_section(*after, "after", made_.after);
        use_matches();
        drop_unused_captures();
        made_.auth = requests_.auth();
        return std::move(made_);
    }

private:
    /// `before` or `after`: requests that are sent once, in order.
    void add_section(const yaml_node& section, std::string_view name, yaml_node& hooks) {
        notes_.add_other_keys(section, {"flow", "name"}, fmt::format("'{}'", name));
        const auto* flow = find(section, {"flow"});
        if (flow == nullptr) return;
        for (const auto& step : requests_of(*flow, notes_)) {
            const auto captures = captures_of(step, notes_);
            auto hook = requests_.translate(step, {.is_hook = true, .captured = &captured_});
            if (!hook) continue;
            if (hooks.items.size() == max_hooks) {
                notes_.add(step.line, fmt::format("the request is not carried over: {} hooks are the most", max_hooks));
                continue;
            }
            if (name == "before") add_captures(*hook, captures, "", captured_);
            note_match(step);
            hooks.items.push_back(std::move(*hook));
        }
    }

    /// Captures under names that no other hook has.
    void add_captures(yaml_node& hook, const std::vector<std::pair<std::string, std::string>>& captures,
                      const std::string& suffix, captured_names& known) {
        auto capture = make_node(yaml_node::kind::map);
        for (const auto& [name, field] : captures) {
            const auto unique = suffix.empty() || std::ranges::count(taken_, name) == 0
                                    ? name
                                    : unique_name(fmt::format("{}-{}", name, suffix), taken_);
            if (capture.find(unique) != nullptr) continue;
            taken_.push_back(unique);
            known[name] = unique;
            capture.add(unique, make_scalar(field));
        }
        if (!capture.members.empty()) hook.add("capture", std::move(capture));
    }

    void add_scenario(const yaml_node& scenario) {
        const auto number = ++scenarios_;
        const auto* flow = find(scenario, {"flow"});
        const auto* engine = find(scenario, {"engine"});
        if (engine == nullptr) engine = find(config_, {"engine"});
        if (engine != nullptr && engine->text != "http")
            return notes_.add(
                *engine,
                fmt::format("the scenario with the engine '{}' is not carried over: loadsim sends HTTP requests",
                            shown(engine->text)));
        notes_.add_other_keys(scenario, {"name", "weight", "flow", "engine"}, "a scenario");
        if (flow == nullptr) return notes_.add(scenario, "the scenario is not carried over: it has no flow");
        std::uint32_t weight = 1;
        if (const auto* own = find(scenario, {"weight"}))
            weight = leading_number(values_.configured(*own, "the weight"));
        if (weight == 0) return notes_.add(scenario, "the scenario is not carried over: its weight is 0");
        const auto steps = requests_of(*flow, notes_);
        if (steps.empty()) return notes_.add(scenario, "the scenario is not carried over: it has no HTTP request");
        if (made_.services.members.size() == max_services)
            return notes_.add(scenario,
                              fmt::format("the scenario is not carried over: {} services are the most", max_services));

        const auto* name = find(scenario, {"name"});
        std::vector<std::string> services;
        for (const auto& m : made_.services.members) services.push_back(m.key);
        const auto service_name =
            unique_name(name_from(name == nullptr ? "" : name->text, fmt::format("scenario-{}", number)), services);
        auto known = captured_;
        add_earlier_requests(steps, service_name, known);
        values_.take_parameters(); // of hooks: there are none
        auto service = requests_.translate(steps.back(), {.is_hook = false, .captured = &known});
        if (!service) return;
        if (find(*steps.back().spec, {"capture"}) != nullptr)
            notes_.add(*find(*steps.back().spec, {"capture"}),
                       "the capture of a flow's last request is not carried over: no request follows");
        if (auto parameters = values_.take_parameters(); parameters.what == yaml_node::kind::map)
            service->add("parameters", std::move(parameters));
        if (weight != 1)
            service->members.insert(service->members.begin(),
                                    yaml_member{"weight", {}, make_scalar(std::to_string(weight))});
        if (const auto* match = find(*steps.back().spec, {"match"})) matches_.push_back(match);
        made_.services.add(service_name, std::move(*service));
    }

    /// Requests before the last one: hooks if what they capture is needed, else notes.
    void add_earlier_requests(const std::vector<http_step>& steps, const std::string& service, captured_names& known) {
        std::set<std::string> needed;
        const auto need = [&](const http_step& step) {
            for (auto& name : placeholder_names(*step.spec)) needed.insert(std::move(name));
        };
        need(steps.back());
        std::vector<std::vector<std::pair<std::string, std::string>>> captures(steps.size() - 1);
        for (std::size_t i = steps.size() - 1; i-- > 0;) {
            captures[i] = captures_of(steps[i], notes_);
            std::erase_if(captures[i], [&](const auto& c) { return !needed.contains(c.first); });
            if (!captures[i].empty()) need(steps[i]);
        }
        for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
            if (captures[i].empty()) {
                notes_.add(steps[i].line,
                           "the request is not carried over: an arrival is one request, the last of its flow");
                continue;
            }
            auto hook = requests_.translate(steps[i], {.is_hook = true, .captured = &known});
            if (!hook) continue;
            if (made_.before.items.size() == max_hooks) {
                notes_.add(steps[i].line,
                           fmt::format("the request is not carried over: {} hooks are the most", max_hooks));
                continue;
            }
            notes_.add(steps[i].line, "the request is sent once before the load, and all others use what it captures");
            note_match(steps[i]);
            if (reuse(*hook, captures[i], known)) continue;
            auto without_captures = *hook;
            add_captures(*hook, captures[i], service, known);
            sent_.push_back({std::move(without_captures), captures[i], known});
            made_.before.items.push_back(std::move(*hook));
        }
    }

    /// True: another flow sends the same request and captures the same.
    bool reuse(const yaml_node& hook, const std::vector<std::pair<std::string, std::string>>& captures,
               captured_names& known) const {
        for (const auto& s : sent_) {
            if (to_yaml(s.hook) != to_yaml(hook) || s.captures != captures) continue;
            for (const auto& [name, field] : captures) known[name] = s.known.at(name);
            return true;
        }
        return false;
    }

    void note_match(const http_step& step) {
        if (const auto* match = find(*step.spec, {"match"}))
            notes_.add(*match,
                       "'match' of a request before or after the load is not carried over: 'expect' has its statuses");
    }

    /// One service with one comparison: the observer reads the state.
    void use_matches() {
        if (matches_.empty()) return;
        const auto* match = matches_.front();
        const auto* json = find(*match, {"json"});
        const auto* value = find(*match, {"value"});
        const auto pointer = json == nullptr ? std::nullopt : pointer_of(json->text);
        const bool is_plain = value != nullptr && value->what == yaml_node::kind::scalar && !value->text.empty() &&
                              !value->text.ends_with('*') && value->text.find("{{") == std::string::npos &&
                              value->text.size() <= 100;
        if (made_.services.members.size() == 1 && pointer && is_plain) {
            made_.state = *pointer;
            made_.executed_state = value->text;
            return;
        }
        for (const auto* one : matches_)
            notes_.add(*one, "'match' is not carried over: an observer reads one state for all services "
                             "(docs/contract.md#observers)");
    }

    /// A capture that no template uses would be refused.
    void drop_unused_captures() {
        auto& hooks = made_.before.items;
        for (std::size_t i = 0; i < hooks.size(); ++i) {
            auto* capture = hooks[i].find("capture");
            if (capture == nullptr) continue;
            std::erase_if(capture->members, [&](const yaml_member& m) {
                return !uses_capture(made_.services, m.key) && !uses_capture(made_.after, m.key) &&
                       std::none_of(hooks.begin(), hooks.end(),
                                    [&](const yaml_node& other) { return uses_capture(other, m.key); });
            });
            if (capture->members.empty())
                std::erase_if(hooks[i].members, [](const yaml_member& m) { return m.key == "capture"; });
        }
    }

    struct sent_hook {
        yaml_node hook; ///< without captures
        std::vector<std::pair<std::string, std::string>> captures;
        captured_names known;
    };

    const yaml_node& config_;
    value_translator& values_;
    note_list& notes_;
    request_translator requests_;
    translated_flows made_;
    captured_names captured_; ///< of `before`
    std::vector<std::string> taken_;
    std::vector<sent_hook> sent_;
    std::vector<const yaml_node*> matches_;
    int scenarios_ = 0;
};

} // namespace

translated_flows translate_flows(const yaml_node& root, const yaml_node& config, value_translator& values,
                                 note_list& notes) {
    return flow_translator(config, values, notes).translate(root);
}

} // namespace loadsim::scenario::artillery
