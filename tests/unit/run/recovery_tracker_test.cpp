#include "recovery_tracker.hpp"

#include <loadsim/vehicle/condition.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;
using kind = vehicle::condition::kind;

namespace {

vehicle::condition once(std::string name, nanoseconds at, kind what = kind::tunnel) {
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

/// Totals of one second with that latency; nullopt: without completed requests.
measure::totals second_with_latency(std::optional<nanoseconds> latency) {
    measure::totals t;
    if (latency) t.latencies.record(measure::hop::e2e, 0, 0, *latency);
    return t;
}

constexpr auto good = std::optional<nanoseconds>(10ms);
constexpr auto bad = std::optional<nanoseconds>(3s);
constexpr auto none = std::optional<nanoseconds>();

/// 60 s of load: the given seconds first, all others within the budget.
recovery_tracker tracked(const std::vector<vehicle::condition>& conditions, const std::vector<verdict::budget>& limits,
                         const std::vector<std::optional<nanoseconds>>& seconds, std::size_t length = 60) {
    recovery_tracker all(conditions, limits, 60s);
    for (std::size_t i = 0; i < length; ++i)
        all.add_interval(nanoseconds{1s} * static_cast<std::int64_t>(i + 1),
                         second_with_latency(i < seconds.size() ? seconds[i] : good));
    return all;
}

} // namespace

TEST(recovery_tracker, latency_recovery_lasts_to_the_last_second_outside_the_budget) {
    const auto tunnel = once("tunnel", 2s);
    struct {
        const char* name;
        std::vector<vehicle::condition> conditions;
        std::vector<std::optional<nanoseconds>> seconds;
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
        {"outside again because of the next one",
         {tunnel, once("storm", 5s)},
         {good, good, bad, good, good, bad},
         60,
         1s,
         true},
        {"still outside when the next one came",
         {tunnel, once("storm", 4s)},
         {good, good, bad, bad, bad},
         60,
         std::nullopt,
         true},
        {"another at the same time", {tunnel, once("storm", 2s)}, {good, good, bad, bad}, 60, 2s, true},
        {"a spike takes nobody's session", {once("spike", 2s, kind::spike)}, {good, good, bad}, 60, 1s, true},
    };
    for (const auto& r : rows) {
        SCOPED_TRACE(r.name);
        const auto results = tracked(r.conditions, budgets({"e2e.p99 < 1s"}), r.seconds, r.length).results({});
        ASSERT_FALSE(results.empty());
        EXPECT_EQ(results[0].latency_recovery_time, r.latency);
        EXPECT_EQ(results[0].budget, r.measured ? "e2e.p99 < 1s" : "");
        EXPECT_EQ(results[0].condition, r.conditions[0].name);
    }
}

TEST(recovery_tracker, latency_recovery_uses_the_first_budget_on_overall_e2e) {
    struct {
        std::vector<verdict::budget> limits;
        const char* used;
        std::optional<nanoseconds> latency;
    } const rows[] = {
        {budgets({}), "", std::nullopt},
        {budgets({"unexpected == 0", "lag.p99 < 1ms"}), "", std::nullopt},
        {budgets({"e2e{service=horn}.p99 < 1s", "e2e{phase=steady}.p99 < 1s"}), "", std::nullopt},
        {budgets({"e2e.max < 1s", "e2e.mean < 1s", "e2e.count > 1", "e2e.p50 > 1ms"}), "", std::nullopt},
        {budgets({"e2e.max < 1s", "e2e.p95 <= 5s", "e2e.p99 < 1s"}), "e2e.p95 <= 5s", 0s},
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
        const auto results = tracked({once("storm", 2s, kind::reconnect_storm)}, {}, {}).results(sum);
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
    const auto storm = once("storm", 25s, kind::reconnect_storm);
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
    EXPECT_TRUE(recovery_tracker(two, {}, 60s).results({}).empty()) << "the load has not begun";
    const auto results = tracked(two, {}, {}, 10).results({});
    ASSERT_EQ(results.size(), 1U) << "it was cut short";
    EXPECT_EQ(results[0].condition, "first");
}

TEST(recovery_tracker, ignores_totals_before_the_load) {
    recovery_tracker all({once("tunnel", 0s)}, budgets({"e2e.p99 < 1s"}), 60s);
    all.add_interval(0s, second_with_latency(bad));
    all.add_interval(0s, second_with_latency(bad));
    all.add_interval(1s, second_with_latency(good));
    EXPECT_EQ(all.results({}).at(0).latency_recovery_time, nanoseconds{0});
}
