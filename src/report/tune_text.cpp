// Summary of variants for the terminal.
#include "text_format.hpp"

#include <loadsim/report/experiment_report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace loadsim::report {
namespace {

using experiment::figure_spread;
using experiment::variant_choice;
using experiment::variant_summary;

nanoseconds latency_of_ms(double ms) {
    return std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double, std::milli>(ms));
}

/// "150 ms (145 ms to 155 ms)"; of one round, or alike ones, the mean alone.
std::string latency_cell(const std::optional<figure_spread>& spread) {
    if (!spread) return "-";
    const auto mean = human_latency(latency_of_ms(spread->mean));
    const auto low = human_latency(latency_of_ms(spread->lowest)), high = human_latency(latency_of_ms(spread->highest));
    return low == high ? mean : fmt::format("{} ({} to {})", mean, low, high);
}

std::string budgets_cell(const variant_summary& v) {
    if (v.rounds == 0) return v.invalid_rounds == 0 ? "not run" : "invalid";
    return v.meets_budgets ? "met" : v.missed.empty() ? "not met" : fmt::format("missed: {}", v.missed);
}

std::string marks_of(const variant_choice& choice, std::size_t i) {
    std::string marks;
    for (const auto& [name, one] : {std::pair{"cheapest", &choice.cheapest}, std::pair{"fastest", &choice.fastest},
                                    std::pair{"balanced", &choice.balanced}})
        if (one->variant == i) marks += fmt::format("{}{}", marks.empty() ? "" : ", ", name);
    return marks;
}

} // namespace

std::string tune_summary(const tune_result& r, const experiment_origin& origin) {
    const auto& choice = r.choice;
    const auto has_cost = std::ranges::any_of(choice.variants, [](const auto& v) { return v.cost.has_value(); });
    row head{"variant", "recommended", "budgets", "rounds", "e2e p50", "e2e p99", "throughput", "errors"};
    if (has_cost) head.push_back(r.cost_unit.empty() ? "cost" : fmt::format("cost ({})", r.cost_unit));
    std::vector<row> rows{std::move(head)};
    for (std::size_t i = 0; i < choice.variants.size(); ++i) {
        const auto& v = choice.variants[i];
        row cells{v.name,
                  marks_of(choice, i),
                  budgets_cell(v),
                  fmt::format("{}{}", v.rounds, v.invalid_rounds ? fmt::format(" ({} invalid)", v.invalid_rounds) : ""),
                  latency_cell(v.latency_p50_ms),
                  latency_cell(v.latency_p99_ms),
                  v.throughput ? human_rate(v.throughput->mean) : "-",
                  v.error_share ? fmt::format("{:.3g} %", v.error_share->mean * 100) : "-"};
        if (has_cost) cells.push_back(v.cost ? fmt::format("{:.6g}", *v.cost) : "-");
        rows.push_back(std::move(cells));
    }
    return fmt::format("{}  {}, seed {}, {} elapsed\n\n{}\ncheapest  {}\nfastest   {}\nbalanced  {}\n", origin.scenario,
                       count_of(choice.variants.size(), "variant", "variants"), origin.seed,
                       human_elapsed(origin.elapsed), table(std::move(rows), 3), choice.cheapest.reason,
                       choice.fastest.reason, choice.balanced.reason);
}

} // namespace loadsim::report
