// When the embedded broker goes, and comes back.
#include "outages.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;

namespace {

using way = vehicle::condition::outage_way;

vehicle::condition outage(nanoseconds at, nanoseconds lasts, std::optional<nanoseconds> every = {}) {
    vehicle::condition c;
    c.what = vehicle::condition::kind::outage;
    c.at = at;
    c.every = every;
    c.lasts.a = lasts;
    return c;
}

vehicle::condition tunnel() {
    vehicle::condition c;
    c.what = vehicle::condition::kind::tunnel;
    c.at = 1s;
    return c;
}

struct row {
    nanoseconds at;
    std::uint32_t condition, occurrence;
    bool begins;
    friend bool operator==(const row&, const row&) = default;
};

std::vector<row> all_of(const std::vector<vehicle::condition>& conditions, nanoseconds load) {
    outages plan(conditions, load);
    std::vector<row> all;
    while (const auto next = plan.next()) {
        EXPECT_FALSE(plan.take(*next - 1ns)) << "not before its time";
        const auto turn = plan.take(*next);
        EXPECT_TRUE(turn) << "at its time";
        if (!turn) break;
        all.push_back({turn->at, turn->condition, turn->occurrence, turn->begins});
    }
    return all;
}

} // namespace

TEST(outages, come_in_order_of_time_and_others_are_no_matter_of_the_brokers) {
    EXPECT_EQ(all_of({tunnel(), outage(8s, 1s), outage(2s, 3s)}, 10s),
              (std::vector<row>{{2s, 2, 0, true}, {5s, 2, 0, false}, {8s, 1, 0, true}, {9s, 1, 0, false}}));
    EXPECT_TRUE(all_of({tunnel()}, 10s).empty());
}

TEST(outages, come_again_to_the_loads_end) {
    EXPECT_EQ(all_of({outage(1s, 500ms, 4s)}, 9s),
              (std::vector<row>{{1s, 0, 0, true}, {1500ms, 0, 0, false}, {5s, 0, 1, true}, {5500ms, 0, 1, false}}))
        << "nothing begins at its end";
}

TEST(outages, that_would_overlap_come_one_after_the_other) {
    EXPECT_EQ(all_of({outage(1s, 5s), outage(3s, 1s)}, 10s),
              (std::vector<row>{{1s, 0, 0, true}, {6s, 0, 0, false}, {6s, 1, 0, true}, {7s, 1, 0, false}}));
}

TEST(outages, that_have_begun_end_when_the_load_is_cut_short_and_no_other_begins) {
    outages plan({outage(1s, 2s), outage(5s, 1s)}, 10s);
    ASSERT_TRUE(plan.take(1s));
    plan.cut();
    const auto end = plan.take(3s);
    ASSERT_TRUE(end);
    EXPECT_FALSE(end->begins);
    EXPECT_FALSE(plan.next());

    outages before({outage(1s, 2s)}, 10s);
    before.cut();
    EXPECT_FALSE(before.next()) << "it had not begun";
}
