#include "completed_requests.hpp"
#include "single_vehicle_ledger.hpp"

#include <gtest/gtest.h>

#include <string>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

constexpr monotonic_time now{100s};

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
    for (unsigned n = 1; n <= completed_requests::max_per_vehicle; ++n) EXPECT_FALSE(completed.add(car, over(n), now));
    const auto out = completed.add(car, over(9), now);
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
    completed.add(car, over(1, true), now);
    for (unsigned n = 2; n < 100; ++n) {
        const auto out = completed.add(car, over(n), now);
        EXPECT_FALSE(out && out->command_missing) << n;
    }
    EXPECT_NE(completed.find(car, "r1"), nullptr);
}

TEST(completed_requests, that_all_miss_their_command_are_evicted_oldest_first) {
    completed_requests completed;
    for (unsigned n = 1; n <= completed_requests::max_per_vehicle; ++n) completed.add(car, over(n, true), now);
    const auto out = completed.add(car, over(9, true), now);
    ASSERT_TRUE(out);
    EXPECT_TRUE(out->command_missing);
    EXPECT_EQ(out->request, "r1");
}

TEST(completed_requests, without_id_are_found_until_the_id_is_known) {
    completed_requests completed;
    auto p = over(1);
    p.request.clear();
    completed.add(car, p, now);
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
        completed.add(car, p, now);
    }
    EXPECT_EQ(completed.without_id(car)->arrival, arrival_id{1});
}

TEST(completed_requests, know_whether_a_later_command_was_delivered) {
    completed_requests completed;
    completed.add(car, over(1, true), now);
    EXPECT_FALSE(completed.later_command_delivered(car, *completed.find(car, "r1")));
    completed.add(car, over(2, true), now);
    EXPECT_FALSE(completed.later_command_delivered(car, *completed.find(car, "r1"))) << "that is missing too";
    completed.add(car, over(3), now);
    EXPECT_TRUE(completed.later_command_delivered(car, *completed.find(car, "r1")));
    EXPECT_FALSE(completed.later_command_delivered(car, *completed.find(car, "r3"))) << "none is later";
}

TEST(completed_requests, return_missing_commands_once_and_by_vehicle) {
    completed_requests completed;
    completed.add(vehicle_id{9}, over(1, true), now);
    completed.add(vehicle_id{8}, over(2, true), now);
    completed.add(vehicle_id{8}, over(3), now);
    completed.add(vehicle_id{8}, over(4, true), now);
    const auto all = completed.take_missing_commands();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].request.request, "r2");
    EXPECT_EQ(all[1].request.request, "r4");
    EXPECT_EQ(all[2].vehicle, vehicle_id{9});
    EXPECT_TRUE(completed.take_missing_commands().empty());
}

TEST(completed_requests, count_missing_commands) {
    completed_requests completed;
    for (unsigned n = 1; n <= completed_requests::max_per_vehicle; ++n) completed.add(car, over(n, true), now);
    completed.add(vehicle_id{8}, over(8), now);
    EXPECT_EQ(completed.missing_count(), completed_requests::max_per_vehicle);
    completed.add(car, over(9, true), now);
    EXPECT_EQ(completed.missing_count(), completed_requests::max_per_vehicle) << "one was evicted";
    completed.set_delivered(*completed.find(car, "r9"), now);
    completed.set_delivered(*completed.find(car, "r9"), now);
    EXPECT_EQ(completed.missing_count(), completed_requests::max_per_vehicle - 1);
    completed.take_missing_commands();
    EXPECT_EQ(completed.missing_count(), 0U);
}

namespace {

constexpr auto kept_for = completed_requests::kept_for;
bool never_repeats(vehicle_id) { return false; }

completed_request closed(unsigned n) {
    auto p = over(n);
    p.completion = outcome::executed;
    return p;
}

} // namespace

TEST(completed_requests, are_dropped_when_they_are_closed_and_old) {
    completed_requests completed;
    for (std::uint32_t v = 0; v < 1000; ++v) completed.add(vehicle_id{v}, closed(v), now);
    completed.add(car, closed(5000), now + 1s);
    completed.drop_closed(now + kept_for - 1ns, never_repeats);
    EXPECT_EQ(completed.size(), 1001U);
    completed.drop_closed(now + kept_for, never_repeats);
    EXPECT_EQ(completed.size(), 1U);
    EXPECT_EQ(completed.find(car, "r7"), nullptr);
    EXPECT_NE(completed.find(car, "r5000"), nullptr);
    completed.drop_closed(now + 1s + kept_for, never_repeats);
    EXPECT_EQ(completed.size(), 0U);
}

TEST(completed_requests, are_kept_while_something_of_them_may_come) {
    completed_requests completed;
    completed.add(vehicle_id{1}, over(1), now); // without a completion
    auto undelivered = closed(2);
    undelivered.delivered = never;
    completed.add(vehicle_id{2}, undelivered, now);
    completed.add(vehicle_id{3}, closed(3), now); // interrupted
    const auto interrupted = [](vehicle_id v) { return v == vehicle_id{3}; };
    completed.drop_closed(now + kept_for, interrupted);
    EXPECT_NE(completed.find(vehicle_id{1}, "r1"), nullptr);
    ASSERT_NE(completed.find(vehicle_id{2}, "r2"), nullptr);
    EXPECT_NE(completed.find(vehicle_id{3}, "r3"), nullptr);
    completed.set_delivered(*completed.find(vehicle_id{2}, "r2"), now + kept_for);
    completed.drop_closed(now + 2 * kept_for, never_repeats);
    EXPECT_EQ(completed.size(), 1U);
    EXPECT_NE(completed.find(vehicle_id{1}, "r1"), nullptr);
}

TEST(completed_requests, of_others_are_dropped_when_they_are_old) {
    completed_requests completed;
    completed.add(car, {.request = "foreign"}, now);
    completed.drop_closed(now + kept_for, never_repeats);
    EXPECT_EQ(completed.find(car, "foreign"), nullptr);
}

TEST(completed_requests, that_were_evicted_leave_nothing_behind) {
    completed_requests completed;
    for (unsigned n = 1; n <= 100; ++n) completed.add(car, over(n, true), now);
    completed.drop_closed(now + kept_for, never_repeats);
    EXPECT_EQ(completed.size(), completed_requests::max_per_vehicle);
}
