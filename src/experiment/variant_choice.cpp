#include <loadsim/experiment/variant_choice.hpp>

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace loadsim::experiment {
namespace {

/// Spread of a figure over the valid rounds; nullopt: there is none, or one of them does not have it.
std::optional<figure_spread> spread_over(const std::vector<variant_round>& rounds,
                                         const std::function<std::optional<double>(const variant_round&)>& figure) {
    std::optional<figure_spread> spread;
    double sum = 0, count = 0;
    for (const auto& round : rounds) {
        if (!round.valid) continue;
        const auto value = figure(round);
        if (!value) return std::nullopt;
        if (!spread) spread = figure_spread{.lowest = *value, .highest = *value};
        spread->lowest = std::min(spread->lowest, *value);
        spread->highest = std::max(spread->highest, *value);
        sum += *value;
        ++count;
    }
    if (spread) spread->mean = sum / count;
    return spread;
}

std::optional<double> in_ms(std::optional<nanoseconds> latency) {
    return latency ? std::optional{milliseconds(*latency)} : std::nullopt;
}

variant_summary summary_of(const variant_rounds& v) {
    variant_summary s{.name = v.name, .meets_budgets = true, .cost = v.cost};
    for (const auto& round : v.rounds) {
        if (!round.valid) {
            ++s.invalid_rounds;
            continue;
        }
        ++s.rounds;
        s.meets_budgets = s.meets_budgets && round.meets_budgets;
        if (s.missed.empty()) s.missed = round.missed;
    }
    s.meets_budgets = s.meets_budgets && s.rounds != 0;
    s.latency_p50_ms = spread_over(v.rounds, [](const auto& round) { return in_ms(round.latency_p50); });
    s.latency_p99_ms = spread_over(v.rounds, [](const auto& round) { return in_ms(round.latency_p99); });
    s.throughput = spread_over(v.rounds, [](const auto& round) { return std::optional{round.throughput}; });
    s.error_share = spread_over(v.rounds, [](const auto& round) { return std::optional{round.error_share}; });
    return s;
}

using measure_of = std::function<std::optional<figure_spread>(const variant_summary&)>;

/// What a recommendation minimises, over the rounds of a variant; a variant without it is no candidate.
struct criterion {
    measure_of of;
    std::string_view what;    ///< "the lowest cost"
    std::string_view missing; ///< sentence: no candidate has it
    bool is_measured = true;  ///< false: given, the same in all rounds
};

bool overlap(const figure_spread& a, const figure_spread& b) { return a.lowest <= b.highest && b.lowest <= a.highest; }

std::string names_of(const std::vector<variant_summary>& all, const std::vector<std::size_t>& which) {
    std::string names;
    for (std::size_t i = 0; i < which.size(); ++i)
        names += (i == 0 ? "" : i + 1 == which.size() ? " and " : ", ") + all[which[i]].name;
    return names;
}

std::string reason_of(const std::vector<variant_summary>& all, const recommendation& r, const criterion& c) {
    const auto& chosen = all[*r.variant];
    if (!r.alike.empty() && !c.is_measured)
        return fmt::format("{} has {}, as {} {}", chosen.name, c.what, names_of(all, r.alike),
                           r.alike.size() == 1 ? "has" : "have");
    if (!r.alike.empty())
        return fmt::format("{} has {}, but cannot be told apart from {}: their ranges over the rounds overlap",
                           chosen.name, c.what, names_of(all, r.alike));
    if (!c.is_measured) return fmt::format("{} has {} of those that meet the budgets", chosen.name, c.what);
    if (chosen.rounds == 1)
        return fmt::format("{} has {}; one round does not show how much the rounds differ: give more --rounds",
                           chosen.name, c.what);
    return fmt::format("{} has {}, in all {} rounds", chosen.name, c.what, chosen.rounds);
}

recommendation least(const std::vector<variant_summary>& all, const criterion& c) {
    recommendation r;
    const auto value_of = [&](std::size_t i) { return all[i].meets_budgets ? c.of(all[i]) : std::nullopt; };
    for (std::size_t i = 0; i < all.size(); ++i)
        if (const auto value = value_of(i); value && (!r.variant || value->mean < value_of(*r.variant)->mean))
            r.variant = i;
    if (!r.variant) {
        const auto meets = std::ranges::any_of(all, &variant_summary::meets_budgets);
        r.reason = meets ? c.missing : "no variant meets the budgets in all of its rounds";
        return r;
    }
    for (std::size_t i = 0; i < all.size(); ++i)
        if (const auto value = value_of(i); value && i != *r.variant && overlap(*value, *value_of(*r.variant)))
            r.alike.push_back(i);
    r.reason = reason_of(all, r, c);
    return r;
}

/// The highest value of those that meet the budgets, to which others are scaled; 0 without one.
double highest_of(const std::vector<variant_summary>& all, const measure_of& of) {
    double highest = 0;
    for (const auto& v : all)
        if (const auto value = v.meets_budgets ? of(v) : std::nullopt; value) highest = std::max(highest, value->mean);
    return highest;
}

} // namespace

variant_choice choose(const std::vector<variant_rounds>& variants) {
    variant_choice choice;
    for (const auto& v : variants) choice.variants.push_back(summary_of(v));
    const auto& all = choice.variants;
    const measure_of cost = [](const variant_summary& v) {
        return v.cost ? std::optional{figure_spread{*v.cost, *v.cost, *v.cost}} : std::nullopt;
    };
    const measure_of latency = [](const variant_summary& v) { return v.latency_p99_ms; };
    const auto highest_cost = highest_of(all, cost), highest_latency = highest_of(all, latency);
    const measure_of sum = [&](const variant_summary& v) -> std::optional<figure_spread> {
        if (!v.cost || !v.latency_p99_ms) return std::nullopt;
        const auto scaled = [](double value, double highest) { return highest > 0 ? value / highest : 0; };
        const auto of = [&](double p99) {
            return balanced_weight * scaled(*v.cost, highest_cost) +
                   (1 - balanced_weight) * scaled(p99, highest_latency);
        };
        return figure_spread{of(v.latency_p99_ms->mean), of(v.latency_p99_ms->lowest), of(v.latency_p99_ms->highest)};
    };
    choice.cheapest = least(all, {.of = cost,
                                  .what = "the lowest cost",
                                  .missing = "no variant that meets the budgets has a cost: add `cost` to the variants "
                                             "file",
                                  .is_measured = false});
    choice.fastest = least(all, {.of = latency,
                                 .what = "the lowest p99 of e2e",
                                 .missing = "too few samples for p99 of e2e: let the load last longer"});
    choice.balanced = least(all, {.of = sum,
                                  .what = "the lowest sum of scaled cost and p99 of e2e",
                                  .missing = "no variant that meets the budgets has a cost and enough samples for p99 "
                                             "of e2e"});
    return choice;
}

std::vector<std::size_t> interleaved(std::size_t variants, std::uint32_t rounds) {
    std::vector<std::size_t> order;
    for (std::uint32_t round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < variants; ++i) order.push_back(i);
    return order;
}

} // namespace loadsim::experiment
