// Checks and warnings of budgets.
#include "check.hpp"

#include <loadsim/verdict/default_budgets.hpp>

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace loadsim::scenario {
namespace {

/// Text for a budget of the requests in a spike, which is in phases of its own and a condition of no vehicle; empty: none.
std::string spike_label_problem(const verdict::budget& b, const scenario_config& config, const measure::labels& names) {
    if (b.condition.empty() || !verdict::is_of_requests(b)) return {};
    const auto found = std::ranges::find(config.conditions, b.condition, &vehicle::condition::name);
    if (found == config.conditions.end() || found->type != vehicle::condition::kind::spike) return {};
    const auto phase = std::ranges::find_if(
        names.phases, [&](const std::string& name) { return name.find(" (" + b.condition) != std::string::npos; });
    return fmt::format(
        "'{}' is a spike, which multiplies the load and is a condition of no vehicle; write {{phase={}}}", b.condition,
        phase == names.phases.end() ? "NAME" : *phase);
}

/// Budgets of recovery that no run of the scenario can have data for.
void warn_of_unmeasured_recoveries(const scenario_config& config, problems& warnings) {
    for (std::size_t i = 0; i < config.budgets.size(); ++i) {
        const auto& b = config.budgets[i];
        const auto path = fmt::format("budgets[{}]", i);
        if (b.metric_kind != verdict::budget::kind::recovery) continue;
        if (config.conditions.empty())
            warnings.add(
                path, fmt::format("recovery.{} has no data: the scenario has no conditions to recover from", b.stat));
        else if (b.stat == "latency" && !verdict::recovery_budget(config.budgets))
            warnings.add(path,
                         "recovery.latency has no data: it compares with the first upper limit of a percentile or "
                         "max of e2e, and budgets has none");
    }
}

/// Longest part of the load, phase after phase, that a budget covers.
nanoseconds longest_covered_time(const verdict::budget& b, const scenario_config& config) {
    nanoseconds longest{0}, current{0};
    for (const auto& p : phases_of(config)) {
        current = verdict::covers_phase(b, p.name) ? current + p.duration : nanoseconds{0};
        longest = std::max(longest, current);
    }
    return longest;
}

/// Limits that no run can miss. One in place of a default budget is how a scenario accepts what that would not.
void warn_of_limits_without_effect(const scenario_config& config, problems& warnings) {
    for (std::size_t i = 0; i < config.budgets.size(); ++i)
        if (const auto& b = config.budgets[i]; verdict::always_holds(b) && !verdict::replaces_default_budget(b))
            warnings.add(fmt::format("budgets[{}]", i),
                         fmt::format("'{}' always holds; write a limit that a bad run misses, or leave it out",
                                     b.limit_expression));
}

void warn_of_unmeasured_tls(const scenario_config& config, problems& warnings) {
    if (vehicles_use_tls(config)) return;
    for (std::size_t i = 0; i < config.budgets.size(); ++i)
        if (const auto& b = config.budgets[i]; verdict::is_of_tls(b))
            warnings.add(
                fmt::format("budgets[{}]", i),
                fmt::format("{} has no data: the vehicles use no TLS; target.broker would be mqtts://HOST", b.metric));
}

/// A lost request counts with the completion timeout, so that a limit above it is kept even if all are lost.
void warn_of_high_limits(const scenario_config& config, problems& warnings) {
    for (std::size_t i = 0; i < config.budgets.size(); ++i) {
        const auto& b = config.budgets[i];
        const bool is_upper = b.op == verdict::comparison::less || b.op == verdict::comparison::less_equal;
        if (b.metric != "e2e" || b.metric_kind != verdict::budget::kind::latency || !is_upper) continue;
        for (const auto& s : config.load.services) {
            const auto timeout = completion_timeout_of(config.load, s);
            if ((!b.service.empty() && b.service != s.name) || !(s.weight > 0) || b.limit < milliseconds(timeout))
                continue;
            warnings.add(fmt::format("budgets[{}]", i),
                         fmt::format("lost requests do not miss this limit: they count with {}, which is {}",
                                     s.deadline ? "the deadline of " + s.name : "load.completionTimeout",
                                     format_duration(timeout)));
            break;
        }
    }
}

} // namespace

void check_budgets(const scenario_config& config, problems& all) {
    const auto names = labels_of(config);
    if (config.budgets.size() > max_budgets)
        all.add("budgets", fmt::format("{} budgets with those that hold by default; {} are the most",
                                       config.budgets.size(), max_budgets));
    for (std::size_t i = 0; i < config.budgets.size(); ++i) {
        auto b = config.budgets[i];
        const auto path = fmt::format("budgets[{}]", i);
        if (b.metric_kind == verdict::budget::kind::cost && !config.cost)
            all.add(path, fmt::format(
                              "cost.{} has no data, as the scenario has no prices: give cost, or leave the budget out",
                              b.stat));
        if (!b.phase.empty() && std::ranges::count(config.load.phases, b.phase, &loadsim::load::phase::name) != 0 &&
            std::ranges::count(names.phases, b.phase) == 0) {
            const auto part = std::ranges::find_if(
                names.phases, [&](const std::string& name) { return name.starts_with(b.phase + " ("); });
            all.add(path, fmt::format("the phase '{}' is in a spike from its begin to its end; write {{phase={}}}",
                                      b.phase, *part));
            b.phase.clear(); // the other labels
        }
        for (auto& text : verdict::check(b, names)) all.add(path, std::move(text));
        if (auto text = spike_label_problem(b, config, names); !text.empty()) all.add(path, std::move(text));
    }
}

void warn_of_long_windows(const scenario_config& config, problems& warnings) {
    for (std::size_t i = 0; i < config.budgets.size(); ++i) {
        const auto& b = config.budgets[i];
        const auto path = fmt::format("budgets[{}]", i);
        if (const auto covered = longest_covered_time(b, config); b.over > covered)
            warnings.add(path,
                         fmt::format("the budget has no data: it covers {} of the load at a time, which is no full "
                                     "window of {}",
                                     format_duration(covered), format_duration(b.over)));
        if (b.abort_after && seconds(*b.abort_after) >= load_seconds(config.load))
            warnings.add(path, fmt::format("abort: {} does not end the run: the load is over by then",
                                           format_duration(*b.abort_after)));
    }
}

void warn_of_budgets(const scenario_config& config, problems& warnings) {
    warn_of_high_limits(config, warnings);
    warn_of_limits_without_effect(config, warnings);
    warn_of_unmeasured_recoveries(config, warnings);
    warn_of_unmeasured_tls(config, warnings);
}

} // namespace loadsim::scenario
