// Budgets: a limit, or a map with a limit and its qualifiers.
#include "renamed_names.hpp"
#include "schema.hpp"
#include "schema/composite_types.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {
namespace {

/// Problem text for a budget of an anomaly by an old name, "anomalies.word_lost == 0"; empty: no such budget.
std::string renamed_anomaly(std::string_view expression) {
    constexpr std::string_view metric = "anomalies.";
    const auto start = expression.find(metric);
    if (start == std::string_view::npos) return {};
    const auto name = expression.substr(start + metric.size());
    const auto anomaly = name.substr(0, name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"));
    if (present_name(anomaly, anomaly_names).empty()) return {};
    return unknown_or_renamed("anomaly", anomaly, anomaly_names);
}

/// Problem text for a budget of a metric by an old name, "recovery{condition=tunnel}.back < 1m"; empty: no such budget.
std::string renamed_metric(std::string_view expression) {
    constexpr std::string_view metrics[] = {"queued.wait", "recovery.time", "campaigns.duplicates"};
    std::string metric; // without labels
    for (bool in_labels = false; const char c : expression) {
        if (c == '{' || c == '}')
            in_labels = c == '{';
        else if (!in_labels && std::string_view("<>=!~").find(c) != std::string_view::npos)
            break;
        else if (!in_labels && c != ' ')
            metric += c;
    }
    metric = metric.substr(0, metric.find('.', metric.find('.') + 1)); // without statistic
    if (present_name(metric, metrics).empty()) return {};
    return unknown_or_renamed("metric", metric, metrics);
}

constexpr std::size_t max_budget_length = 500; // characters of a budget: the names of four labels and a comparison
constexpr choices::table<verdict::budget_severity, 2> severities{
    {"fail", "warn"}, {verdict::budget_severity::fail, verdict::budget_severity::warn}};

/// METRIC OPERATOR LIMIT.
struct limit_type {
    void read(read_context& r, const yaml_node& n, verdict::budget& out) const {
        const auto* found = r.expect_scalar(n, "a budget such as \"e2e.p99 < 1s\"");
        if (found == nullptr) return;
        if (found->size() > max_budget_length)
            return r.add_problem(
                n, fmt::format("a budget of {} characters; {} is the most", found->size(), max_budget_length));
        const auto parsed = verdict::parse_budget(*found);
        for (const auto& renamed : {renamed_anomaly(*found), renamed_metric(*found)})
            if (!parsed && !renamed.empty()) return r.add_problem(n, renamed);
        if (!parsed) return r.add_problem(n, parsed.error().list.front().text);
        out = *parsed;
    }
    yaml_node write(const verdict::budget& b) const { return make_scalar(b.limit_expression); }
    boost::json::object schema() const { return {{"title", "budget"}, {"type", "string"}}; }
};

/// A name, or a list of names.
struct phase_names_type {
    static constexpr value_types::name_text name{};
    static constexpr value_types::list<value_types::name_text> names{name, "phases", 100};

    void read(read_context& r, const yaml_node& n, std::vector<std::string>& out) const {
        if (n.what == yaml_node::kind::scalar) {
            out.assign(1, {});
            return name.read(r, n, out.front());
        }
        if (n.what == yaml_node::kind::list && n.items.empty())
            return r.add_problem(n, "no phase is named here; one is the least");
        names.read(r, n, out);
    }
    yaml_node write(const std::vector<std::string>& all) const {
        return all.size() == 1 ? name.write(all.front()) : names.write(all);
    }
    boost::json::object schema() const {
        auto many = names.schema();
        many["minItems"] = 1;
        return value_types::any_of(name.schema(), std::move(many));
    }
};

struct budget_keys {
    verdict::budget limit;
    std::optional<verdict::budget_severity> severity;
    std::optional<std::vector<std::string>> during;
    std::optional<std::vector<std::string>> except;
    std::optional<std::chrono::seconds> over;
    std::optional<nanoseconds> abort;
};

template <class V>
void describe(V& v, budget_keys& k) {
    v.required("budget", k.limit, "The limit.", limit_type{});
    v.field("severity", k.severity,
            "fail, or warn: a budget that is missed, or has no data, is reported and does not decide the verdict; left "
            "out: fail.",
            severities.type());
    v.field("during", k.during, "Only these phases: a name, or a list of names; left out: all.", phase_names_type{});
    v.field("except", k.except, "All phases but these: a name, or a list of names.", phase_names_type{});
    v.field("over", k.over,
            "Length of a window, in whole seconds: every full window of the load must hold, and the worst one is "
            "reported; left out: the run as a whole.",
            value_types::duration{.min = std::chrono::seconds{1}});
    v.field("abort", k.abort,
            "Time of the load from which on the run ends early if the budget is missed, with what was seen until then; "
            "left out: never.",
            value_types::duration{});
}

} // namespace

namespace value_types {

void budget::read(read_context& r, const yaml_node& n, verdict::budget& out) const {
    if (n.what != yaml_node::kind::map) return limit_type{}.read(r, n, out);
    budget_keys keys;
    object<budget_keys>{}.read(r, n, keys);
    out = std::move(keys.limit);
    out.severity = keys.severity.value_or(verdict::budget_severity::fail);
    out.during = keys.during.value_or(std::vector<std::string>{});
    out.except = keys.except.value_or(std::vector<std::string>{});
    out.over = keys.over.value_or(std::chrono::seconds{0});
    out.abort_after = keys.abort;
    out.expression = verdict::qualified_expression(out);
}

yaml_node budget::write(const verdict::budget& b) const {
    budget_keys keys{.limit = b, .severity = {}, .during = {}, .except = {}, .over = {}, .abort = b.abort_after};
    if (b.severity != verdict::budget_severity::fail) keys.severity = b.severity;
    if (!b.during.empty()) keys.during = b.during;
    if (!b.except.empty()) keys.except = b.except;
    if (b.over.count() != 0) keys.over = b.over;
    const bool is_limit_only = !keys.severity && !keys.during && !keys.except && !keys.over && !keys.abort;
    return is_limit_only ? limit_type{}.write(b) : object<budget_keys>{}.write(keys);
}

boost::json::object budget::schema() const { return any_of(limit_type{}.schema(), object<budget_keys>{}.schema()); }

} // namespace value_types
} // namespace loadsim::scenario
