// Outage schedule of the embedded broker.
#include "process/outage_schedule.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;

namespace {

using outage_way = vehicle::condition::outage_mode;

vehicle::condition outage(nanoseconds at, nanoseconds lasts, std::optional<nanoseconds> every = {}) {
    vehicle::condition c;
    c.type = vehicle::condition::kind::outage;
    c.start = at;
    c.interval = every;
    c.duration.a = lasts;
    return c;
}

vehicle::condition tunnel() {
    vehicle::condition c;
    c.type = vehicle::condition::kind::tunnel;
    c.start = 1s;
    return c;
}

struct row {
    nanoseconds at;
    std::uint32_t condition, occurrence;
    bool begins;
    friend bool operator==(const row&, const row&) = default;
};

std::vector<row> all_of(const std::vector<vehicle::condition>& conditions, nanoseconds load) {
    outage_schedule plan(conditions, load);
    std::vector<row> all;
    while (const auto next = plan.next()) {
        EXPECT_FALSE(plan.take_due(*next - 1ns)) << "not before its time";
        const auto event = plan.take_due(*next);
        EXPECT_TRUE(event) << "at its time";
        if (!event) break;
        all.push_back({event->at, event->condition, event->occurrence, event->begins});
    }
    return all;
}

} // namespace

TEST(outage_schedule, is_ordered_by_time_and_ignores_other_conditions) {
    EXPECT_EQ(all_of({tunnel(), outage(8s, 1s), outage(2s, 3s)}, 10s),
              (std::vector<row>{{2s, 2, 0, true}, {5s, 2, 0, false}, {8s, 1, 0, true}, {9s, 1, 0, false}}));
    EXPECT_TRUE(all_of({tunnel()}, 10s).empty());
}

TEST(outage_schedule, repeats_outages_until_the_end_of_the_load) {
    EXPECT_EQ(all_of({outage(1s, 500ms, 4s)}, 9s),
              (std::vector<row>{{1s, 0, 0, true}, {1500ms, 0, 0, false}, {5s, 0, 1, true}, {5500ms, 0, 1, false}}))
        << "nothing begins at its end";
}

TEST(outage_schedule, ends_an_outage_before_the_next_begins_at_that_instant) {
    EXPECT_EQ(all_of({outage(6s, 1s), outage(1s, 5s)}, 10s),
              (std::vector<row>{{1s, 1, 0, true}, {6s, 1, 0, false}, {6s, 0, 0, true}, {7s, 0, 0, false}}));
}

TEST(outage_schedule, after_a_stop_ends_a_current_outage_and_begins_no_other) {
    outage_schedule plan({outage(1s, 2s), outage(5s, 1s)}, 10s);
    ASSERT_TRUE(plan.take_due(1s));
    plan.cancel_pending();
    const auto end = plan.take_due(3s);
    ASSERT_TRUE(end);
    EXPECT_FALSE(end->begins);
    EXPECT_FALSE(plan.next());

    outage_schedule before({outage(1s, 2s)}, 10s);
    before.cancel_pending();
    EXPECT_FALSE(before.next()) << "it had not begun";
}
