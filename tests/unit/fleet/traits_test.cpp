// What real vehicles and those of a rehearsal have in common.
#include "traits.hpp"

#include "vehicle/steps.hpp"

#include <loadsim/vehicle/registry.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using vehicle::condition;
using vehicle::word;

namespace {

class traits : public testing::Test {
protected:
    fleet::plan plan() const {
        return {.options = options_,
                .terms = contract::terms::of_our_own(),
                .cars = cars_,
                .names = known_,
                .seed = 3,
                .segments = segments_,
                .segment_names = names_,
                .segment_variables = variables_,
                .behaviours = behaviours_,
                .conditions = conditions_,
                .campaigns = campaigns_,
                .share = {},
                .load = 100s};
    }
    condition& add(condition::kind what, nanoseconds at = 5s) {
        auto& c = conditions_.emplace_back();
        c.what = what;
        c.at = at;
        return c;
    }

    fleet::options options_{.vehicles = 1000,
                            .connect_rate = {},
                            .source_addresses = {},
                            .vin = {},
                            .mqtt = {},
                            .reconnect = {},
                            .segments = {{"city", {0.5}, "b"}, {"land", {0.5}, "b"}}};
    vehicle::segmentation segments_{3, 1000, options_.segments};
    std::vector<std::string> names_{"city", "land"};
    vehicle::registry cars_{options_.vin, options_.vehicles};
    contract::known_names known_;
    std::vector<std::vector<std::string>> variables_{{"eu-1"}, {"us-2"}};
    std::vector<fleet::campaign_options> campaigns_;
    std::vector<vehicle::behaviour> behaviours_{2};
    std::vector<condition> conditions_;
};

TEST_F(traits, only_words_about_the_request_before_need_it) {
    auto about = vehicle::executed;
    EXPECT_FALSE(fleet::speaks_of_previous({vehicle::ack, about}));
    about.said.request = word::about::other;
    EXPECT_FALSE(fleet::speaks_of_previous({vehicle::ack, about}));
    about.said.request = word::about::previous;
    EXPECT_TRUE(fleet::speaks_of_previous({vehicle::ack, about}));
    EXPECT_TRUE(fleet::speaks_of_previous(
        {vehicle::choose({vehicle::one(1, {}), vehicle::one(1, {vehicle::choose({vehicle::one(1, {about})})})})}));
}

TEST_F(traits, templates_know_a_vehicle_by_its_place_and_its_segment) {
    for (const std::uint32_t i : {0U, 7U, 999U}) {
        const auto segment = segments_.segment_of(vehicle_id{i});
        const auto known = fleet::known_of(plan(), vehicle_id{i});
        EXPECT_EQ(known.index, i);
        EXPECT_EQ(known.segment, names_[segment]);
        ASSERT_EQ(known.segment_variables.size(), 1U);
        EXPECT_EQ(known.segment_variables[0], variables_[segment][0]);
        EXPECT_TRUE(known.data.empty()) << "no file";
    }
}

TEST_F(traits, draws_of_different_messages_never_meet) {
    using fleet::draws_from, fleet::spoken;
    EXPECT_LT(draws_from(spoken::word, 0xFFFFFFFFU) + 0xFFFF, draws_from(spoken::presence, 0));
    EXPECT_LT(draws_from(spoken::presence, 0xFFFFFFFFU) + 0xFFFF, draws_from(spoken::telemetry, 0));
    EXPECT_EQ(draws_from(spoken::word, 2) - draws_from(spoken::word, 1), 65'536U);
}

TEST_F(traits, dark_is_who_powers_on_later) {
    add(condition::kind::tunnel);
    auto& power_on = add(condition::kind::power_on);
    power_on.segments = {"land"};
    power_on.part = {0.5};
    int dark = 0;
    for (std::uint32_t i = 0; i < options_.vehicles; ++i) {
        const vehicle_id v{i};
        const bool struck = strike_of(power_on, 1, 0, 3, v).has_value();
        EXPECT_EQ(fleet::powers_on_later(plan(), v), struck && segments_.segment_of(v) == 1);
        dark += fleet::powers_on_later(plan(), v) ? 1 : 0;
    }
    EXPECT_NEAR(dark, 250, 50);
}

TEST_F(traits, losses_add_up_and_belong_to_the_word) {
    add(condition::kind::lossy).loss = {0.5};
    add(condition::kind::lossy).loss = {0.5};
    add(condition::kind::lossy).loss = {0};
    const auto lost = [&](const std::vector<std::uint32_t>& which) {
        int n = 0;
        for (std::uint32_t word = 1; word <= 1000; ++word)
            n += fleet::is_lost(plan(), which, vehicle_id{4}, word) ? 1 : 0;
        return n;
    };
    EXPECT_EQ(lost({}), 0);
    EXPECT_EQ(lost({2}), 0);
    EXPECT_NEAR(lost({0}), 500, 60);
    EXPECT_NEAR(lost({0, 1}), 750, 60);
    EXPECT_EQ(lost({0}), lost({0, 2})) << "the same words";
}

TEST_F(traits, occurrences_begin_one_after_the_other) {
    add(condition::kind::garage, 7s).every = 30s;
    add(condition::kind::garage, 9s);
    EXPECT_EQ(fleet::beginning(plan(), {0, 0}), nanoseconds{7s});
    EXPECT_EQ(fleet::beginning(plan(), {0, 3}), nanoseconds{97s});
    EXPECT_EQ(fleet::beginning(plan(), {1, 0}), nanoseconds{9s});
}

} // namespace
