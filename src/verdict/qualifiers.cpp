// What a budget has besides its limit: severity, phases, windows, and the end of the run.
#include <loadsim/verdict/budget.hpp>

#include "qualifiers.hpp"

#include <loadsim/base/units.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

namespace loadsim::verdict {

std::string_view to_string(budget_severity s) { return s == budget_severity::warn ? "warn" : "fail"; }

std::string qualified_expression(const budget& b) {
    auto text = b.limit_expression;
    if (b.over.count() != 0) text += fmt::format(" over {} windows", format_duration(b.over));
    if (!b.during.empty()) text += fmt::format(", during {}", fmt::join(b.during, " and "));
    if (!b.except.empty()) text += fmt::format(", except {}", fmt::join(b.except, " and "));
    return text;
}

bool covers_phase(const budget& b, std::string_view phase) {
    const auto is_in = [&](const std::vector<std::string>& names) { return std::ranges::count(names, phase) != 0; };
    return (b.phase.empty() || b.phase == phase) && (b.during.empty() || is_in(b.during)) && !is_in(b.except);
}

std::vector<std::string> check_qualifiers(const budget& b, const measure::labels& names) {
    std::vector<std::string> errors;
    const bool of_phases = !b.during.empty() || !b.except.empty();
    const bool of_recovery = b.metric_kind == budget::kind::recovery;
    const bool of_campaign = b.metric.starts_with("campaigns.");
    if ((of_recovery || of_campaign) && (of_phases || b.over.count() != 0))
        errors.push_back(fmt::format("{} is measured from {}; during, except and over do not go with it",
                                     of_recovery ? "a recovery" : "a campaign",
                                     of_recovery ? "the begin of its condition" : "its due time"));
    if (b.metric_kind == budget::kind::cost && (of_phases || b.over.count() != 0 || b.abort_after))
        errors.emplace_back("the cost is that of the whole run; during, except, over and abort do not go with it");
    if (of_recovery && b.abort_after)
        errors.emplace_back("a recovery is assessed at the end of the run; abort does not go with it");
    if (b.severity == budget_severity::warn && b.abort_after)
        errors.emplace_back("severity: warn and abort contradict each other: a warning does not end the run");
    const auto is_known = [&](const std::string& name) { return std::ranges::count(names.phases, name) != 0; };
    const bool all_known = std::ranges::all_of(b.during, is_known) && std::ranges::all_of(b.except, is_known) &&
                           (b.phase.empty() || is_known(b.phase));
    if (of_phases && all_known &&
        std::ranges::none_of(names.phases, [&](const std::string& name) { return covers_phase(b, name); }))
        errors.emplace_back("its label, during and except leave no phase; name one that is not left out");
    return errors;
}

} // namespace loadsim::verdict
