// Plan of a shard's telemetry: the same whatever the shards, and its memory.
#include "simulated_fleet_fixture.hpp"
#include "telemetry_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace loadsim::fleet::simulation_test;
using telemetry::period_always;

namespace {

class telemetry_plan_test : public fleet_inputs {
protected:
    void configure() {
        options_.trips = example::commuters();
        options_.trips->speed = 600;
        load_duration_ = 100s;
        add_group("position", {.parked = 2h, .driving = 1min, .charging = 10min});
        add_group("battery", period_always(1h));
        add_alarm("tyre", {1.0 / 3600});
        for (auto& g : options_.telemetry.groups) g.jitter = {0.3};
        rate_factors_.set(40s, 2);
    }

    std::vector<due_telemetry> all_of(fleet_partition share) {
        share_ = share;
        const auto one = spec();
        telemetry_plan plan(one, (options_.vehicles - share.index + share.count - 1) / share.count);
        std::vector<due_telemetry> all;
        for (nanoseconds now{0}; plan.next() != nanoseconds::max(); now = std::max(now, plan.next()))
            while (const auto due = plan.take(now)) {
                EXPECT_LE(due->due, now) << "not before it is due";
                all.push_back(*due);
            }
        return all;
    }

    static void sort(std::vector<due_telemetry>& all) {
        std::ranges::sort(all, {}, [](const auto& d) { return std::tuple(d.due, d.vehicle, d.group, d.sequence); });
    }
};

TEST_F(telemetry_plan_test, is_the_same_on_one_shard_and_on_four) {
    configure();
    prepare(57);
    auto whole = all_of({0, 1});
    std::vector<due_telemetry> parts;
    for (std::uint32_t i = 0; i < 4; ++i)
        for (const auto& due : all_of({i, 4})) parts.push_back(due);
    EXPECT_GT(whole.size(), 2'000U);
    sort(whole);
    sort(parts);
    EXPECT_EQ(whole, parts);
}

TEST_F(telemetry_plan_test, is_the_same_again) {
    configure();
    prepare(20);
    EXPECT_EQ(all_of({0, 1}), all_of({0, 1}));
}

TEST_F(telemetry_plan_test, numbers_the_messages_of_each_group_without_a_gap) {
    configure();
    prepare(20);
    std::map<std::pair<vehicle_id, std::uint32_t>, std::uint32_t> last;
    for (const auto& due : all_of({0, 1})) {
        EXPECT_EQ(due.sequence, ++last[std::pair(due.vehicle, due.group)]);
        EXPECT_LT(due.due, load_duration_);
    }
}

TEST_F(telemetry_plan_test, ends_where_it_is_told) {
    load_duration_ = 100s;
    add_group("position", period_always(1s));
    add_alarm("tyre", {0.5});
    prepare(10);
    const auto one = spec();
    telemetry_plan plan(one, 10);
    plan.end(20s);
    std::size_t count = 0;
    while (const auto due = plan.take(1h)) {
        EXPECT_LE(due->due, 20s);
        ++count;
    }
    EXPECT_GT(count, 250U) << "200 of the group, and some 100 alarms";
    EXPECT_EQ(plan.next(), nanoseconds::max());
}

} // namespace
