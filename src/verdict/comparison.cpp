#include <loadsim/verdict/comparison.hpp>

#include "telemetry_comparison.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <set>
#include <utility>

namespace loadsim::verdict {
namespace {

using measure::histogram;
using measure::hop;

constexpr std::array platform_hops{hop::accept, hop::dispatch, hop::notify, hop::e2e, hop::platform, hop::expiry};

/// Probabilities that one row of a group is wrongly said to differ: 5 % together.
constexpr double all_requests_error = 0.02;
constexpr double selections_error = 0.02; ///< by service and by phase
constexpr double counts_error = 0.01;
constexpr double row_error = 0.05; ///< of the interval that is shown

constexpr double unlimited = std::numeric_limits<double>::infinity();

struct selection {
    std::string service; ///< empty: all
    std::string phase;

    bool is_all() const { return service.empty() && phase.empty(); }
};

/// Indexes of a name; nullopt (all) for an empty one.
std::vector<std::optional<std::uint32_t>> indexes_in(const std::vector<std::string>& names, const std::string& name) {
    if (name.empty()) return {std::nullopt};
    std::vector<std::optional<std::uint32_t>> indexes;
    for (std::uint32_t i = 0; i < names.size(); ++i)
        if (names[i] == name) indexes.emplace_back(i);
    return indexes;
}

histogram select_samples(const compared_side& side, hop h, const selection& of) {
    histogram samples;
    for (const auto service : indexes_in(side.labels.services, of.service))
        for (const auto phase : indexes_in(side.labels.phases, of.phase))
            samples.merge(side.sum.latencies.select(h, {.service = service, .phase = phase}));
    return samples;
}

/// All requests, then each service and each phase if there are several. Names in the order of the sides.
std::vector<selection> selections_of(const compared_side& before, const compared_side& after) {
    const auto names_of = [](std::vector<std::string> names, const std::vector<std::string>& more) {
        names.insert(names.end(), more.begin(), more.end());
        std::set<std::string> seen;
        std::erase_if(names, [&](const std::string& name) { return !seen.insert(name).second; });
        return names.size() > 1 ? names : std::vector<std::string>{};
    };
    std::vector<selection> all{{}};
    for (auto& name : names_of(before.labels.services, after.labels.services)) all.push_back({std::move(name), {}});
    for (auto& name : names_of(before.labels.phases, after.labels.phases)) all.push_back({{}, std::move(name)});
    return all;
}

/// A percentile of some samples, with what its interval needs.
struct estimate {
    const histogram* samples;
    double percentile;
    double inflation;

    double value_us() const { return microseconds(samples->percentile(percentile)); }
    /// Interval of the percentile in us; `deviations` of the standard normal or of Student's distribution. A rank beyond the samples
    /// leaves that end open: 0 or infinite.
    std::pair<double, double> interval_us(double deviations) const {
        const auto count = static_cast<double>(samples->count());
        const auto share = percentile / 100;
        const auto reach = deviations * std::sqrt(count * share * (1 - share) * inflation) + 0.5;
        const auto low = std::floor(count * share - reach);
        const auto high = std::ceil(count * share + reach);
        return {low < 1 ? 0 : microseconds(samples->lowest_at(static_cast<std::uint64_t>(low))),
                high > count ? unlimited : microseconds(samples->highest_at(static_cast<std::uint64_t>(high)))};
    }
    bool is_carried() const {
        const auto [low, high] = interval_us(1.959964);
        return low > 0 && high < unlimited;
    }

private:
    static double microseconds(nanoseconds d) { return static_cast<double>(d.count()) / 1e3; }
};

/// Samples of a hop and selection on both sides.
struct compared_samples {
    histogram before;
    histogram after;
};

/// A row whose percentile both sides carry.
struct tested_row {
    std::size_t at; ///< index in run_comparison::latencies
    const compared_samples* samples;
    bool is_of_all = false;
    double old_inflation = 1;
    double new_inflation = 1;
    double degrees_of_freedom = 1;
    double lateness_us = 0;
    double allowed_us = -1; ///< below 0: no allowance
};

/// Interval of the new value, less the old one, in fractions of the old value.
/// Source: G. Y. Zou, A. Donner: Construction of confidence limits about effect measures, Statistics in Medicine 27 (2008); of logarithms,
/// whose difference is the ratio. A histogram's resolution is 1 us, so that 0 counts as that.
std::pair<double, double> interval_of_change(const estimate& before, const estimate& after, double deviations) {
    const auto logarithm = [](double us) { return std::log(us + 1); };
    const auto [old_low, old_high] = before.interval_us(deviations);
    const auto [new_low, new_high] = after.interval_us(deviations);
    const auto was = logarithm(before.value_us());
    const auto is = logarithm(after.value_us());
    const auto down = std::hypot(is - logarithm(new_low), logarithm(old_high) - was);
    const auto up = std::hypot(logarithm(new_high) - is, was - logarithm(old_low));
    const auto low = new_low <= 0 || old_high == unlimited ? -1 : std::expm1(is - was - down);
    const auto high = old_low <= 0 || new_high == unlimited ? unlimited : std::expm1(is - was + up);
    return {low, high};
}

/// Deviations of a two-sided interval with this probability of an error.
double deviations_of(double error, double degrees_of_freedom) {
    const boost::math::students_t distribution(degrees_of_freedom);
    return boost::math::quantile(boost::math::complement(distribution, error / 2));
}

bool is_of(const allowance& a, const latency_change& row) {
    return a.hop == row.hop && a.percentile == row.percentile && (a.service.empty() || a.service == row.service) &&
           (a.phase.empty() || a.phase == row.phase);
}

/// The last allowance of a row; null: none.
const allowance* allowance_of(const latency_change& row, const std::vector<allowance>& all) {
    const auto found = std::find_if(all.rbegin(), all.rend(), [&](const allowance& a) { return is_of(a, row); });
    return found == all.rend() ? nullptr : &*found;
}

double in_us(nanoseconds d) { return static_cast<double>(d.count()) / 1e3; }

class comparer {
public:
    comparer(const compared_side& before, const compared_side& after, const std::vector<allowance>& allowed)
        : before_(before), after_(after), allowed_(allowed) {}

    run_comparison compare() {
        result_.old_requests = before_.sum.requests.due;
        result_.new_requests = after_.sum.requests.due;
        for (const auto h : platform_hops)
            for (const auto& of : selections_of(before_, after_)) add_rows(h, of);
        for (const auto& row : tested_) judge(row);
        compare_counts();
        for (const auto& a : allowed_)
            if (std::ranges::none_of(result_.latencies, [&](const auto& row) { return is_of(a, row) && row.low; }))
                result_.without_data.push_back(a.expression);
        return std::move(result_);
    }

private:
    void add_rows(hop h, const selection& of) {
        const auto& samples =
            samples_.emplace_back(compared_samples{select_samples(before_, h, of), select_samples(after_, h, of)});
        if (samples.before.empty() && samples.after.empty()) return;
        for (std::size_t i = 0; i < compared_percentiles.size(); ++i) add_row(h, of, samples, i);
    }

    void add_row(hop h, const selection& of, const compared_samples& samples, std::size_t i) {
        const auto percentile = compared_percentiles[i];
        latency_change row{.hop = h,
                           .service = of.service,
                           .phase = of.phase,
                           .percentile = percentile,
                           .old_samples = samples.before.count(),
                           .new_samples = samples.after.count(),
                           .old_value = samples.before.percentile(percentile),
                           .new_value = samples.after.percentile(percentile)};
        const bool on_both_sides = row.old_samples != 0 && row.new_samples != 0;
        if (on_both_sides) row.change = (in_us(row.new_value) + 1) / (in_us(row.old_value) + 1) - 1;
        const auto* allowed = allowance_of(row, allowed_);
        if (allowed != nullptr) row.allowed = allowed->expression;

        const auto old_spread = spread_on(before_, h);
        const auto new_spread = spread_on(after_, h);
        const bool has_spread = old_spread.degrees_of_freedom != 0 && new_spread.degrees_of_freedom != 0;
        tested_row tested{.at = result_.latencies.size(), .samples = &samples, .is_of_all = of.is_all()};
        tested.old_inflation = old_spread.inflation[i];
        tested.new_inflation = new_spread.inflation[i];
        tested.degrees_of_freedom = old_spread.degrees_of_freedom + new_spread.degrees_of_freedom;
        const bool old_carried = estimate{&samples.before, percentile, tested.old_inflation}.is_carried();
        const bool new_carried = estimate{&samples.after, percentile, tested.new_inflation}.is_carried();
        const bool is_shown = i == 0 || allowed != nullptr || old_carried || new_carried;
        if (!is_shown) return;

        if (!on_both_sides)
            row.reason = row.old_samples == 0 ? "the old side has no sample" : "the new side has no sample";
        else if (!has_spread)
            row.reason = "too few seconds with samples in latency.hlog";
        else if (!old_carried || !new_carried)
            row.reason = "too few samples";
        else {
            tested.lateness_us =
                lateness_factor * std::max(lateness_us(before_, of, percentile), lateness_us(after_, of, percentile));
            if (allowed != nullptr)
                tested.allowed_us = in_us(row.old_value) * allowed->fraction + in_us(allowed->duration);
            ++(tested.is_of_all ? rows_of_all_ : rows_of_selections_);
            tested_.push_back(tested);
        }
        result_.latencies.push_back(std::move(row));
    }

    static rank_spread spread_on(const compared_side& side, hop h) {
        const auto found = side.spreads.find(h);
        return found == side.spreads.end() ? rank_spread{} : found->second;
    }

    /// The generator's own lateness on one side, at the same percentile.
    static double lateness_us(const compared_side& side, const selection& of, double percentile) {
        return in_us(std::max(select_samples(side, hop::lag, of).percentile(percentile),
                              side.sum.loop_delay.percentile(percentile)));
    }

    void judge(const tested_row& tested) {
        auto& row = result_.latencies[tested.at];
        const estimate before{&tested.samples->before, row.percentile, tested.old_inflation};
        const estimate after{&tested.samples->after, row.percentile, tested.new_inflation};
        const auto interval = [&](double error) {
            return interval_of_change(before, after, deviations_of(error, tested.degrees_of_freedom));
        };
        const auto [low, high] = interval(row_error);
        if (low > -1 && high < unlimited) {
            row.low = low;
            row.high = high;
        }
        const auto group_error = tested.is_of_all ? all_requests_error / static_cast<double>(rows_of_all_)
                                                  : selections_error / static_cast<double>(rows_of_selections_);
        const auto [surely_above, surely_below] = interval(group_error);

        const auto old_us = before.value_us() + 1; // as in the interval
        const auto resolution = (old_us * 0.001 + 1) / old_us;
        const auto lateness = tested.lateness_us / old_us;
        const auto negligible = std::max({negligible_change, resolution, lateness});
        const bool is_limited = tested.allowed_us >= 0;
        const auto allowed = tested.allowed_us / old_us;
        const auto resolved = is_limited ? std::max(allowed, resolution) : resolved_change;
        const auto shown = row.change.value_or(0);
        if (surely_above > std::max(negligible, is_limited ? allowed : 0))
            row.verdict = change_verdict::worse;
        else if (surely_below < -negligible)
            row.verdict = change_verdict::better;
        else if (low > -resolved_change && high < resolved)
            row.verdict = change_verdict::same;
        else if (std::abs(shown) <= resolved && low > -lateness && high < lateness)
            row.verdict = change_verdict::same; // no more than the generator can tell apart
        else
            row.reason = std::abs(shown) > negligible_change && std::abs(shown) <= lateness
                             ? fmt::format("the change is less than {} times the lateness of the load generator",
                                           lateness_factor)
                             : "the interval is too wide; more samples, or several runs, make it narrower";
    }

    void compare_counts() {
        const auto& was = before_.sum;
        const auto& is = after_.sum;
        std::vector<compared_count> rows;
        const auto of_requests = [&](count_change row, bool is_forbidden) {
            rows.push_back({std::move(row), is_forbidden, result_.old_requests, result_.new_requests});
        };
        of_requests({"unexpected", was.requests.unexpected, is.requests.unexpected}, true);
        for (const auto o : {outcome::rejected, outcome::errored, outcome::unanswered}) {
            const auto i = static_cast<std::size_t>(o);
            of_requests({fmt::format("outcomes.{}", to_string(o)), was.requests.outcomes[i], is.requests.outcomes[i]},
                        false);
        }
        for (std::size_t i = 0; i < anomaly_count; ++i)
            if (was.anomalies[i] != 0 || is.anomalies[i] != 0)
                of_requests({fmt::format("anomalies.{}", anomaly_names[i]), was.anomalies[i], is.anomalies[i]}, true);
        for (auto& row : telemetry_counts_of(before_, after_)) rows.push_back(std::move(row));
        for (auto& row : rows) {
            judge_count(row, counts_error / static_cast<double>(rows.size()));
            result_.counts.push_back(std::move(row.change));
        }
    }

    /// Given the sum of two Poisson counts, each is binomial.
    static void judge_count(compared_count& compared, double error) {
        auto& row = compared.change;
        if (row.old_count == 0 && row.new_count == 0) return;
        if (compared.old_base == 0 || compared.new_base == 0) {
            row.verdict = change_verdict::cannot_tell;
            return;
        }
        const auto all = static_cast<double>(compared.old_base + compared.new_base);
        const boost::math::binomial chance(static_cast<double>(row.old_count + row.new_count),
                                           static_cast<double>(compared.new_base) / all);
        const auto now = static_cast<double>(row.new_count);
        const auto as_many = row.new_count == 0 ? 1 : boost::math::cdf(boost::math::complement(chance, now - 1));
        const auto as_few = boost::math::cdf(chance, now);
        if (as_many < error / 2 || (compared.is_forbidden && row.old_count == 0))
            row.verdict = change_verdict::worse;
        else if (as_few < error / 2)
            row.verdict = change_verdict::better;
    }

    const compared_side& before_;
    const compared_side& after_;
    const std::vector<allowance>& allowed_;
    run_comparison result_;
    std::deque<compared_samples> samples_; // rows point to them
    std::vector<tested_row> tested_;
    std::size_t rows_of_all_ = 0;
    std::size_t rows_of_selections_ = 0;
};

} // namespace

std::string_view to_string(change_verdict v) {
    constexpr std::string_view names[] = {"same", "better", "worse", "cannot tell"};
    return names[static_cast<std::size_t>(v)];
}

bool run_comparison::any(change_verdict wanted) const {
    return std::ranges::any_of(latencies, [&](const auto& row) { return row.verdict == wanted; }) ||
           std::ranges::any_of(counts, [&](const auto& row) { return row.verdict == wanted; });
}

run_comparison compare_runs(const compared_side& before, const compared_side& after,
                            const std::vector<allowance>& allowed) {
    return comparer(before, after, allowed).compare();
}

} // namespace loadsim::verdict
