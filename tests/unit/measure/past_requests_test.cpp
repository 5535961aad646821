#include "past_requests.hpp"

#include <gtest/gtest.h>

#include <string>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

constexpr vehicle_id car{7};

past_request over(unsigned n, bool missing = false) {
    past_request p;
    p.request = "r" + std::to_string(n);
    p.arrival = arrival_id{n};
    p.missing = missing;
    if (!missing) p.delivered = monotonic_time{1s};
    return p;
}

} // namespace

TEST(past_requests, are_the_last_few_of_a_vehicle) {
    past_requests past;
    for (unsigned n = 1; n <= past_requests::kept; ++n) EXPECT_FALSE(past.add(car, over(n)));
    const auto out = past.add(car, over(9));
    ASSERT_TRUE(out);
    EXPECT_EQ(out->request, "r1");
    EXPECT_EQ(past.find(car, "r1"), nullptr);
    ASSERT_NE(past.find(car, "r2"), nullptr);
    EXPECT_EQ(past.find(car, "r2")->arrival, arrival_id{2});
    EXPECT_EQ(past.find(vehicle_id{8}, "r2"), nullptr);
    EXPECT_EQ(past.latest(car)->request, "r9");
}

TEST(past_requests, whose_command_is_missing_stay_longest) {
    past_requests past;
    past.add(car, over(1, true));
    for (unsigned n = 2; n < 100; ++n) {
        const auto out = past.add(car, over(n));
        EXPECT_FALSE(out && out->missing) << n;
    }
    EXPECT_NE(past.find(car, "r1"), nullptr);
}

TEST(past_requests, that_are_all_missing_make_room_one_by_one) {
    past_requests past;
    for (unsigned n = 1; n <= past_requests::kept; ++n) past.add(car, over(n, true));
    const auto out = past.add(car, over(9, true));
    ASSERT_TRUE(out);
    EXPECT_TRUE(out->missing);
    EXPECT_EQ(out->request, "r1");
}

TEST(past_requests, without_a_name_are_found_until_they_have_one) {
    past_requests past;
    auto p = over(1);
    p.request.clear();
    past.add(car, p);
    EXPECT_EQ(past.find(car, ""), nullptr);
    ASSERT_NE(past.nameless(car), nullptr);
    past.nameless(car)->request = "r1";
    EXPECT_EQ(past.nameless(car), nullptr);
}

TEST(past_requests, know_whether_a_later_one_has_come) {
    past_requests past;
    past.add(car, over(1, true));
    EXPECT_FALSE(past.later_delivered(car, *past.find(car, "r1")));
    past.add(car, over(2, true));
    EXPECT_FALSE(past.later_delivered(car, *past.find(car, "r1"))) << "that is missing too";
    past.add(car, over(3));
    EXPECT_TRUE(past.later_delivered(car, *past.find(car, "r1")));
    EXPECT_FALSE(past.later_delivered(car, *past.find(car, "r3"))) << "none is later";
}

TEST(past_requests, tell_by_vehicle_what_is_missing_and_once) {
    past_requests past;
    past.add(vehicle_id{9}, over(1, true));
    past.add(vehicle_id{8}, over(2, true));
    past.add(vehicle_id{8}, over(3));
    past.add(vehicle_id{8}, over(4, true));
    const auto all = past.take_missing();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].request.request, "r2");
    EXPECT_EQ(all[1].request.request, "r4");
    EXPECT_EQ(all[2].vehicle, vehicle_id{9});
    EXPECT_TRUE(past.take_missing().empty());
}
