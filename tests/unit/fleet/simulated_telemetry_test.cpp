// Telemetry of the simulated fleet: conditions, sessions, slow links, determinism.
#include "simulated_fleet_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace loadsim::fleet::simulation_test;
using telemetry::period_always;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

class simulated_telemetry_test : public simulated_fleet_test {
protected:
    measure::telemetry_counts counts(std::uint32_t group = 0) { return fleet_->take_counts().telemetry[group]; }

    static void expect_balance(const measure::telemetry_counts& c) {
        EXPECT_EQ(c.due, c.acknowledged + c.refused + c.unacknowledged + c.unsent + c.errored + c.overwritten +
                             c.expired + c.too_old + c.in_store);
    }

    void end_at(nanoseconds t) {
        run_to(load_duration_);
        fleet_->end_load();
        run_to(t);
        EXPECT_TRUE(fleet_->all_telemetry_due());
        EXPECT_FALSE(fleet_->awaits_telemetry());
        fleet_->stop();
    }

    std::vector<std::string> payloads() const {
        std::vector<std::string> all;
        for (const auto& m : telemetry_received_)
            all.push_back(m.substr(m.find(' ') + 1, m.find(" at ") - m.find(' ') - 1));
        return all;
    }
};

TEST_F(simulated_telemetry_test, reaches_the_broker_and_takes_no_memory_of_a_vehicle) {
    load_duration_ = 10s;
    add_group("position", period_always(1s));
    begin(100);
    run_to(5s);
    EXPECT_EQ(stored_vehicles(), 0U);
    end_at(11s);
    EXPECT_THAT(telemetry_received_, SizeIs(1'000));
    const auto c = counts();
    EXPECT_EQ(c.due, 1'000U);
    EXPECT_EQ(c.acknowledged, 1'000U);
    EXPECT_EQ(c.publish.count(), 1'000U);
    EXPECT_THAT(responses_, IsEmpty()) << "it is no message of a request";
    expect_balance(c);
}

TEST_F(simulated_telemetry_test, of_a_tunnel_is_stored_and_comes_afterwards) {
    load_duration_ = 10s;
    options_.telemetry.store = telemetry::store_options{};
    add_group("position", period_always(1s));
    conditions_ = {make_condition(condition::kind::tunnel, 3s, 4s)};
    begin();
    run_to(6'900ms);
    EXPECT_THAT(telemetry_received_, SizeIs(3));
    end_at(11s);
    EXPECT_THAT(payloads(), ElementsAre("1", "2", "3", "4", "5", "6", "7", "8", "9", "10"));
    const auto c = counts();
    EXPECT_EQ(c.stored, 4U);
    EXPECT_EQ(c.acknowledged, 10U);
    expect_balance(c);
}

TEST_F(simulated_telemetry_test, of_a_tunnel_is_not_sent_without_a_store) {
    load_duration_ = 10s;
    add_group("position", period_always(1s));
    conditions_ = {make_condition(condition::kind::tunnel, 3s, 4s)};
    begin();
    end_at(11s);
    EXPECT_THAT(payloads(), ElementsAre("1", "2", "3", "8", "9", "10"));
    const auto c = counts();
    EXPECT_EQ(c.unsent, 4U);
    expect_balance(c);
}

TEST_F(simulated_telemetry_test, of_three_days_in_a_garage_is_bounded) {
    load_duration_ = 4 * 24h;
    options_.telemetry.store = telemetry::store_options{.messages = 100, .age = 0s};
    add_group("position", period_always(10min));
    conditions_ = {make_condition(condition::kind::garage, 12h, 3 * 24h)};
    begin();
    end_at(load_duration_ + 1h);
    const auto c = counts();
    EXPECT_EQ(c.due, 576U);
    EXPECT_EQ(c.stored, 432U);
    EXPECT_EQ(c.overwritten, 332U);
    EXPECT_EQ(c.reissued, 100U);
    expect_balance(c);
}

TEST_F(simulated_telemetry_test, of_an_outage_comes_when_the_broker_is_back) {
    load_duration_ = 20s;
    options_.telemetry.store = telemetry::store_options{};
    options_.reconnect.base = 100ms;
    options_.reconnect.cap = 1s;
    add_group("position", period_always(1s));
    conditions_ = {make_condition(condition::kind::outage, 5s, 5s)};
    begin(50);
    run_to(5s);
    fleet_->on_broker_down(0, 0);
    run_to(10s);
    EXPECT_THAT(telemetry_received_, SizeIs(50 * 5));
    fleet_->on_broker_up(0);
    end_at(25s);
    auto taken = fleet_->take_counts();
    const auto& c = taken.telemetry[0];
    EXPECT_EQ(c.due, 1'000U);
    EXPECT_EQ(c.acknowledged, 1'000U) << "none is lost";
    EXPECT_EQ(taken.backlogs.begun, 50U);
    EXPECT_EQ(taken.backlogs.drained.count(), 50U);
    expect_balance(c);
}

TEST_F(simulated_telemetry_test, on_a_slow_link_is_acknowledged_after_both_ways) {
    load_duration_ = 10s;
    add_group("position", period_always(1s));
    auto slow = make_condition(condition::kind::slow, 0s, 100s);
    slow.added_delay = exactly(200ms);
    conditions_ = {slow};
    begin();
    end_at(12s);
    const auto c = counts();
    EXPECT_EQ(c.acknowledged, 10U);
    EXPECT_NEAR(milliseconds(c.publish.percentile(50)), 400, 10);
    expect_balance(c);
}

TEST_F(simulated_telemetry_test, in_flight_when_a_session_ends_is_sent_again) {
    load_duration_ = 10s;
    options_.telemetry.store = telemetry::store_options{};
    options_.mqtt.session.clean_start = true;
    add_group("position", period_always(1s));
    auto slow = make_condition(condition::kind::slow, 0s, 100s);
    slow.added_delay = exactly(2'500ms);
    conditions_ = {slow, make_condition(condition::kind::garage, 5s, 2s)};
    begin();
    end_at(60s);
    const auto c = counts();
    EXPECT_EQ(c.acknowledged, 10U);
    EXPECT_EQ(c.unacknowledged, 0U);
    EXPECT_GT(c.reissued, c.stored) << "those as well that were in flight";
    expect_balance(c);
}

TEST_F(simulated_telemetry_test, of_a_vehicle_that_sleeps_waits_until_it_wakes) {
    load_duration_ = 10s;
    options_.telemetry.store = telemetry::store_options{};
    auto sleeper = make_behaviour({});
    sleeper.asleep = vehicle::sleep{};
    sleeper.asleep->wakeup_delay = exactly(0s);
    sleeper.asleep->stays_awake = 100s;
    behaviours_ = {sleeper};
    add_group("position", period_always(1s));
    begin();
    run_to(5s);
    EXPECT_THAT(telemetry_received_, IsEmpty());
    EXPECT_FALSE(fleet_->awaits_telemetry()) << "it does not come back by itself";
    fleet_->wake(vehicle_id{0});
    end_at(11s);
    EXPECT_THAT(telemetry_received_, SizeIs(10));
    expect_balance(counts());
}

TEST_F(simulated_telemetry_test, of_a_vehicle_that_is_never_online_stays_in_the_store) {
    load_duration_ = 10s;
    options_.telemetry.store = telemetry::store_options{};
    auto absent = make_behaviour({});
    absent.online = false;
    behaviours_ = {absent};
    add_group("position", period_always(1s));
    begin();
    end_at(11s);
    const auto c = counts();
    EXPECT_EQ(c.in_store, 10U);
    expect_balance(c);
}

TEST_F(simulated_telemetry_test, a_day_with_trips_is_the_same_again) {
    options_.trips = example::commuters();
    options_.trips->start = 0h;
    options_.trips->speed = 60;
    load_duration_ = 24min;
    options_.telemetry.store = telemetry::store_options{};
    add_group("position", {.parked = 1h, .driving = 1min, .charging = 10min}, 1,
              R"({"vin":"{vin}","seq":{seq},"at":{now:ms},"speed":{signal.Vehicle.Speed}})");
    conditions_ = {make_condition(condition::kind::tunnel, 8min, 1min)};
    begin(30);
    end_at(load_duration_ + 1s);
    const auto first = std::exchange(telemetry_received_, {});
    const auto counted = counts();
    EXPECT_GT(first.size(), 1'200U);
    expect_balance(counted);

    fleet_.reset();
    time_.set(start);
    wheel_ = std::make_unique<net::timer_wheel>(start);
    remake();
    fleet_->begin_load(start);
    end_at(load_duration_ + 1s);
    EXPECT_EQ(telemetry_received_, first);
    EXPECT_EQ(counts(), counted);
}

} // namespace
