#include <loadsim/report/variant_runs.hpp>

#include "json_fields.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/suite.hpp>

#include <boost/json.hpp>

#include <cmath>
#include <string>

namespace loadsim::report {
namespace {

/// Of a number of milliseconds.
std::optional<nanoseconds> optional_ms_at(const boost::json::object& fields, std::string_view name) {
    const auto value = value_at(fields, name);
    if (!value.is_number()) return std::nullopt;
    return std::chrono::round<nanoseconds>(std::chrono::duration<double, std::milli>(value.to_number<double>()));
}

/// Seconds in which the requests of the phases were sent.
double sending_seconds(const boost::json::array& phases) {
    double seconds = 0;
    for (const auto& phase : phases) {
        const auto fields = as_object(phase);
        if (const auto rate = number_at(fields, "achieved_rate_per_s"); rate > 0)
            seconds += number_at(fields, "sent") / rate;
    }
    return seconds;
}

/// The first budget that was missed, or has no data or is undecided, and does not only warn.
std::string first_missed(const run_end& end) {
    for (const auto& budget : end.budgets)
        if (budget.verdict != "pass" && budget.severity != "warn") return budget.expression;
    return {};
}

} // namespace

std::optional<variant_run> parse_variant_run(std::string_view summary) {
    const auto end = parse_run_end(summary);
    if (!end) return std::nullopt;
    boost::system::error_code error;
    const auto fields = as_object(boost::json::parse(summary, error));
    if (error) return std::nullopt;
    variant_run made;
    auto& round = made.round;
    round.meets_budgets = end->verdict == "pass";
    round.valid = end->verdict != "invalid";
    round.missed = round.meets_budgets ? std::string{} : first_missed(*end);
    const auto latency = object_at(object_at(fields, "latency"), "e2e");
    round.latency_p99 = optional_ms_at(latency, "p99_ms");
    round.latency_p50 = optional_ms_at(latency, "p50_ms");
    const auto requests = object_at(fields, "requests");
    const auto due = number_at(requests, "due");
    const auto unexpected = number_at(requests, "unexpected");
    if (const auto seconds = sending_seconds(array_at(fields, "phases")); seconds > 0)
        round.throughput = (due - unexpected) / seconds;
    if (due > 0) round.error_share = unexpected / due;
    made.duration = optional_ms_at(fields, "duration_ms").value_or(nanoseconds{0});
    made.target = text_at(fields, "target");
    const auto cost = object_at(fields, "cost");
    made.currency = text_at(cost, "currency");
    if (const auto total = value_at(cost, "total"); total.is_number()) made.cost = total.to_number<double>();
    return made;
}

std::optional<variant_run> read_variant_run(const std::filesystem::path& folder) {
    constexpr std::size_t size_limit = std::size_t{64} << 20;
    const auto text = read_file((folder / summary_file_name).string(), size_limit);
    if (!text) return std::nullopt;
    return parse_variant_run(*text);
}

} // namespace loadsim::report
