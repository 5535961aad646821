#include "simulated_platform.hpp"

#include <loadsim/base/units.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

using namespace loadsim;
using namespace loadsim::experiment;
using namespace std::chrono_literals;
using simulated::budget;
using simulated::budgets;
using simulated::options;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

capacity_search planned(capacity_options o, const std::vector<std::string>& expressions) {
    auto search = capacity_search::plan(std::move(o), budgets(expressions), {});
    if (!search) throw std::logic_error(to_string(search.error()));
    return *std::move(search);
}

std::vector<double> loads_of(const std::vector<planned_step>& steps) {
    std::vector<double> loads;
    for (const auto& step : steps) loads.push_back(step.load);
    return loads;
}

} // namespace

TEST(capacity_search, finds_the_load_at_which_a_percentile_reaches_its_limit) {
    struct row {
        double service_rate;
        std::string limit;
        double precision;
        const char* reason;
    };
    const row rows[] = {
        {1000, "50ms", 0.05, "bounds by doubling, then bisection"}, {1000, "50ms", 0.01, "a higher precision"},
        {150, "500ms", 0.05, "the second step is broken"},          {20'000, "5ms", 0.05, "seven doublings"},
        {60, "1s", 0.05, "the first step is broken: downwards"},    {30, "300ms", 0.2, "three halvings"},
    };
    for (const auto& r : rows) {
        simulated::platform platform{.service_rate = r.service_rate};
        auto o = options();
        o.precision = r.precision;
        auto search = planned(o, {"e2e.p99 < " + r.limit, "unexpected == 0"});
        simulated::run(search, platform);
        const auto result = search.result();
        const auto capacity = platform.capacity_for(*parse_duration(r.limit));
        ASSERT_EQ(result.end, search_end::found) << r.reason << ": " << result.sentence;
        // The limit may be within the interval of a step next to it, which is then decided as observed.
        EXPECT_LE(*result.highest_holding, capacity * 1.01) << r.reason;
        EXPECT_GE(*result.lowest_broken, capacity * 0.99) << r.reason;
        EXPECT_LE(*result.lowest_broken, *result.highest_holding * (1 + r.precision)) << r.reason;
        EXPECT_FALSE(result.is_floor) << r.reason;
        ASSERT_TRUE(result.first_broken) << r.reason;
        EXPECT_EQ(result.first_broken->expression, "e2e.p99 < " + r.limit) << r.reason;
        EXPECT_EQ(code_of(result), verdict::exit_code::pass) << r.reason;
    }
}

TEST(capacity_search, a_limit_from_below_is_reached_with_less_load) {
    simulated::platform platform{};
    platform.change = [](step_measurement& m) { // 30/s are executed, whatever the load
        auto& requests = m.sum.requests;
        const auto executed = std::min(requests.due, static_cast<std::uint64_t>(30 * seconds(m.measured)));
        requests.outcomes[static_cast<std::size_t>(outcome::executed)] = executed;
        requests.outcomes[static_cast<std::size_t>(outcome::rejected)] = requests.due - executed;
    };
    auto search = planned(options(), {"outcomes.executed.rate > 99%"});
    simulated::run(search, platform);
    const auto result = search.result();
    ASSERT_EQ(result.end, search_end::found) << result.sentence;
    EXPECT_NEAR(*result.highest_holding, 30, 2);
}

TEST(capacity_search, finds_it_with_noise) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        simulated::platform platform{.is_noisy = true, .seed = seed};
        auto search = planned(options(), {"e2e.p99 < 50ms"});
        const auto steps = simulated::run(search, platform);
        const auto result = search.result();
        const auto capacity = platform.capacity_for(50ms);
        EXPECT_EQ(result.end, search_end::found);
        EXPECT_NEAR(*result.highest_holding, capacity, capacity * 0.05) << "seed " << seed;
        EXPECT_GT(*result.lowest_broken, capacity * 0.98) << "seed " << seed;
        EXPECT_LE(steps.size(), 20) << "seed " << seed;
    }
}

TEST(capacity_search, doubles_and_bisects) {
    simulated::platform platform{};
    auto search = planned(options(), {"e2e.p99 < 50ms"}); // capacity 908
    const auto steps = simulated::run(search, platform);
    EXPECT_THAT(loads_of(steps), ElementsAre(100, 200, 400, 800, 1600, 1130, 951, 872, 911, 911));
    EXPECT_EQ(steps.front().why, "first load");
    EXPECT_EQ(steps[1].why, "twice the load");
    EXPECT_EQ(steps[5].why, "between 800/s and 1600/s");
    EXPECT_EQ(steps.back().repetition, 2) << "911/s has the limit within its interval";
}

TEST(capacity_search, repetitions_count_together_and_say_when_they_decide_as_observed) {
    simulated::platform platform{};
    auto o = options();
    o.at_least = 907.5; // p99 is 49.8 ms
    auto search = planned(o, {"e2e.p99 < 50ms"});
    simulated::run(search, platform);
    const auto result = search.result();
    const auto at = std::ranges::find(result.steps, 907.5, &step_result::load);
    ASSERT_NE(at, result.steps.end());
    EXPECT_EQ(at->repetitions, 3);
    EXPECT_EQ(at->end, step_end::holds);
    EXPECT_TRUE(at->as_observed);
    EXPECT_EQ(at->latencies.back().name, "e2e");
    EXPECT_EQ(at->latencies.back().samples.count(), 3 * 9075);
    EXPECT_EQ(at->measured, 30s);
    const auto low = std::ranges::find(result.steps, 400, &step_result::load);
    EXPECT_EQ(low->repetitions, 1);
    EXPECT_FALSE(low->as_observed);
}

TEST(capacity_search, a_small_lag_next_to_the_limit_does_not_make_the_generator_the_limit) {
    simulated::platform platform{};
    auto o = options();
    o.at_least = 907.9; // p99 is 49.999 ms from begun, 50.05 ms from due
    auto search = planned(o, {"e2e.p99 < 50ms"});
    simulated::run(search, platform);
    const auto result = search.result();
    EXPECT_EQ(result.end, search_end::found) << result.sentence;
    const auto at = std::ranges::find(result.steps, 907.9, &step_result::load);
    ASSERT_NE(at, result.steps.end());
    EXPECT_EQ(at->end, step_end::broken);
    EXPECT_TRUE(at->as_observed);
}

TEST(capacity_search, a_step_is_as_long_as_its_percentile_needs) {
    auto o = options();
    o.step_at_most = 1h;
    o.start = 10;
    // p99: 476 samples, and a tenth more, at 10/s.
    EXPECT_EQ(planned(o, {"e2e.p99 < 1s"}).next()->measured, 53s);
    EXPECT_EQ(planned(o, {"e2e.p50 < 1s"}).next()->measured, o.step_at_least);
    // A rate below 1 % is shown by 300 requests without a miss.
    EXPECT_EQ(planned(o, {"outcomes.errored.rate < 1%"}).next()->measured, 33s);
    o.sample_rates = {{.fixed = 0, .for_load = 0.5}};
    EXPECT_EQ(planned(o, {"e2e{service=horn}.p99 < 1s"}).next()->measured, 105s) << "half of the requests";
    EXPECT_EQ(planned(o, {"e2e.p99 < 1s"}).next()->warm_up, 5s);
}

TEST(capacity_search, a_small_miss_is_confirmed_and_a_large_one_is_not) {
    simulated::platform platform{};
    int broken_once = 0;
    platform.change = [&](step_measurement& one) { // a single anomaly, once
        if (one.step.load == 400 && broken_once++ == 0) one.sum.anomalies[0] = 1;
    };
    auto search = planned(options(), {"e2e.p99 < 50ms", "anomalies == 0"});
    const auto steps = simulated::run(search, platform);
    EXPECT_THAT(loads_of({steps.begin(), steps.begin() + 6}), ElementsAre(100, 200, 400, 400, 400, 800))
        << "by the majority of three";
    simulated::platform broken{.unexpected_from = 400};
    auto other = planned(options(), {"e2e.p99 < 50ms", "unexpected == 0"});
    const auto clear = simulated::run(other, broken);
    EXPECT_EQ(std::ranges::count(loads_of(clear), 400), 1) << "half of the requests are unexpected";
    EXPECT_EQ(other.result().first_broken->expression, "unexpected == 0");
}

TEST(capacity_search, the_load_that_must_hold_is_measured_itself) {
    auto o = options();
    for (const auto& [at_least, code] :
         {std::pair{900.0, verdict::exit_code::pass}, {1000.0, verdict::exit_code::missed}}) {
        simulated::platform platform{};
        o.at_least = at_least;
        auto search = planned(o, {"e2e.p99 < 50ms"});
        EXPECT_EQ(std::ranges::count(loads_of(simulated::run(search, platform)), at_least), 1);
        EXPECT_EQ(code_of(search.result()), code) << at_least;
    }
}

TEST(capacity_search, vehicles_are_whole_numbers) {
    auto o = options();
    o.metric = load_metric::vehicles;
    o.start = 3;
    o.precision = 0.001;
    o.sample_rates = {{.fixed = 100}};
    simulated::platform platform{.service_rate = 1e6};
    platform.change = [](step_measurement& one) { one.sum.sessions.dropped = one.step.load > 13 ? 50 : 0; };
    auto search = planned(o, {"sessions.dropped < 1"});
    EXPECT_THAT(loads_of(simulated::run(search, platform)), ElementsAre(3, 6, 12, 24, 17, 14, 13));
    EXPECT_EQ(*search.result().highest_holding, 13);
    EXPECT_EQ(*search.result().lowest_broken, 14);
}

TEST(capacity_search, connects_are_judged_by_budgets_on_sessions) {
    auto o = options();
    o.metric = load_metric::connect_rate;
    simulated::platform platform{};
    platform.change = [](step_measurement& one) {
        const auto took = one.step.load > 300 ? 2s : 20ms;
        one.sum.sessions.connect.record(took, one.sum.requests.due);
        one.sum.sessions.connected = std::exchange(one.sum.requests, {}).due;
        one.sum.latencies = {};
    };
    auto search = planned(o, {"sessions.connect.p99 < 1s", "unexpected == 0", "e2e.p99 < 1s"});
    simulated::run(search, platform);
    const auto result = search.result();
    EXPECT_NEAR(*result.highest_holding, 300, 15);
    EXPECT_EQ(result.curve, "sessions.connect");
    ASSERT_EQ(result.unjudged.size(), 2);
    EXPECT_EQ(result.unjudged[1].expression, "e2e.p99 < 1s");
    EXPECT_THAT(result.unjudged[1].reason, HasSubstr("connects only"));
    EXPECT_GT(result.steps.front().connects, 0);
}

TEST(capacity_search, ends_with_a_floor_when_the_generator_is_the_limit) {
    simulated::platform platform{.generator_limit = 500};
    auto search = planned(options(), {"e2e.p99 < 50ms"});
    const auto steps = simulated::run(search, platform);
    EXPECT_THAT(loads_of(steps), ElementsAre(100, 200, 400, 800, 800)) << "repeated once";
    const auto result = search.result();
    EXPECT_EQ(result.end, search_end::generator_limit);
    EXPECT_TRUE(result.is_floor);
    EXPECT_EQ(*result.highest_holding, 400);
    EXPECT_FALSE(result.lowest_broken);
    EXPECT_THAT(result.sentence, HasSubstr("p99 of its lag was 500"));
    EXPECT_THAT(capacity_sentence(result), HasSubstr("at least 400/s, a floor and not the capacity"));
    EXPECT_EQ(result.steps.back().end, step_end::generator_limit);
}

TEST(capacity_search, a_first_load_that_the_generator_does_not_make_is_halved) {
    simulated::platform platform{.generator_limit = 60};
    auto search = planned(options(), {"e2e.p99 < 50ms"});
    EXPECT_THAT(loads_of(simulated::run(search, platform)), ElementsAre(100, 100, 50));
    EXPECT_EQ(search.result().end, search_end::generator_limit);
    EXPECT_TRUE(search.result().is_floor);
    EXPECT_EQ(*search.result().highest_holding, 50);
    simulated::platform too_fast{.generator_limit = 0.001};
    auto o = options();
    o.step_at_most = 1h;
    auto other = planned(o, {"e2e.p99 < 50ms"});
    EXPECT_THAT(loads_of(simulated::run(other, too_fast)), ElementsAre(100, 100, 50, 50, 25, 25, 12.5, 12.5));
    EXPECT_EQ(other.result().end, search_end::generator_limit);
    EXPECT_FALSE(other.result().is_floor) << "no load was judged";
    EXPECT_EQ(code_of(other.result()), verdict::exit_code::invalid);
}

TEST(capacity_search, a_generator_that_was_late_once_does_not_end_the_search) {
    simulated::platform platform{};
    int count = 0;
    platform.change = [&](step_measurement& one) {
        if (one.step.load == 200 && count++ == 0) one.generator_limit = "the CPU was taken";
    };
    auto search = planned(options(), {"e2e.p99 < 50ms"});
    simulated::run(search, platform);
    const auto result = search.result();
    EXPECT_EQ(result.end, search_end::found);
    EXPECT_EQ(result.steps[1].repetitions, 1) << "the late one does not count";
}

TEST(capacity_search, a_floor_if_the_highest_load_holds) {
    simulated::platform platform{};
    auto o = options();
    o.at_most = 500;
    auto search = planned(o, {"e2e.p99 < 50ms"});
    EXPECT_THAT(loads_of(simulated::run(search, platform)), ElementsAre(100, 200, 400, 500));
    EXPECT_EQ(search.result().end, search_end::highest_load);
    EXPECT_TRUE(search.result().is_floor);
    EXPECT_THAT(search.result().sentence, HasSubstr("--at-most"));
}

TEST(capacity_search, a_stop_keeps_what_was_measured) {
    simulated::platform platform{};
    auto search = planned(options(), {"e2e.p99 < 50ms"});
    for (int i = 0; i < 3; ++i) search.add(platform.measure(*search.next()));
    auto last = platform.measure(*search.next());
    last.stopped = true;
    last.measured = 3s;
    search.add(last);
    EXPECT_FALSE(search.next());
    const auto result = search.result();
    EXPECT_EQ(result.end, search_end::stopped);
    EXPECT_EQ(*result.highest_holding, 400);
    EXPECT_EQ(result.steps.size(), 4);
    EXPECT_EQ(result.steps.back().end, step_end::stopped);

    auto other = planned(options(), {"e2e.p99 < 50ms"});
    other.add(platform.measure(*other.next()));
    other.stop("the platform is gone");
    EXPECT_FALSE(other.next());
    EXPECT_EQ(*other.result().highest_holding, 100);
    EXPECT_EQ(other.result().sentence, "the platform is gone");
    EXPECT_EQ(other.result().steps.size(), 1) << "the next step was not measured";
}

TEST(capacity_search, ends_when_its_time_is_over) {
    simulated::platform platform{};
    auto o = options();
    o.total_at_most = 90s; // six steps of 15 s
    auto search = planned(o, {"e2e.p99 < 50ms"});
    EXPECT_EQ(simulated::run(search, platform).size(), 6);
    const auto result = search.result();
    EXPECT_EQ(result.end, search_end::out_of_time);
    EXPECT_EQ(*result.highest_holding, 800);
    EXPECT_EQ(*result.lowest_broken, 1130);
    EXPECT_EQ(result.measured, 90s);
    EXPECT_THAT(result.sentence, HasSubstr("--total-at-most 1m30s"));
}
