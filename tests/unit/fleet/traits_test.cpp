// What real vehicles and those of a rehearsal have in common.
#include "traits.hpp"

#include "vehicle/steps.hpp"

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
                .seed = 3,
                .segments = segments_,
                .segment_names = names_,
                .behaviours = behaviours_,
                .conditions = conditions_,
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
