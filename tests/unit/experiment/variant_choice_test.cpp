#include <loadsim/experiment/variant_choice.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::experiment;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

/// A variant that meets its budgets, with these p99 in its rounds.
variant_rounds variant(std::string name, std::optional<double> cost, const std::vector<nanoseconds>& p99) {
    variant_rounds made{.name = std::move(name), .cost = cost};
    for (const auto one : p99)
        made.rounds.push_back({.meets_budgets = true,
                               .latency_p99 = one,
                               .latency_p50 = one / 2,
                               .throughput = 200,
                               .error_share = 0.01});
    return made;
}

} // namespace

TEST(variant_choice, recommends_the_cheapest_the_fastest_and_the_balanced_variant) {
    // Sums of scaled cost and p99: small 0.5 * 1/8 + 0.5 = 0.5625, medium 0.125 + 0.15 = 0.275, large 0.5 + 0.1 = 0.6.
    const auto choice = choose({variant("small", 1, {500ms, 520ms, 480ms}), variant("medium", 2, {150ms, 155ms, 145ms}),
                                variant("large", 8, {100ms, 98ms, 102ms})});
    EXPECT_EQ(choice.cheapest.variant, 0);
    EXPECT_EQ(choice.fastest.variant, 2);
    EXPECT_EQ(choice.balanced.variant, 1);
    EXPECT_EQ(choice.fastest.reason, "large has the lowest p99 of e2e, in all 3 rounds");
    EXPECT_EQ(choice.cheapest.reason, "small has the lowest cost of those that meet the budgets");
    EXPECT_THAT(choice.fastest.alike, IsEmpty());
    const auto& medium = choice.variants[1];
    EXPECT_DOUBLE_EQ(medium.latency_p99_ms->mean, 150);
    EXPECT_DOUBLE_EQ(medium.latency_p99_ms->lowest, 145);
    EXPECT_DOUBLE_EQ(medium.latency_p99_ms->highest, 155);
    EXPECT_DOUBLE_EQ(medium.throughput->mean, 200);
}

TEST(variant_choice, leaves_out_what_misses_a_budget_in_any_round) {
    auto fast = variant("fast", 1, {50ms, 52ms});
    fast.rounds[1].meets_budgets = false;
    fast.rounds[1].missed = "unexpected == 0";
    const auto choice = choose({fast, variant("slow", 2, {90ms, 91ms})});
    EXPECT_EQ(choice.fastest.variant, 1);
    EXPECT_EQ(choice.cheapest.variant, 1);
    EXPECT_FALSE(choice.variants[0].meets_budgets);
    EXPECT_EQ(choice.variants[0].missed, "unexpected == 0");
    fast.rounds[0].meets_budgets = false;
    const auto none = choose({fast});
    EXPECT_FALSE(none.fastest.variant);
    EXPECT_EQ(none.balanced.reason, "no variant meets the budgets in all of its rounds");
}

TEST(variant_choice, says_when_the_rounds_differ_more_than_the_variants) {
    const auto choice =
        choose({variant("a", 1, {100ms, 130ms}), variant("b", 1, {120ms, 125ms}), variant("c", 3, {200ms, 210ms})});
    EXPECT_EQ(choice.fastest.variant, 0);
    EXPECT_THAT(choice.fastest.alike, ElementsAre(1));
    EXPECT_EQ(choice.fastest.reason,
              "a has the lowest p99 of e2e, but cannot be told apart from b: their ranges over the rounds overlap");
    EXPECT_EQ(choice.cheapest.reason, "a has the lowest cost, as b has");
    EXPECT_THAT(choose({variant("a", 1, {100ms})}).fastest.reason, HasSubstr("give more --rounds"));
}

TEST(variant_choice, without_cost_or_samples_there_is_no_recommendation_by_them) {
    auto few = variant("few", std::nullopt, {100ms, 110ms});
    few.rounds[1].latency_p99.reset();
    const auto choice = choose({few});
    EXPECT_FALSE(choice.cheapest.variant);
    EXPECT_THAT(choice.cheapest.reason, HasSubstr("add `cost` to the variants file"));
    EXPECT_FALSE(choice.fastest.variant);
    EXPECT_THAT(choice.fastest.reason, HasSubstr("too few samples"));
    EXPECT_FALSE(choice.balanced.variant);
    EXPECT_FALSE(choice.variants[0].latency_p99_ms);
    EXPECT_TRUE(choice.variants[0].latency_p50_ms);
}

TEST(variant_choice, invalid_rounds_do_not_count) {
    auto v = variant("a", 1, {100ms, 900ms});
    v.rounds[1].valid = false;
    v.rounds[1].meets_budgets = false;
    const auto choice = choose({v});
    EXPECT_TRUE(choice.variants[0].meets_budgets);
    EXPECT_EQ(choice.variants[0].rounds, 1);
    EXPECT_EQ(choice.variants[0].invalid_rounds, 1);
    EXPECT_DOUBLE_EQ(choice.variants[0].latency_p99_ms->highest, 100);
    v.rounds[0].valid = false;
    EXPECT_FALSE(choose({v}).variants[0].meets_budgets) << "no round was valid";
}

TEST(interleaved, takes_turns) {
    EXPECT_THAT(interleaved(3, 2), ElementsAre(0, 1, 2, 0, 1, 2));
    EXPECT_THAT(interleaved(0, 2), IsEmpty());
}
