#include "recovery_tracker.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;
using condition_kind = vehicle::condition::kind;

namespace {

vehicle::condition once(std::string name, nanoseconds at, condition_kind what = condition_kind::tunnel) {
    vehicle::condition c;
    c.name = std::move(name);
    c.type = what;
    c.start = at;
    return c;
}

std::vector<verdict::budget> budgets(std::initializer_list<const char*> lines) {
    std::vector<verdict::budget> all;
    for (const auto* line : lines) all.push_back(*verdict::parse_budget(line));
    return all;
}

/// One second of the load.
struct second {
    std::optional<nanoseconds> latency; ///< of its 20 requests; nullopt: none has ended
    std::uint64_t over_limit = 0;       ///< open requests that are older than the limit
};

constexpr second good{10ms};
constexpr second bad{3s};
constexpr second none{std::nullopt};
constexpr second stuck{std::nullopt, 4};

measure::totals totals_of(const second& of) {
    measure::totals t;
    for (int i = 0; of.latency && i < 20; ++i) t.latencies.record(measure::hop::e2e, 0, 0, *of.latency);
    return t;
}

const measure::labels labels{
    .services = {"horn", "climate"}, .phases = {"steady"}, .segments = {}, .behaviours = {}, .conditions = {}};

/// 60 s of load: the given seconds first, all others within the budget.
recovery_tracker tracked(const std::vector<vehicle::condition>& conditions, const std::vector<verdict::budget>& limits,
                         const std::vector<second>& seconds, std::size_t length = 60) {
    recovery_tracker all(conditions, verdict::recovery_budget(limits), labels, 60s);
    for (std::size_t i = 0; i < length; ++i) {
        const auto& of = i < seconds.size() ? seconds[i] : good;
        all.add_interval(nanoseconds{1s} * static_cast<std::int64_t>(i + 1), totals_of(of), of.over_limit);
    }
    return all;
}

/// Totals of a run in which those occurrences affected a vehicle, which was back at once.
measure::totals affected(std::initializer_list<measure::totals::occurrence_key> occurrences) {
    measure::totals sum;
    for (const auto& key : occurrences) {
        sum.recoveries[key].affected = 1;
        sum.recoveries[key].recovery_times.record(1ms);
    }
    return sum;
}

} // namespace

TEST(recovery_tracker, names_each_condition_that_acts_in_an_interval) {
    auto tunnel = once("tunnel", 10s);
    tunnel.duration.a = 5s;
    tunnel.jitter = 1s;
    tunnel.interval = 20s;
    const std::vector<vehicle::condition> conditions{once("storm", 12s, condition_kind::reconnect_storm), tunnel};
    const recovery_tracker all(conditions, std::nullopt, labels, 60s);
    struct row {
        nanoseconds from, until;
        std::vector<std::uint32_t> active;
        const char* reason;
    };
    const row rows[] = {
        {9s, 10s, {}, "before it begins"},
        {10s, 11s, {1}, "from its start"},
        {12s, 13s, {0, 1}, "one without a duration acts at its instant"},
        {11s, 12s, {1}, "not before"},
        {15s, 16s, {1}, "the last vehicle is late by the jitter"},
        {16s, 17s, {}, "it has ended"},
        {9s, 31s, {0, 1}, "each once, whatever its occurrences"},
        {30s, 31s, {1}, "the second occurrence"},
        {50s, 51s, {}, "the load had ended before the third"},
    };
    for (const auto& r : rows) EXPECT_EQ(all.conditions_between(r.from, r.until, 45s), r.active) << r.reason;
}

TEST(recovery_tracker, latency_recovery_lasts_to_the_last_second_outside_the_budget) {
    const auto tunnel = once("tunnel", 2s);
    struct {
        const char* name;
        std::vector<vehicle::condition> conditions;
        std::vector<second> seconds;
        std::size_t length;
        std::optional<nanoseconds> latency; ///< recovery time of the first occurrence
        bool measured;
    } const rows[] = {
        {"it was never outside", {tunnel}, {}, 60, 0s, true},
        {"outside for two seconds", {tunnel}, {good, good, bad, bad}, 60, 2s, true},
        {"outside, inside, outside", {tunnel}, {good, good, bad, good, bad}, 60, 3s, true},
        {"nothing ended in a second", {tunnel}, {good, good, bad, none, none, good}, 60, 1s, true},
        {"outside before only", {tunnel}, {bad, bad, good}, 60, 0s, true},
        {"in the second it began in", {once("tunnel", 2500ms)}, {good, good, bad, good}, 60, 500ms, true},
        {"still outside at the end", {tunnel}, {good, good, bad, bad}, 4, std::nullopt, true},
        {"nothing ended after the last that was outside",
         {tunnel},
         {good, good, bad, none, none},
         5,
         std::nullopt,
         true},
        {"nothing ended any more", {tunnel}, {good, good, none, none}, 4, std::nullopt, false},
        {"a total outage, in which another condition begins that affects nobody",
         {tunnel, once("garage", 5s, condition_kind::garage)},
         {good, good, stuck, stuck, stuck, stuck, stuck, stuck, bad},
         60,
         7s,
         true},
        {"a single open request over the limit", {tunnel}, {good, good, {std::nullopt, 1}}, 60, 1s, true},
        {"some of the open requests are over the limit", {tunnel}, {good, good, {10ms, 3}, {10ms, 1}}, 60, 1s, true},
        {"a few of many are outside, as chance has it", {tunnel}, {{10ms, 1}, good, {10ms, 1}}, 60, 0s, true},
        {"another at the same time", {tunnel, once("storm", 2s)}, {good, good, bad, bad}, 60, 2s, true},
        {"a spike takes nobody's session", {once("spike", 2s, condition_kind::spike)}, {good, good, bad}, 60, 1s, true},
    };
    for (const auto& r : rows) {
        SCOPED_TRACE(r.name);
        const auto results =
            tracked(r.conditions, budgets({"e2e.p99 < 1s"}), r.seconds, r.length).results(affected({{0, 0}}));
        ASSERT_FALSE(results.empty());
        EXPECT_EQ(results[0].latency_recovery_time, r.latency);
        EXPECT_EQ(results[0].budget, r.measured ? "e2e.p99 < 1s" : "");
        EXPECT_EQ(results[0].condition, r.conditions[0].name);
    }
}

TEST(recovery_tracker, the_next_occurrence_that_affected_vehicles_ends_the_search) {
    const auto tunnel = once("tunnel", 2s);
    const auto latency_of_first = [&](const vehicle::condition& next, const std::vector<second>& seconds,
                                      const measure::totals& sum) {
        return tracked({tunnel, next}, budgets({"e2e.p99 < 1s"}), seconds).results(sum).at(0).latency_recovery_time;
    };
    const std::vector<second> outside_again{good, good, bad, good, good, bad};
    EXPECT_EQ(latency_of_first(once("storm", 5s), outside_again, affected({{0, 0}, {1, 0}})), 1s);
    EXPECT_EQ(latency_of_first(once("storm", 5s), outside_again, affected({{0, 0}})), 4s) << "the storm had no effect";
    EXPECT_EQ(latency_of_first(once("spike", 5s, condition_kind::spike), outside_again, affected({{0, 0}})), 1s);
    const std::vector<second> still_outside{good, good, bad, bad, bad};
    EXPECT_EQ(latency_of_first(once("storm", 4s), still_outside, affected({{0, 0}, {1, 0}})), std::nullopt);
}

// Of 100 requests a second 0.9 % are longer than the limit of the p99, by chance: the p99 of single seconds is not within it.
TEST(recovery_tracker, latency_near_its_limit_is_not_outside_by_chance) {
    auto tunnel = once("tunnel", 10s);
    tunnel.duration.a = 20s;
    recovery_tracker all({tunnel}, verdict::recovery_budget(budgets({"e2e.p99 < 340ms"})), labels, 600s);
    std::uint64_t seconds_outside = 0;
    for (std::int64_t i = 1; i <= 600; ++i) {
        measure::totals t;
        std::uint64_t outside = 0;
        for (std::uint64_t n = 0; n < 100; ++n) {
            const bool is_long = random_unit(7, stream_id::behaviour, static_cast<std::uint32_t>(i), n) < 0.009;
            t.latencies.record(measure::hop::e2e, 0, 0, is_long ? nanoseconds{400ms} : nanoseconds{320ms});
            outside += is_long ? 1 : 0;
        }
        seconds_outside += outside > 1 ? 1 : 0;
        all.add_interval(nanoseconds{1s} * i, t, outside > 0 ? 1 : 0);
    }
    EXPECT_GT(seconds_outside, 50U);
    EXPECT_EQ(all.results({}).at(0).latency_recovery_time, nanoseconds{0});
}

TEST(recovery_tracker, what_lies_far_behind_a_condition_is_not_its_effect) {
    std::vector<second> seconds(40, good);
    seconds[30] = seconds[31] = bad;
    auto tunnel = once("tunnel", 2s);
    const auto latency = [&] {
        return tracked({tunnel}, budgets({"e2e.p50 < 1s"}), seconds)
            .results(affected({{0, 0}}))
            .at(0)
            .latency_recovery_time;
    };
    EXPECT_EQ(latency(), 0s);
    tunnel.duration.a = 29s;
    EXPECT_EQ(latency(), 30s) << "it lasts that long";
    auto some_are_not_back = affected({{0, 0}});
    some_are_not_back.recoveries[{0, 0}].affected = 2;
    tunnel.duration.a = 1s;
    EXPECT_EQ(
        tracked({tunnel}, budgets({"e2e.p50 < 1s"}), seconds).results(some_are_not_back).at(0).latency_recovery_time,
        30s);
}

TEST(recovery_tracker, latency_recovery_uses_the_first_upper_limit_of_a_quantile_of_e2e) {
    struct {
        std::vector<verdict::budget> limits;
        const char* used;
        std::optional<nanoseconds> latency;
    } const rows[] = {
        {budgets({}), "", std::nullopt},
        {budgets({"unexpected == 0", "lag.p99 < 1ms"}), "", std::nullopt},
        {budgets({"e2e.min < 1s", "e2e.mean < 1s", "e2e.count > 1", "e2e.p50 > 1ms"}), "", std::nullopt},
        {budgets({"e2e{service=horn}.p99 < 1s", "e2e.p99 < 5s"}), "e2e{service=horn}.p99 < 1s", 1s},
        {budgets({"e2e{phase=steady}.p90 < 1s"}), "e2e{phase=steady}.p90 < 1s", 1s},
        {budgets({"e2e{service=climate}.p99 < 1s", "e2e.p99 < 1s"}), "", std::nullopt}, // not requested
        {budgets({"e2e.max < 1s", "e2e.p95 <= 5s"}), "e2e.max < 1s", 1s},
        {budgets({"e2e.p95 <= 5s", "e2e.p99 < 1s"}), "e2e.p95 <= 5s", 0s},
        {budgets({"unexpected == 0", "e2e.p50 < 1s", "e2e.p99 < 5s"}), "e2e.p50 < 1s", 1s},
    };
    for (const auto& r : rows) {
        const auto results = tracked({once("tunnel", 0s)}, r.limits, {bad}).results({});
        ASSERT_EQ(results.size(), 1U);
        EXPECT_EQ(results[0].budget, r.used);
        EXPECT_EQ(results[0].latency_recovery_time, r.latency) << r.used;
    }
}

TEST(recovery_tracker, fleet_recovery_requires_99_percent_of_the_affected_vehicles) {
    struct {
        const char* name;
        std::uint64_t affected;
        std::vector<std::pair<nanoseconds, std::uint64_t>> back; ///< delay, number of vehicles
        std::optional<nanoseconds> until;
    } const rows[] = {
        {"nobody was affected", 0, {}, std::nullopt},
        {"the only one is back", 1, {{4s, 1}}, 4s},
        {"the only one is not", 1, {}, std::nullopt},
        {"all of a few", 10, {{1s, 9}, {9s, 1}}, 9s},
        {"one of a few is missing", 10, {{1s, 9}}, std::nullopt},
        {"99 of 100", 100, {{1s, 98}, {2s, 1}, {50s, 1}}, 2s},
        {"the last one is not recovered", 100, {{1s, 98}, {2s, 1}}, 2s},
        {"two are not recovered", 100, {{1s, 98}}, std::nullopt},
        {"many", 100'000, {{1s, 98'999}, {5s, 1}, {40s, 1000}}, 5s},
        {"nearly as many", 100'000, {{1s, 98'998}, {5s, 1}, {40s, 1001}}, 40s},
    };
    for (const auto& r : rows) {
        SCOPED_TRACE(r.name);
        measure::totals sum;
        auto& counts = sum.recoveries[{0, 0}];
        counts.affected = r.affected;
        std::uint64_t count = 0;
        for (const auto& [after, how_many] : r.back) {
            counts.recovery_times.record(after, how_many);
            count += how_many;
        }
        const auto results = tracked({once("storm", 2s, condition_kind::reconnect_storm)}, {}, {}).results(sum);
        ASSERT_EQ(results.size(), 1U);
        EXPECT_EQ(results[0].affected, r.affected);
        EXPECT_EQ(results[0].recovered, count);
        ASSERT_EQ(results[0].recovery_time.has_value(), r.until.has_value());
        if (!r.until) continue;
        EXPECT_NEAR(seconds(*results[0].recovery_time), seconds(*r.until), 0.002 * seconds(*r.until));
    }
}

TEST(recovery_tracker, reports_each_occurrence_ordered_by_time) {
    auto tunnel = once("tunnel", 10s);
    tunnel.interval = 20s;
    const auto storm = once("storm", 25s, condition_kind::reconnect_storm);
    measure::totals sum;
    sum.recoveries[{0, 1}].affected = 7;
    sum.recoveries[{1, 0}].affected = 8;
    const auto results = tracked({tunnel, storm}, budgets({"e2e.p99 < 1s"}), {}).results(sum);
    ASSERT_EQ(results.size(), 4U);
    const std::vector<std::pair<std::string, nanoseconds>> wanted{
        {"tunnel", 10s}, {"storm", 25s}, {"tunnel", 30s}, {"tunnel", 50s}};
    const std::uint32_t occurrences[] = {0, 0, 1, 2};
    const std::uint64_t affected[] = {0, 8, 7, 0};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_EQ(results[i].condition, wanted[i].first) << i;
        EXPECT_EQ(results[i].started, wanted[i].second) << i;
        EXPECT_EQ(results[i].occurrence, occurrences[i]) << i;
        EXPECT_EQ(results[i].affected, affected[i]) << i;
        EXPECT_EQ(results[i].latency_recovery_time, nanoseconds{0}) << i;
    }
}

TEST(recovery_tracker, omits_occurrences_that_have_not_begun) {
    const std::vector<vehicle::condition> two{once("first", 2s), once("second", 30s)};
    EXPECT_TRUE(recovery_tracker(two, std::nullopt, labels, 60s).results({}).empty()) << "the load has not begun";
    const auto results = tracked(two, {}, {}, 10).results({});
    ASSERT_EQ(results.size(), 1U) << "it was cut short";
    EXPECT_EQ(results[0].condition, "first");
}

TEST(recovery_tracker, reports_an_occurrence_that_affected_vehicles_without_seconds) {
    const std::vector<vehicle::condition> two{once("first", 2s), once("second", 30s)};
    const auto results = recovery_tracker(two, std::nullopt, labels, 60s).results(affected({{0, 0}}));
    ASSERT_EQ(results.size(), 1U) << "of a spool";
    EXPECT_EQ(results[0].condition, "first");
    EXPECT_EQ(results[0].recovered, 1U);
}

TEST(recovery_tracker, ignores_totals_before_the_load) {
    recovery_tracker all({once("tunnel", 0s)}, verdict::recovery_budget(budgets({"e2e.p99 < 1s"})), labels, 60s);
    all.add_interval(0s, totals_of(bad), 0);
    all.add_interval(0s, totals_of(bad), 0);
    all.add_interval(1s, totals_of(good), 0);
    EXPECT_EQ(all.results({}).at(0).latency_recovery_time, nanoseconds{0});
}
