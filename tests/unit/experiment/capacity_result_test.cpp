#include <loadsim/experiment/capacity_result.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

using namespace loadsim;
using namespace loadsim::experiment;
using namespace std::chrono_literals;

TEST(knee, is_where_latency_over_load_bends_most) {
    struct row {
        std::vector<knee> points;
        std::optional<double> load;
        const char* reason;
    };
    const row rows[] = {
        {{{100, 10ms}, {200, 11ms}, {400, 12ms}, {800, 15ms}, {900, 200ms}}, 800, "flat, then steep"},
        {{{900, 200ms}, {100, 10ms}, {800, 15ms}, {400, 12ms}}, 800, "in any order"},
        {{{100, 10ms}, {200, 20ms}, {300, 30ms}}, std::nullopt, "a straight line"},
        {{{100, 10ms}, {800, 200ms}}, std::nullopt, "two points"},
        {{{100, 10ms}, {200, 10ms}, {300, 10ms}}, std::nullopt, "no change"},
        {{{100, 50ms}, {200, 20ms}, {300, 10ms}}, std::nullopt, "falling: caches that become warm"},
        {{{100, 10ms}, {200, 90ms}, {300, 100ms}}, std::nullopt, "above the chord: it bends the other way"},
    };
    for (const auto& r : rows) {
        const auto found = knee_of(r.points);
        EXPECT_EQ(found.has_value(), r.load.has_value()) << r.reason;
        EXPECT_EQ(found ? found->load : 0, r.load.value_or(0)) << r.reason;
    }
}

TEST(knee, leaves_out_loads_far_above_the_capacity) {
    capacity_result result;
    for (const auto& [load, latency, end] : {std::tuple{100.0, 10ms, step_end::holds},
                                             {400.0, 12ms, step_end::holds},
                                             {800.0, 900ms, step_end::broken},
                                             {1600.0, 9000ms, step_end::broken},
                                             {700.0, 20ms, step_end::unclear}}) {
        step_result step;
        step.load = load;
        step.end = end;
        step.latencies.push_back({"e2e", {}});
        step.latencies.front().samples.record(latency, 1000);
        result.steps.push_back(step);
    }
    result.lowest_broken = 800;
    result.curve = curve_of(result.metric, result.steps);
    EXPECT_EQ(curve_points(result).size(), 3);
    EXPECT_EQ(knee_of(curve_points(result))->load, 400);
    result.steps.front().latencies.front().samples.clear();
    result.steps.front().latencies.front().samples.record(10ms, 100);
    EXPECT_EQ(curve_points(result).size(), 2) << "100 samples do not carry a p99";
}

TEST(capacity_result, has_the_exit_code_of_what_was_asked_for) {
    using verdict::exit_code;
    struct row {
        capacity_result result;
        exit_code code;
        const char* reason;
    };
    const row rows[] = {
        {{.highest_holding = 500, .lowest_broken = 520, .end = search_end::found}, exit_code::pass, "a number"},
        {{.highest_holding = 500, .lowest_broken = 520, .at_least = 500, .end = search_end::found},
         exit_code::pass,
         ""},
        {{.highest_holding = 480, .lowest_broken = 500, .at_least = 500, .end = search_end::found},
         exit_code::missed,
         ""},
        {{.highest_holding = 800, .is_floor = true, .at_least = 500, .end = search_end::generator_limit},
         exit_code::pass,
         "a floor above it"},
        {{.highest_holding = 400, .is_floor = true, .at_least = 500, .end = search_end::generator_limit},
         exit_code::invalid,
         "a floor below it says nothing"},
        {{.highest_holding = 400, .lowest_broken = 800, .at_least = 500, .end = search_end::out_of_time},
         exit_code::invalid,
         "between the bounds"},
        {{.lowest_broken = 10, .end = search_end::no_load_holds}, exit_code::missed, ""},
        {{.lowest_broken = 10, .end = search_end::too_few_samples}, exit_code::invalid, "nothing held, without a wish"},
        {{.lowest_broken = 10, .at_least = 20, .end = search_end::too_few_samples}, exit_code::missed, ""},
        {{.highest_holding = 100, .end = search_end::no_data}, exit_code::no_data, ""},
        {{.end = search_end::stopped}, exit_code::invalid, "nothing measured"},
    };
    for (const auto& r : rows) EXPECT_EQ(code_of(r.result), r.code) << r.reason;
}

TEST(capacity_result, says_the_number_in_a_sentence) {
    verdict::budget_result missed;
    missed.expression = "e2e.p99 < 1s";
    EXPECT_EQ(capacity_sentence(
                  {.highest_holding = 500, .lowest_broken = 520, .end = search_end::found, .first_broken = missed}),
              "capacity 500/s: all budgets hold there, and 520/s misses e2e.p99 < 1s");
    EXPECT_EQ(capacity_sentence({.metric = load_metric::vehicles,
                                 .highest_holding = 2000,
                                 .lowest_broken = 4000,
                                 .end = search_end::out_of_time,
                                 .sentence = "its time was over",
                                 .first_broken = missed}),
              "capacity of at least 2000 vehicles: all budgets hold there, and 4000 vehicles misses e2e.p99 < 1s; its "
              "time was over");
    EXPECT_EQ(capacity_sentence({.metric = load_metric::connect_rate,
                                 .highest_holding = 800,
                                 .is_floor = true,
                                 .sentence = "the generator was the limit"}),
              "at least 800 connects/s, a floor and not the capacity: the generator was the limit");
    EXPECT_EQ(capacity_sentence({.lowest_broken = 10, .sentence = "no load meets it", .first_broken = missed}),
              "no load that holds was found: 10/s misses e2e.p99 < 1s; no load meets it");
    EXPECT_EQ(capacity_sentence({.sentence = "the search was stopped"}), "no load was judged: the search was stopped");
}

TEST(load_metric, is_read_as_it_is_written) {
    for (const auto metric : {load_metric::rate, load_metric::vehicles, load_metric::connect_rate})
        EXPECT_EQ(parse_load_metric(to_string(metric)), metric);
    EXPECT_EQ(to_string(load_metric::connect_rate), "connectRate");
    EXPECT_FALSE(parse_load_metric("connects"));
}
