// Conditions of the simulated fleet, in simulated time.
#include "simulated_fleet_fixture.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/vehicle/delay.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet::simulation_test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

class simulated_conditions : public simulated_fleet_test {
protected:
    /// Responds at once, and 500 ms later.
    void SetUp() override {
        behaviours_ = {make_behaviour(
            {respond_with(response_step::kind::ack), wait_for(500ms), respond_with(response_step::kind::executed)})};
    }

    /// Sends a command before, during and after the condition.
    void run_through(condition c) {
        conditions_.push_back(std::move(c));
        begin();
        run_to(900ms);
        command("before");
        run_to(2s);
        command("during");
        run_to(8s);
        command("after");
        run_to(20s);
    }
    measure::recovery_counts recovery() {
        const auto seen = fleet_->take_counts();
        EXPECT_EQ(seen.recoveries.size(), 1U);
        return seen.recoveries.empty() ? measure::recovery_counts{} : seen.recoveries.begin()->second;
    }
    void expect_recovery(std::uint64_t affected, nanoseconds within) {
        const auto counted = recovery();
        EXPECT_EQ(counted.affected, affected);
        EXPECT_EQ(counted.recovery_times.count(), affected);
        EXPECT_NEAR(seconds(counted.recovery_times.max()), seconds(within), 0.01 + seconds(within) / 500);
    }
};

TEST_F(simulated_conditions, in_a_tunnel_send_and_receive_nothing_until_its_end) {
    run_through(make_condition(condition::kind::tunnel, 1s, 4s));
    EXPECT_THAT(responses_, ElementsAre("before ack #1 at 900", "before final #2 at 5000", "during ack #3 at 5000",
                                        "during final #4 at 5500", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(events_, testing::Contains("finished before at 1400")) << "it does not know";
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 1000", "reachable at 5000"));
    EXPECT_THAT(condition_events_, ElementsAre("0 at 1000", "0 passed at 5000"));
    EXPECT_THAT(presence_, IsEmpty()) << "on the same connection";
    expect_recovery(1, 4s);
}

TEST_F(simulated_conditions, many_at_once_are_processed_in_slices) {
    for (const bool in_slices : {false, true}) {
        conditions_ = {make_condition(condition::kind::tunnel, 8s, 2s)};
        simulation_.time_sliced = in_slices;
        condition_events_.clear();
        begin(2'500);
        EXPECT_EQ(fleet_->next_condition_event(), nanoseconds{8s});
        run_to(8s);
        EXPECT_EQ(condition_events_.size(), in_slices ? 500U : 2'500U);
        run_to(8s + 4ms);
        EXPECT_EQ(condition_events_.size(), 2'500U);
        run_to(10s + 4ms);
        EXPECT_EQ(condition_events_.size(), 5'000U);
        EXPECT_EQ(fleet_->take_counts().recoveries.begin()->second.recovery_times.count(), 2'500U);
        EXPECT_EQ(stored_vehicles(), 0U);
    }
}

TEST_F(simulated_conditions, in_a_garage_have_no_session) {
    keep_sessions();
    run_through(make_condition(condition::kind::garage, 1s, 4s));
    EXPECT_THAT(responses_,
                ElementsAre("before ack #1 at 900", "during ack #2 at 5000", testing::StartsWith("before final #3 at "),
                            "during final #4 at 5500", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 1000", "reachable at 5000"));
    expect_recovery(1, 4s);
}

TEST_F(simulated_conditions, in_a_garage_are_available) {
    conditions_ = {make_condition(condition::kind::garage, 1s, 4s)};
    begin();
    run_to(2s);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->available(vehicle_id{0})) << "what is sent now waits for it: that is what garages are for";
    EXPECT_EQ(fleet_->available(), 1U);
}

TEST_F(simulated_conditions, reconnect_at_once_after_a_handover) {
    run_through(make_condition(condition::kind::handover, 1s));
    EXPECT_THAT(responses_, ElementsAre("before ack #1 at 900", "before final #2 at 1400", "during ack #3 at 2000",
                                        "during final #4 at 2500", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 1000", "reachable at 1000"));
    EXPECT_THAT(condition_events_, ElementsAre("0 at 1000", "0 passed at 1000"));
    expect_recovery(1, 0s);
}

TEST_F(simulated_conditions, half_open_resend_after_reconnect) {
    keep_sessions();
    run_through(make_condition(condition::kind::half_open, 1s, 4s));
    EXPECT_THAT(responses_, ElementsAre("before ack #1 at 900", "before final #2 at 5000", "during ack #3 at 5000",
                                        "during final #4 at 5500", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(events_, testing::Contains("finished before at 1400"));
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 1000", "reachable at 5000"));
    expect_recovery(1, 4s);
}

TEST_F(simulated_conditions, half_open_lose_everything_without_a_persistent_session) {
    run_through(make_condition(condition::kind::half_open, 1s, 4s));
    EXPECT_THAT(responses_, ElementsAre("before ack #1 at 900", "after ack #3 at 8000", "after final #4 at 8500"));
}

TEST_F(simulated_conditions, half_open_lose_responses_of_qos_0) {
    keep_sessions();
    options_.mqtt.response_qos = mqtt::qos::at_most_once;
    run_through(make_condition(condition::kind::half_open, 1s, 4s));
    EXPECT_THAT(responses_, ElementsAre("before ack #1 at 900", "during ack #3 at 5000", "during final #4 at 5500",
                                        "after ack #5 at 8000", "after final #6 at 8500"));
}

TEST_F(simulated_conditions, on_a_slow_link_have_added_delay) {
    auto slow = make_condition(condition::kind::slow, 1s, 4s);
    slow.added_delay.a = 50ms;
    run_through(slow);
    EXPECT_THAT(responses_, ElementsAre("before ack #1 at 900", "before final #2 at 1450", "during ack #3 at 2100",
                                        "during final #4 at 2600", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(events_, testing::Contains("delivered during at 2050"));
    EXPECT_THAT(reachability_, IsEmpty());
    EXPECT_THAT(fleet_->take_counts().recoveries, IsEmpty());
}

TEST_F(simulated_conditions, on_a_slow_link_have_one_delay_per_occurrence) {
    auto slow = make_condition(condition::kind::slow, 1s, 4s);
    slow.added_delay = {vehicle::delay::kind::uniform, 10ms, 900ms, {}};
    slow.interval = 10s;
    conditions_ = {slow};
    behaviours_ = {make_behaviour({})};
    begin();
    const std::vector<nanoseconds> sent{2s, 3s, 12s};
    std::vector<double> took;
    for (const auto at : sent) {
        run_to(at);
        command(fmt::format("r{}", took.size()));
        run_to(at + 950ms);
        ASSERT_EQ(events_.size(), took.size() + 1);
        took.push_back(std::stod(events_.back().substr(events_.back().find(" at ") + 4)) - milliseconds(at));
    }
    EXPECT_EQ(took[0], took[1]);
    EXPECT_NE(took[0], took[2]) << "drawn anew when it comes again";
}

TEST_F(simulated_conditions, on_a_slow_link_transmit_sequentially) {
    auto slow = make_condition(condition::kind::slow, 1s, 100s);
    slow.bytes_per_second = 1000;
    conditions_ = {slow};
    behaviours_ = {make_behaviour({})};
    begin();
    run_to(2s);
    const auto bytes = backend::command_topic(vin(0), "horn").size() +
                       to_json(backend::command{.id = "r1", .service = "horn", .ts_ms = 0}).size();
    command("r1");
    command("r2");
    run_to(10s);
    EXPECT_THAT(events_, ElementsAre(fmt::format("delivered r1 at {}", 2000 + bytes),
                                     fmt::format("delivered r2 at {}", 2000 + 2 * bytes)));
}

TEST_F(simulated_conditions, lost_responses_use_up_sequence_numbers) {
    auto lossy = make_condition(condition::kind::lossy, 1s, 4s);
    lossy.loss.value = 1;
    run_through(lossy);
    EXPECT_THAT(responses_, ElementsAre("before ack #1 at 900", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(messages_, ElementsAre("down before at 900", "up before at 900", "down during at 2000",
                                       "down after at 8000", "up after at 8000", "up after at 8500"));
    EXPECT_EQ(fleet_->take_counts().messages.published, 3U);
}

TEST_F(simulated_conditions, lose_the_configured_fraction) {
    auto lossy = make_condition(condition::kind::lossy, 1s, 500s);
    lossy.loss.value = 0.3;
    conditions_ = {lossy};
    behaviours_ = {make_behaviour({respond_with(response_step::kind::executed)})};
    begin(10);
    run_to(2s);
    for (int i = 0; i < 2000; ++i) command(fmt::format("r{}", i), static_cast<std::uint32_t>(i % 10));
    EXPECT_NEAR(static_cast<double>(responses_.size()), 1400, 80);
}

TEST_F(simulated_conditions, reconnect_at_once_in_a_reconnect_storm) {
    auto storm = make_condition(condition::kind::reconnect_storm, 1s);
    storm.spread = 2s;
    conditions_ = {storm};
    begin(1000);
    run_to(500ms);
    EXPECT_THAT(reachability_, IsEmpty());
    run_to(2s);
    EXPECT_NEAR(static_cast<double>(reachability_.size()), 2 * 500, 100) << "evenly over two seconds";
    run_to(5s);
    EXPECT_EQ(reachability_.size(), 2000U);
    EXPECT_EQ(fleet_->online(), 1000U);
    const auto counted = recovery();
    EXPECT_EQ(counted.affected, 1000U);
    EXPECT_EQ(counted.recovery_times.count(), 1000U);
}

TEST_F(simulated_conditions, power_on_at_their_time) {
    auto power = make_condition(condition::kind::power_on, 10s);
    power.affected_fraction.value = 0.5;
    power.spread = 10s;
    conditions_ = {power};
    keep_sessions();
    begin(1000);
    EXPECT_NEAR(fleet_->expected_online(), 500, 60);
    EXPECT_EQ(fleet_->online(), fleet_->expected_online());
    EXPECT_EQ(fleet_->available(), fleet_->expected_online()) << "nobody knows the others yet";
    const auto dark = 1000 - fleet_->expected_online();
    EXPECT_EQ(reachability_.size(), dark) << "they are reported as unreachable";
    run_to(15s);
    EXPECT_NEAR(fleet_->online(), 750, 60);
    run_to(21s);
    EXPECT_EQ(fleet_->online(), 1000U);
    const auto seen = fleet_->take_counts();
    EXPECT_EQ(seen.recoveries.begin()->second.affected, dark);
    EXPECT_EQ(seen.recoveries.begin()->second.recovery_times.count(), dark);
    EXPECT_EQ(seen.sessions.reconnects, 0U) << "it is their first session";
    EXPECT_EQ(seen.sessions.connected, dark);
}

TEST_F(simulated_conditions, reconnect_with_backoff_after_a_broker_restart) {
    conditions_ = {make_condition(condition::kind::outage, 1s, 5s)};
    begin(1000);
    run_to(1s);
    fleet_->on_broker_down(0, 0);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_EQ(fleet_->available(), 0U);
    EXPECT_EQ(condition_events_.size(), 1000U);
    EXPECT_EQ(fleet_->states(), measure::vehicle_states{.connecting = 1000});
    run_to(6s);
    EXPECT_EQ(fleet_->online(), 0U);
    fleet_->on_broker_up(0);
    EXPECT_EQ(condition_events_.size(), 2000U);
    EXPECT_EQ(fleet_->online(), 0U) << "they wait for their turn";
    run_to(8s);
    EXPECT_GT(fleet_->online(), 200U);
    EXPECT_LT(fleet_->online(), 1000U);
    run_to(60s);
    EXPECT_EQ(fleet_->online(), 1000U);
    EXPECT_EQ(fleet_->states(), measure::vehicle_states{});
    const auto seen = fleet_->take_counts();
    EXPECT_EQ(seen.sessions.dropped, 0U) << "it was meant";
    EXPECT_EQ(seen.sessions.reconnects, 1000U);
    EXPECT_EQ(seen.sessions.connected, 1000U) << "the first sessions were there from the start";
    EXPECT_GT(seen.sessions.refused, 1000U);
    EXPECT_EQ(seen.recoveries.begin()->second.affected, 1000U);
    EXPECT_EQ(seen.recoveries.begin()->second.recovery_times.count(), 1000U);
    EXPECT_GT(seconds(seen.recoveries.begin()->second.recovery_times.max()), 5);
}

TEST_F(simulated_conditions, reconnect_as_configured) {
    struct row {
        fleet::reconnect_options::kind how;
        double first_ms, last_ms; ///< time of the reconnect
        std::uint64_t refused;    ///< refused connects per vehicle until then
    };
    using enum fleet::reconnect_options::kind;
    const std::vector<row> table{{none, 3000, 3100, 20}, {fixed, 3700, 3700, 1}};
    for (const auto& r : table) {
        options_.reconnect.backoff = r.how;
        options_.reconnect.base = 1350ms;
        conditions_ = {make_condition(condition::kind::outage, 1s, 2s)};
        fleet_.reset();
        reachability_.clear();
        begin(10);
        run_to(1s);
        fleet_->on_broker_down(0, 0);
        run_to(3s);
        fleet_->on_broker_up(0);
        run_to(10s);
        ASSERT_EQ(reachability_.size(), 20U);
        for (std::size_t i = 10; i < 20; ++i) {
            const auto at = std::stod(reachability_[i].substr(reachability_[i].find(" at ") + 4));
            EXPECT_GE(at, r.first_ms);
            EXPECT_LE(at, r.last_ms);
        }
        EXPECT_NEAR(static_cast<double>(fleet_->take_counts().sessions.refused), 10.0 * static_cast<double>(r.refused),
                    10);
    }
}

TEST_F(simulated_conditions, keep_their_session_while_the_broker_is_frozen) {
    conditions_ = {make_condition(condition::kind::outage, 1s, 5s)};
    conditions_.front().mode = condition::outage_mode::freeze;
    begin();
    run_to(900ms);
    command("before");
    run_to(1s);
    fleet_->on_broker_down(0, 0);
    EXPECT_EQ(fleet_->online(), 1U);
    run_to(6s);
    EXPECT_THAT(responses_, ElementsAre("before ack #1 at 900"));
    fleet_->on_broker_up(0);
    EXPECT_THAT(responses_, ElementsAre("before ack #1 at 900", "before final #2 at 6000"));
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 1000", "reachable at 6000"));
    expect_recovery(1, 5s);
}

TEST_F(simulated_conditions, overlapping_conditions_end_with_the_last_one) {
    keep_sessions();
    conditions_ = {make_condition(condition::kind::tunnel, 1s, 4s), make_condition(condition::kind::garage, 2s, 6s)};
    begin();
    run_to(1500ms);
    command("r1");
    run_to(20s);
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 1000", "reachable at 8000"));
    EXPECT_THAT(responses_, ElementsAre("r1 ack #1 at 8000", "r1 final #2 at 8500"))
        << "what was on its way waits at the broker";
}

TEST_F(simulated_conditions, asleep_wake_up_at_the_end_of_the_garage) {
    behaviours_.front().asleep = vehicle::sleep{.wakeup_delay = exactly(1s)};
    conditions_ = {make_condition(condition::kind::garage, 1s, 9s)};
    begin();
    run_to(2s);
    command("r1");
    fleet_->wake(vehicle_id{0});
    run_to(20s);
    EXPECT_THAT(responses_, ElementsAre("r1 ack #1 at 10000", "r1 final #2 at 10500"));
}

TEST_F(simulated_conditions, woken_in_a_tunnel_connect_at_its_end) {
    behaviours_.front().asleep = vehicle::sleep{.wakeup_delay = exactly(1s)};
    conditions_ = {make_condition(condition::kind::tunnel, 1s, 9s)};
    begin();
    run_to(2s);
    command("r1");
    fleet_->wake(vehicle_id{0});
    run_to(9s);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->available(vehicle_id{0}));
    EXPECT_THAT(presence_, ElementsAre("asleep udp at 0"));
    run_to(20s);
    EXPECT_THAT(responses_, ElementsAre("r1 ack #1 at 10000", "r1 final #2 at 10500"));
    EXPECT_THAT(presence_, ElementsAre("asleep udp at 0", "online at 10000", "asleep udp at 12500"));
}

TEST_F(simulated_conditions, in_a_tunnel_fall_asleep_at_its_end_to_publish_presence) {
    behaviours_.front().asleep = vehicle::sleep{.wakeup_delay = exactly(1s)}; // online from 2 s, for two seconds
    conditions_ = {make_condition(condition::kind::tunnel, 3s, 4s)};
    begin();
    run_to(1s);
    fleet_->wake(vehicle_id{0});
    run_to(20s);
    EXPECT_THAT(presence_, ElementsAre("asleep udp at 0", "online at 2000", "asleep udp at 8000"));
    expect_recovery(1, 4s);
}

TEST_F(simulated_conditions, stay_awake_while_the_broker_is_frozen) {
    behaviours_.front().asleep = vehicle::sleep{.wakeup_delay = exactly(1s)}; // online from 2 s, for two seconds
    conditions_ = {make_condition(condition::kind::outage, 3s, 4s)};
    conditions_.front().mode = condition::outage_mode::freeze;
    begin();
    run_to(1s);
    fleet_->wake(vehicle_id{0});
    run_to(3s);
    fleet_->on_broker_down(0, 0);
    run_to(7s);
    fleet_->on_broker_up(0);
    run_to(20s);
    EXPECT_THAT(presence_, ElementsAre("asleep udp at 0", "online at 2000", "asleep udp at 8000"));
    expect_recovery(1, 4s);
}

TEST_F(simulated_conditions, of_other_segments_are_unaffected) {
    options_.segments = {{"road", {0.5}, "tested"}, {"home", {0.5}, "tested"}};
    behaviours_.push_back(behaviours_.front());
    auto tunnel = make_condition(condition::kind::tunnel, 1s, 1s);
    tunnel.segments = {"road"};
    conditions_ = {tunnel};
    begin(100);
    run_to(5s);
    EXPECT_EQ(condition_events_.size(), 100U) << "half of them, twice told";
}

TEST_F(simulated_conditions, are_released_when_the_condition_has_ended) {
    behaviours_ = {make_behaviour({respond_with(response_step::kind::executed)})};
    conditions_ = {make_condition(condition::kind::tunnel, 1s, 2s), make_condition(condition::kind::slow, 1s, 2s)};
    conditions_[1].added_delay = exactly(10ms);
    begin(100);
    run_to(2s);
    EXPECT_EQ(stored_vehicles(), 100U);
    EXPECT_EQ(fleet_->states(), measure::vehicle_states{.blocked = 100});
    command("r1", 3);
    run_to(4s);
    EXPECT_EQ(stored_vehicles(), 0U);
    EXPECT_EQ(fleet_->states(), measure::vehicle_states{});
    EXPECT_THAT(responses_, testing::SizeIs(1));
}

} // namespace
