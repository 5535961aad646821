// Comparison of runs, with drawn latencies: those near each other in time are alike, as of a platform.
#include <loadsim/base/random.hpp>
#include <loadsim/verdict/comparison.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>

using namespace loadsim;
using namespace loadsim::verdict;
using namespace std::chrono_literals;
using measure::hop;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

struct drawn_run {
    std::uint64_t seed = 1;
    int seconds = 30;
    int per_second = 20;
    double slower = 1;     ///< factor of all latencies
    double alike = 0.2;    ///< standard deviation of a second's common share, of the logarithm
    nanoseconds lag = 1us; ///< of all requests
};

/// Samples of three hops, two services and one phase. The seconds' common shares are correlated, too (AR(1), 0.6).
compared_side drawn_side(const drawn_run& of) {
    random_stream draws(of.seed, stream_id::behaviour, 0);
    compared_side side;
    side.labels = {
        .services = {"horn", "light"}, .phases = {"steady"}, .segments = {}, .behaviours = {}, .conditions = {}};
    std::map<hop, sample_batches> batches;
    double common = 0;
    for (int second = 0; second < of.seconds; ++second) {
        common = 0.6 * common + 0.8 * of.alike * draws.normal();
        measure::latency_table interval;
        for (int i = 0; i < of.per_second; ++i) {
            const auto service = static_cast<std::uint32_t>(i % 2);
            const auto factor = of.slower * std::exp(common);
            const auto e2e_ms = 4 * factor * std::exp(0.3 * draws.normal());
            const auto accept_ms = 1 * factor * std::exp(0.5 * draws.normal());
            const auto platform_ms = 2 * factor * std::exp(0.4 * draws.normal());
            for (const auto& [at, ms] :
                 {std::pair(hop::e2e, e2e_ms), {hop::accept, accept_ms}, {hop::platform, platform_ms}})
                interval.record(at, service, 0, nanoseconds{std::llround(ms * 1e6)});
            interval.record(hop::lag, service, 0, of.lag);
        }
        side.sum.requests.due += static_cast<std::uint64_t>(of.per_second);
        for (const auto at : {hop::e2e, hop::accept, hop::platform}) batches[at].add(interval.select(at));
        side.sum.latencies.merge(interval);
    }
    for (const auto& [at, of_hop] : batches) side.spreads[at] = spread_of({of_hop.all()});
    return side;
}

bool has_changed(const run_comparison& c) { return c.any(change_verdict::better) || c.any(change_verdict::worse); }

const latency_change& row_of(const run_comparison& c, hop h, double percentile, const std::string& service = {}) {
    const auto found = std::ranges::find_if(c.latencies, [&](const auto& row) {
        return row.hop == h && row.percentile == percentile && row.service == service;
    });
    if (found == c.latencies.end()) throw std::logic_error("no such row");
    return *found;
}

std::vector<allowance> allowances(std::initializer_list<const char*> expressions) {
    std::vector<allowance> all;
    for (const auto* expression : expressions) all.push_back(*parse_allowance(expression));
    return all;
}

} // namespace

TEST(comparison, of_one_scenario_says_no_change_in_19_of_20) {
    int independent = 0;
    int alike = 0;
    int taken_as_independent = 0;
    constexpr std::uint64_t pairs = 20; // each costs a second with sanitizers
    for (std::uint64_t i = 0; i < pairs; ++i) {
        independent += has_changed(
            compare_runs(drawn_side({.seed = 2 * i, .alike = 0}), drawn_side({.seed = 2 * i + 1, .alike = 0})));
        auto before = drawn_side({.seed = 2 * i});
        auto after = drawn_side({.seed = 2 * i + 1});
        alike += has_changed(compare_runs(before, after));
        for (auto* side : {&before, &after})
            for (auto& [at, spread] : side->spreads) spread.inflation.fill(1);
        taken_as_independent += has_changed(compare_runs(before, after));
    }
    EXPECT_LE(independent, 1);
    EXPECT_LE(alike, 1);
    EXPECT_GT(taken_as_independent, 4) << "the draws show what the batches are for";
}

TEST(comparison, finds_a_backend_that_is_a_fifth_slower) {
    int found = 0;
    for (std::uint64_t i = 0; i < 10; ++i) {
        const auto compared = compare_runs(drawn_side({.seed = 2 * i, .alike = 0.05}),
                                           drawn_side({.seed = 2 * i + 1, .slower = 1.2, .alike = 0.05}));
        found += compared.any(change_verdict::worse);
        EXPECT_FALSE(compared.any(change_verdict::better));
    }
    EXPECT_GE(found, 9) << "600 requests";
    const auto faster =
        compare_runs(drawn_side({.seed = 1, .slower = 1.3, .alike = 0.05}), drawn_side({.seed = 2, .alike = 0.05}));
    EXPECT_TRUE(faster.any(change_verdict::better));
    EXPECT_FALSE(faster.any(change_verdict::worse));
}

TEST(comparison, shows_the_change_with_its_interval) {
    const auto compared =
        compare_runs(drawn_side({.seed = 1, .alike = 0.05}), drawn_side({.seed = 2, .slower = 1.5, .alike = 0.05}));
    const auto& row = row_of(compared, hop::e2e, 50);
    EXPECT_EQ(row.verdict, change_verdict::worse);
    EXPECT_NEAR(*row.change, 0.5, 0.15);
    EXPECT_LT(*row.low, 0.5);
    EXPECT_GT(*row.high, 0.5);
    EXPECT_EQ(row.old_samples, 600U);
    EXPECT_EQ(row_of(compared, hop::e2e, 50, "horn").old_samples, 300U);
    EXPECT_EQ(row_of(compared, hop::e2e, 50, "horn").verdict, change_verdict::worse);
    const auto of_lag = std::ranges::count(compared.latencies, hop::lag, &latency_change::hop);
    EXPECT_EQ(of_lag, 0) << "is the generator's own";
}

TEST(comparison, does_not_blame_the_platform_for_the_generators_lateness) {
    const drawn_run late{.seed = 2, .slower = 1.5, .alike = 0.05, .lag = 1ms};
    const auto compared = compare_runs(drawn_side({.seed = 1, .alike = 0.05}), drawn_side(late));
    EXPECT_FALSE(has_changed(compared)) << "four times the lag is 4 ms";
    const auto& row = row_of(compared, hop::e2e, 50);
    EXPECT_EQ(row.verdict, change_verdict::cannot_tell);
    EXPECT_EQ(row.reason, "the change is less than 4 times the lateness of the load generator");
}

TEST(comparison, allows_what_it_is_told_to) {
    const auto before = drawn_side({.seed = 1, .per_second = 200, .alike = 0.01});
    const auto after = drawn_side({.seed = 2, .per_second = 200, .slower = 1.2, .alike = 0.01});
    const auto verdict_of = [&](const char* expression) {
        return row_of(compare_runs(before, after, allowances({expression})), hop::e2e, 50).verdict;
    };
    EXPECT_EQ(verdict_of("e2e.p50 +5%"), change_verdict::worse);
    EXPECT_EQ(verdict_of("e2e.p50 +400us"), change_verdict::worse);
    EXPECT_EQ(verdict_of("e2e.p50 +20%"), change_verdict::cannot_tell) << "the limit is within the interval";
    EXPECT_EQ(verdict_of("e2e.p50 +40%"), change_verdict::same);
    EXPECT_EQ(verdict_of("e2e.p50 +1600us"), change_verdict::same);
    const auto of_one = compare_runs(before, after, allowances({"e2e{service=horn}.p50 +40%"}));
    EXPECT_EQ(row_of(of_one, hop::e2e, 50).verdict, change_verdict::worse);
    EXPECT_EQ(row_of(of_one, hop::e2e, 50, "light").verdict, change_verdict::worse);
    EXPECT_EQ(row_of(of_one, hop::e2e, 50, "horn").verdict, change_verdict::same);
    EXPECT_EQ(row_of(of_one, hop::e2e, 50, "horn").allowed, "e2e{service=horn}.p50 +40%");
    const auto nothing = compare_runs(before, after, allowances({"expiry.p99 +5%", "e2e.p50 +40%"}));
    EXPECT_THAT(nothing.without_data, testing::ElementsAre("expiry.p99 +5%"));
}

TEST(comparison, cannot_tell_what_the_samples_do_not_carry) {
    const auto few = compare_runs(drawn_side({.seed = 1, .per_second = 2}), drawn_side({.seed = 2, .per_second = 2}),
                                  allowances({"e2e.p99.9 +5%"}));
    EXPECT_EQ(row_of(few, hop::e2e, 99.9).verdict, change_verdict::cannot_tell);
    EXPECT_EQ(row_of(few, hop::e2e, 99.9).reason, "too few samples");
    EXPECT_FALSE(row_of(few, hop::e2e, 99.9).low);
    EXPECT_THAT(few.without_data, testing::ElementsAre("e2e.p99.9 +5%"));

    auto unknown = drawn_side({.seed = 1});
    unknown.spreads.clear();
    const auto without_log = compare_runs(unknown, drawn_side({.seed = 2, .slower = 3}));
    EXPECT_FALSE(has_changed(without_log));
    EXPECT_THAT(row_of(without_log, hop::e2e, 50).reason, HasSubstr("latency.hlog"));

    auto other = drawn_side({.seed = 2});
    other.sum.latencies = {};
    const auto one_sided = compare_runs(drawn_side({.seed = 1}), other);
    EXPECT_EQ(row_of(one_sided, hop::e2e, 50).reason, "the new side has no sample");
    EXPECT_FALSE(row_of(one_sided, hop::e2e, 50).change);
}

TEST(comparison, of_counts_knows_chance_and_what_may_never_happen) {
    struct {
        std::uint64_t before, after;
        change_verdict unexpected, errored;
    } const cases[] = {
        {0, 0, change_verdict::same, change_verdict::same},      {0, 1, change_verdict::worse, change_verdict::same},
        {5, 7, change_verdict::same, change_verdict::same},      {5, 40, change_verdict::worse, change_verdict::worse},
        {40, 5, change_verdict::better, change_verdict::better},
    };
    for (const auto& c : cases) {
        const auto side = [](std::uint64_t count) {
            compared_side made;
            made.sum.requests.due = 1000;
            made.sum.requests.unexpected = count;
            made.sum.requests.outcomes[static_cast<std::size_t>(outcome::errored)] = count;
            made.sum.anomalies[static_cast<std::size_t>(anomaly::command_lost)] = count;
            return made;
        };
        const auto compared = compare_runs(side(c.before), side(c.after));
        const auto verdict_of = [&](const std::string& metric) {
            const auto found = std::ranges::find(compared.counts, metric, &count_change::metric);
            return found == compared.counts.end() ? change_verdict::same : found->verdict;
        };
        EXPECT_EQ(verdict_of("unexpected"), c.unexpected) << c.before << " to " << c.after;
        EXPECT_EQ(verdict_of("outcomes.errored"), c.errored) << c.before << " to " << c.after;
        EXPECT_EQ(verdict_of("anomalies.command_lost"), c.unexpected) << c.before << " to " << c.after;
    }
}

TEST(comparison, of_telemetry_and_taps_is_by_their_names) {
    const auto side = [](std::vector<std::string> groups, std::uint64_t lost, std::uint64_t duplicated) {
        compared_side made;
        made.labels.telemetry = std::move(groups);
        made.labels.taps = {"kafka"};
        for (std::uint32_t g = 0; g < made.labels.telemetry.size(); ++g) made.sum.telemetry[g].due = 1000;
        const auto position = std::ranges::find(made.labels.telemetry, "position") - made.labels.telemetry.begin();
        made.sum.telemetry[static_cast<std::uint32_t>(position)].unacknowledged = lost;
        made.sum.taps[0].groups[0] = {.sent = 1000, .consumed = 1000, .duplicated = duplicated};
        return made;
    };
    const auto changes = compare_runs(side({"position", "old"}, 0, 5), side({"new", "position"}, 1, 50)).counts;
    std::map<std::string, change_verdict> verdicts;
    for (const auto& row : changes) verdicts[row.metric] = row.verdict;
    EXPECT_EQ(verdicts.at("telemetry.lost{group=position}"), change_verdict::worse) << "none may be lost";
    EXPECT_EQ(verdicts.at("tap.lost{tap=kafka}"), change_verdict::same);
    EXPECT_EQ(verdicts.at("tap.duplicated{tap=kafka}"), change_verdict::worse) << "more than chance explains";
    EXPECT_FALSE(verdicts.contains("telemetry.lost{group=old}") || verdicts.contains("telemetry.lost{group=new}"))
        << "on one side alone";
    EXPECT_EQ(verdicts.at("unexpected"), change_verdict::same) << "without a request";
}

TEST(allowance, is_a_metric_and_a_change) {
    const auto relative = parse_allowance("e2e{service=horn,phase=steady}.p99 +5%");
    ASSERT_TRUE(relative);
    EXPECT_EQ(relative->hop, hop::e2e);
    EXPECT_EQ(relative->percentile, 99);
    EXPECT_EQ(relative->service, "horn");
    EXPECT_EQ(relative->phase, "steady");
    EXPECT_DOUBLE_EQ(relative->fraction, 0.05);
    EXPECT_EQ(parse_allowance("platform.p999 + 2ms")->duration, 2ms);
    EXPECT_EQ(parse_allowance("platform.p999 + 2ms")->percentile, 99.9);
}

TEST(allowance, that_means_nothing_is_refused) {
    const std::pair<const char*, const char*> cases[] = {
        {"e2e.p99", "'e2e.p99' has no '+'; write one such as 'e2e.p99 +5%'"},
        {"e2e.p99 +", "a change is missing after the '+'"},
        {"e2e.p99 +x%", "'x%' is not a percentage"},
        {"e2e.p99 +%", "'%' is not a percentage"},
        {"e2e.p99 +5", "'5' has no unit; write 5ms, 5s or 5m"},
        {"e2.p99 +5%", "did you mean 'e2e'?"},
        {"e2e.p98 +5%", "e2e.p98 is not compared; there are p50, p90, p95, p99 and p99.9"},
        {"e2e.max +5%", "e2e.max is not compared"},
        {"lag.p99 +5%", "lag is the load generator's own"},
        {"unexpected +5%", "is a count"},
        {"sessions.connect.p99 +5%", "sessions.connect is not compared; name a hop, such as e2e.p99"},
    };
    for (const auto& [expression, says] : cases) {
        const auto refused = parse_allowance(expression);
        ASSERT_TRUE(refused.has_error()) << expression;
        EXPECT_THAT(refused.error().list.front().text, HasSubstr(says)) << expression;
    }
}

TEST(sample_batches, are_as_many_whatever_the_length_of_the_run) {
    for (const int seconds : {0, 1, 19, 20, 21, 1000, 10'000}) {
        sample_batches batches;
        for (int i = 0; i < seconds; ++i) {
            measure::histogram second;
            second.record(1ms);
            batches.add(second);
        }
        const auto all = batches.all();
        std::uint64_t samples = 0;
        for (const auto& batch : all) samples += batch.count();
        EXPECT_EQ(samples, static_cast<std::uint64_t>(seconds));
        EXPECT_LT(all.size(), sample_batches::count_max + 1) << seconds;
        EXPECT_GE(all.size(), std::min<std::size_t>(static_cast<std::size_t>(seconds), sample_batches::count_max / 2))
            << seconds;
    }
}

TEST(spread, is_that_of_independent_samples_or_wider) {
    const auto independent = drawn_side({.seed = 1, .alike = 0}).spreads.at(hop::e2e);
    EXPECT_GE(independent.inflation[0], 1);
    EXPECT_LT(independent.inflation[0], 2.5);
    EXPECT_EQ(independent.degrees_of_freedom, 14U);
    EXPECT_GT(drawn_side({.seed = 1, .alike = 0.5}).spreads.at(hop::e2e).inflation[0], 5);
    EXPECT_EQ(spread_of({}).degrees_of_freedom, 0U);

    measure::histogram slow;
    measure::histogram quick;
    slow.record(20ms, 100);
    quick.record(10ms, 100);
    EXPECT_EQ(spread_of({{quick}}).degrees_of_freedom, 0U) << "one batch shows no spread";
    const auto runs = spread_of({{quick, quick, quick}, {slow, slow, slow}});
    EXPECT_GT(runs.inflation[0], 100) << "several runs show how runs differ";
    EXPECT_EQ(runs.degrees_of_freedom, 4U);
}
