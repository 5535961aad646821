#include "completed_requests.hpp"

#include <gtest/gtest.h>

#include <string>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

constexpr vehicle_id car{7};

completed_request over(unsigned n, bool missing = false) {
    completed_request p;
    p.request = "r" + std::to_string(n);
    p.arrival = arrival_id{n};
    p.command_missing = missing;
    if (!missing) p.delivered = monotonic_time{1s};
    return p;
}

} // namespace

TEST(completed_requests, are_the_most_recent_of_a_vehicle) {
    completed_requests completed;
    for (unsigned n = 1; n <= completed_requests::max_per_vehicle; ++n) EXPECT_FALSE(completed.add(car, over(n)));
    const auto out = completed.add(car, over(9));
    ASSERT_TRUE(out);
    EXPECT_EQ(out->request, "r1");
    EXPECT_EQ(completed.find(car, "r1"), nullptr);
    ASSERT_NE(completed.find(car, "r2"), nullptr);
    EXPECT_EQ(completed.find(car, "r2")->arrival, arrival_id{2});
    EXPECT_EQ(completed.find(vehicle_id{8}, "r2"), nullptr);
    EXPECT_EQ(completed.latest(car)->request, "r9");
}

TEST(completed_requests, with_a_missing_command_are_evicted_last) {
    completed_requests completed;
    completed.add(car, over(1, true));
    for (unsigned n = 2; n < 100; ++n) {
        const auto out = completed.add(car, over(n));
        EXPECT_FALSE(out && out->command_missing) << n;
    }
    EXPECT_NE(completed.find(car, "r1"), nullptr);
}

TEST(completed_requests, that_all_miss_their_command_are_evicted_oldest_first) {
    completed_requests completed;
    for (unsigned n = 1; n <= completed_requests::max_per_vehicle; ++n) completed.add(car, over(n, true));
    const auto out = completed.add(car, over(9, true));
    ASSERT_TRUE(out);
    EXPECT_TRUE(out->command_missing);
    EXPECT_EQ(out->request, "r1");
}

TEST(completed_requests, without_id_are_found_until_the_id_is_known) {
    completed_requests completed;
    auto p = over(1);
    p.request.clear();
    completed.add(car, p);
    EXPECT_EQ(completed.find(car, ""), nullptr);
    ASSERT_NE(completed.without_id(car), nullptr);
    completed.without_id(car)->request = "r1";
    EXPECT_EQ(completed.without_id(car), nullptr);
}

TEST(completed_requests, without_id_are_found_in_order) {
    completed_requests completed;
    for (const unsigned n : {1U, 2U}) {
        auto p = over(n);
        p.request.clear();
        completed.add(car, p);
    }
    EXPECT_EQ(completed.without_id(car)->arrival, arrival_id{1});
}

TEST(completed_requests, know_whether_a_later_command_was_delivered) {
    completed_requests completed;
    completed.add(car, over(1, true));
    EXPECT_FALSE(completed.later_command_delivered(car, *completed.find(car, "r1")));
    completed.add(car, over(2, true));
    EXPECT_FALSE(completed.later_command_delivered(car, *completed.find(car, "r1"))) << "that is missing too";
    completed.add(car, over(3));
    EXPECT_TRUE(completed.later_command_delivered(car, *completed.find(car, "r1")));
    EXPECT_FALSE(completed.later_command_delivered(car, *completed.find(car, "r3"))) << "none is later";
}

TEST(completed_requests, return_missing_commands_once_and_by_vehicle) {
    completed_requests completed;
    completed.add(vehicle_id{9}, over(1, true));
    completed.add(vehicle_id{8}, over(2, true));
    completed.add(vehicle_id{8}, over(3));
    completed.add(vehicle_id{8}, over(4, true));
    const auto all = completed.take_missing_commands();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].request.request, "r2");
    EXPECT_EQ(all[1].request.request, "r4");
    EXPECT_EQ(all[2].vehicle, vehicle_id{9});
    EXPECT_TRUE(completed.take_missing_commands().empty());
}
