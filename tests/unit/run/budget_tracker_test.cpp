#include "budget_tracker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

const measure::labels labels{
    .services = {"horn"}, .phases = {"warm-up", "steady"}, .segments = {"all"}, .behaviours = {}, .conditions = {}};

verdict::budget of(const char* limit, std::chrono::seconds over = 0s, std::vector<std::string> during = {},
                   std::vector<std::string> except = {}) {
    auto b = verdict::parse_budget(limit).value();
    b.over = over;
    b.during = std::move(during);
    b.except = std::move(except);
    b.expression = verdict::qualified_expression(b);
    return b;
}

verdict::budget aborting(verdict::budget b, nanoseconds after) {
    b.abort_after = after;
    return b;
}

/// One request of this latency; one dropped session.
measure::totals one_request(nanoseconds e2e, std::uint32_t phase = 1) {
    measure::totals t;
    t.requests.due = 1;
    t.requests.outcomes[static_cast<std::size_t>(outcome::executed)] = 1;
    t.phases.resize(2);
    t.phases[phase] = t.requests;
    t.latencies.record(measure::hop::e2e, 0, phase, e2e);
    t.latencies_from_begun.record(measure::hop::e2e, 0, phase, e2e); // the generator is in time
    t.sessions.dropped = 1;
    return t;
}

/// Adds intervals of a second, one after the other.
struct run_of_seconds {
    explicit run_of_seconds(std::vector<verdict::budget> budgets) : tracker(std::move(budgets), labels) {}

    void add(const measure::totals& interval, std::optional<std::string_view> phase = "steady",
             bool is_followed = true) {
        sum.add(interval);
        tracker.add_interval({.begin = now, .end = now + 1s, .phase = phase, .is_followed = is_followed}, interval,
                             sum);
        now += 1s;
    }

    budget_tracker tracker;
    measure::totals sum;
    nanoseconds now{0};
};

} // namespace

TEST(budget_tracker, keeps_nothing_for_budgets_that_the_sum_decides) {
    run_of_seconds run({of("e2e.p99 < 1s"), of("e2e.p99 < 1s", 0s, {"steady"}), of("sessions.dropped == 0")});
    run.add(one_request(2s));
    EXPECT_THAT(run.tracker.parts(), IsEmpty());
    EXPECT_EQ(run.tracker.early_end(), "");
}

TEST(budget_tracker, keeps_the_worst_full_window) {
    run_of_seconds run({of("e2e.max < 100ms", 2s)});
    for (const auto e2e : {10ms, 20ms, /**/ 30ms, 90ms, /**/ 50ms, 10ms, /**/ 999ms}) run.add(one_request(e2e));
    const auto parts = run.tracker.parts();
    ASSERT_THAT(parts, SizeIs(1));
    EXPECT_EQ(parts[0].budget, "e2e.max < 100ms over 2s windows");
    EXPECT_EQ(parts[0].windows, 3U) << "the last second is no full window";
    EXPECT_EQ(parts[0].from, 2s);
    EXPECT_EQ(parts[0].until, 4s);
    EXPECT_EQ(parts[0].sum.latencies.select(measure::hop::e2e).count(), 2U);
    EXPECT_EQ(parts[0].sum.sessions.dropped, 0U) << "only what the budget needs";
}

TEST(budget_tracker, has_windows_with_intervals_that_are_a_little_late) {
    budget_tracker tracker({of("e2e.max < 100ms", 2s)}, labels);
    const nanoseconds ends[] = {0s, 1003ms, 2004ms, 3001ms, 4001ms, 5000ms, 6002ms};
    for (std::size_t i = 1; i < std::size(ends); ++i)
        tracker.add_interval({.begin = ends[i - 1], .end = ends[i], .phase = "steady"}, one_request(i * 10ms), {});
    ASSERT_THAT(tracker.parts(), SizeIs(1));
    EXPECT_EQ(tracker.parts()[0].windows, 3U);
    EXPECT_EQ(tracker.parts()[0].from, 4001ms);
}

TEST(budget_tracker, has_no_window_without_data_and_none_across_other_phases) {
    run_of_seconds run({of("e2e.max < 100ms", 2s, {"steady"})});
    run.add(one_request(500ms, 0), "warm-up");
    run.add(one_request(10ms)); // one second of two
    run.add(one_request(500ms, 0), "warm-up");
    run.add(one_request(20ms));
    run.add(one_request(30ms));
    run.add({});
    run.add({});
    run.add(one_request(500ms), std::nullopt); // the drain
    const auto parts = run.tracker.parts();
    ASSERT_THAT(parts, SizeIs(1));
    EXPECT_EQ(parts[0].windows, 1U);
    EXPECT_EQ(parts[0].from, 3s);
    EXPECT_EQ(parts[0].until, 5s);
}

TEST(budget_tracker, sums_the_intervals_of_phases) {
    run_of_seconds run({of("sessions.dropped == 0", 0s, {"steady"}), of("sessions.dropped == 0", 0s, {}, {"warm-up"})});
    run.add(one_request(1ms), std::nullopt); // connecting
    run.add(one_request(1ms), "warm-up");
    run.add(one_request(1ms), "steady");
    run.add(one_request(1ms), std::nullopt); // draining
    const auto parts = run.tracker.parts();
    ASSERT_THAT(parts, SizeIs(2));
    EXPECT_EQ(parts[0].sum.sessions.dropped, 1U);
    EXPECT_EQ(parts[1].sum.sessions.dropped, 3U) << "all that is not in the phase";
    EXPECT_EQ(parts[1].windows, 0U);
}

TEST(budget_tracker, ends_the_load_when_a_budget_is_missed_late_enough) {
    run_of_seconds run({aborting(of("e2e.max < 100ms"), 3s)});
    run.add(one_request(2s));
    run.add(one_request(1ms));
    EXPECT_EQ(run.tracker.early_end(), "") << "too early";
    run.add(one_request(1ms));
    EXPECT_EQ(run.tracker.early_end(),
              "3s of load, because the budget e2e.max < 100ms was missed (observed 2000.895ms)");
    run.add(one_request(5s));
    EXPECT_THAT(run.tracker.early_end(), testing::StartsWith("3s of load")) << "the first cause stays";
}

TEST(budget_tracker, ends_no_load_that_has_ended_or_is_within_its_budgets) {
    const auto budget = aborting(of("e2e.max < 100ms"), 0s);
    run_of_seconds within({budget});
    within.add(one_request(99ms));
    within.add({});
    EXPECT_EQ(within.tracker.early_end(), "");
    run_of_seconds nothing_yet({budget});
    nothing_yet.add({});
    EXPECT_EQ(nothing_yet.tracker.early_end(), "") << "no data is no miss";
    run_of_seconds connecting({budget});
    connecting.add(one_request(2s), std::nullopt);
    EXPECT_EQ(connecting.tracker.early_end(), "");
    run_of_seconds last({budget});
    last.add(one_request(2s), "steady", false);
    EXPECT_EQ(last.tracker.early_end(), "") << "nothing is left to end";
}

TEST(budget_tracker, ends_the_load_after_a_window_that_misses) {
    run_of_seconds run({aborting(of("e2e.max < 100ms", 2s), 1s)});
    run.add(one_request(500ms));
    EXPECT_EQ(run.tracker.early_end(), "") << "no full window";
    run.add(one_request(1ms));
    EXPECT_THAT(run.tracker.early_end(), testing::StartsWith("2s of load, because the budget e2e.max < 100ms over 2s"));
}
