// The vehicles of a rehearsal under every condition, in simulated time.
#include "model_fleet.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>
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
using namespace loadsim::fleet::modelled;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

class struck_vehicles : public model_vehicles {
protected:
    /// Answers at once, and half a second later.
    void SetUp() override {
        behaviours_ = {behaves({say(word::kind::ack), wait_for(500ms), say(word::kind::executed)})};
    }

    /// A command before, one while it lasts, and one after.
    void live_through(condition c) {
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
        const auto seen = fleet_->take();
        EXPECT_EQ(seen.recoveries.size(), 1U);
        return seen.recoveries.empty() ? measure::recovery_counts{} : seen.recoveries.begin()->second;
    }
    void expect_recovery(std::uint64_t affected, nanoseconds within) {
        const auto counted = recovery();
        EXPECT_EQ(counted.affected, affected);
        EXPECT_EQ(counted.back.count(), affected);
        EXPECT_NEAR(seconds(counted.back.max()), seconds(within), 0.01 + seconds(within) / 500);
    }
};

TEST_F(struck_vehicles, in_a_tunnel_hear_and_say_nothing_until_its_end) {
    live_through(befalls(condition::kind::tunnel, 1s, 4s));
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "before final #2 at 5000", "during ack #3 at 5000",
                                    "during final #4 at 5500", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(told_, testing::Contains("finished before at 1400")) << "it does not know";
    EXPECT_THAT(links_, ElementsAre("away at 1000", "back at 5000"));
    EXPECT_THAT(struck_, ElementsAre("0 at 1000", "0 passed at 5000"));
    EXPECT_THAT(states_, IsEmpty()) << "on the same connection";
    expect_recovery(1, 4s);
}

TEST_F(struck_vehicles, many_at_once_let_others_do_something_meanwhile) {
    for (const bool in_slices : {false, true}) {
        conditions_ = {befalls(condition::kind::tunnel, 8s, 2s)};
        manner_.in_slices = in_slices;
        struck_.clear();
        begin(2'500);
        EXPECT_EQ(fleet_->next_turn(), nanoseconds{8s});
        run_to(8s);
        EXPECT_EQ(struck_.size(), in_slices ? 500U : 2'500U);
        run_to(8s + 4ms);
        EXPECT_EQ(struck_.size(), 2'500U);
        run_to(10s + 4ms);
        EXPECT_EQ(struck_.size(), 5'000U);
        EXPECT_EQ(fleet_->take().recoveries.begin()->second.back.count(), 2'500U);
        EXPECT_EQ(fleet_->remembered(), 0U);
    }
}

TEST_F(struck_vehicles, in_a_garage_have_no_session) {
    keep_sessions();
    live_through(befalls(condition::kind::garage, 1s, 4s));
    EXPECT_THAT(words_,
                ElementsAre("before ack #1 at 900", "during ack #2 at 5000", testing::StartsWith("before final #3 at "),
                            "during final #4 at 5500", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(links_, ElementsAre("away at 1000", "back at 5000"));
    expect_recovery(1, 4s);
}

TEST_F(struck_vehicles, in_a_garage_can_be_asked) {
    conditions_ = {befalls(condition::kind::garage, 1s, 4s)};
    begin();
    run_to(2s);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0})) << "what is sent now waits for it: that is what garages are for";
    EXPECT_EQ(fleet_->reachable(), 1U);
}

TEST_F(struck_vehicles, change_cells_in_a_blink) {
    live_through(befalls(condition::kind::handover, 1s));
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "before final #2 at 1400", "during ack #3 at 2000",
                                    "during final #4 at 2500", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(links_, ElementsAre("away at 1000", "back at 1000"));
    EXPECT_THAT(struck_, ElementsAre("0 at 1000", "0 passed at 1000"));
    expect_recovery(1, 0s);
}

TEST_F(struck_vehicles, half_open_send_into_the_void_and_again_when_they_are_back) {
    keep_sessions();
    live_through(befalls(condition::kind::half_open, 1s, 4s));
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "before final #2 at 5000", "during ack #3 at 5000",
                                    "during final #4 at 5500", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(told_, testing::Contains("finished before at 1400"));
    EXPECT_THAT(links_, ElementsAre("away at 1000", "back at 5000"));
    expect_recovery(1, 4s);
}

TEST_F(struck_vehicles, half_open_lose_everything_without_a_session_that_is_kept) {
    live_through(befalls(condition::kind::half_open, 1s, 4s));
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "after ack #3 at 8000", "after final #4 at 8500"));
}

TEST_F(struck_vehicles, half_open_lose_words_of_qos_0) {
    keep_sessions();
    options_.mqtt.response_qos = mqtt::qos::at_most_once;
    live_through(befalls(condition::kind::half_open, 1s, 4s));
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "during ack #3 at 5000", "during final #4 at 5500",
                                    "after ack #5 at 8000", "after final #6 at 8500"));
}

TEST_F(struck_vehicles, on_a_slow_link_wait_for_each_byte) {
    auto slow = befalls(condition::kind::slow, 1s, 4s);
    slow.added.a = 50ms;
    live_through(slow);
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "before final #2 at 1450", "during ack #3 at 2100",
                                    "during final #4 at 2600", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(told_, testing::Contains("delivered during at 2050"));
    EXPECT_THAT(links_, IsEmpty());
    EXPECT_THAT(fleet_->take().recoveries, IsEmpty());
}

TEST_F(struck_vehicles, on_a_slow_link_have_one_delay_for_as_long_as_it_lasts) {
    auto slow = befalls(condition::kind::slow, 1s, 4s);
    slow.added = {vehicle::delay::kind::uniform, 10ms, 900ms, {}};
    slow.every = 10s;
    conditions_ = {slow};
    behaviours_ = {behaves({})};
    begin();
    const std::vector<nanoseconds> sent{2s, 3s, 12s};
    std::vector<double> took;
    for (const auto at : sent) {
        run_to(at);
        command(fmt::format("r{}", took.size()));
        run_to(at + 950ms);
        ASSERT_EQ(told_.size(), took.size() + 1);
        took.push_back(std::stod(told_.back().substr(told_.back().find(" at ") + 4)) - milliseconds(at));
    }
    EXPECT_EQ(took[0], took[1]);
    EXPECT_NE(took[0], took[2]) << "drawn anew when it comes again";
}

TEST_F(struck_vehicles, on_a_slow_link_send_one_after_the_other) {
    auto slow = befalls(condition::kind::slow, 1s, 100s);
    slow.bytes_per_second = 1000;
    conditions_ = {slow};
    behaviours_ = {behaves({})};
    begin();
    run_to(2s);
    const auto bytes = contract::command_topic(vin(0), "horn").size() +
                       to_json(contract::command{.id = "r1", .service = "horn", .ts_ms = 0}).size();
    command("r1");
    command("r2");
    run_to(10s);
    EXPECT_THAT(told_, ElementsAre(fmt::format("delivered r1 at {}", 2000 + bytes),
                                   fmt::format("delivered r2 at {}", 2000 + 2 * bytes)));
}

TEST_F(struck_vehicles, that_lose_words_have_used_up_their_numbers) {
    auto lossy = befalls(condition::kind::lossy, 1s, 4s);
    lossy.loss.of_one = 1;
    live_through(lossy);
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "after ack #5 at 8000", "after final #6 at 8500"));
    EXPECT_THAT(shown_, ElementsAre("down before at 900", "up before at 900", "down during at 2000",
                                    "down after at 8000", "up after at 8000", "up after at 8500"));
    EXPECT_EQ(fleet_->published(), 3U);
}

TEST_F(struck_vehicles, lose_the_share_that_the_condition_says) {
    auto lossy = befalls(condition::kind::lossy, 1s, 500s);
    lossy.loss.of_one = 0.3;
    conditions_ = {lossy};
    behaviours_ = {behaves({say(word::kind::executed)})};
    begin(10);
    run_to(2s);
    for (int i = 0; i < 2000; ++i) command(fmt::format("r{}", i), static_cast<std::uint32_t>(i % 10));
    EXPECT_NEAR(static_cast<double>(words_.size()), 1400, 80);
}

TEST_F(struck_vehicles, in_a_storm_are_back_at_once) {
    auto storm = befalls(condition::kind::reconnect_storm, 1s);
    storm.within = 2s;
    conditions_ = {storm};
    begin(1000);
    run_to(500ms);
    EXPECT_THAT(links_, IsEmpty());
    run_to(2s);
    EXPECT_NEAR(static_cast<double>(links_.size()), 2 * 500, 100) << "evenly over two seconds";
    run_to(5s);
    EXPECT_EQ(links_.size(), 2000U);
    EXPECT_EQ(fleet_->online(), 1000U);
    const auto counted = recovery();
    EXPECT_EQ(counted.affected, 1000U);
    EXPECT_EQ(counted.back.count(), 1000U);
}

TEST_F(struck_vehicles, power_on_when_their_time_has_come) {
    auto power = befalls(condition::kind::power_on, 10s);
    power.part.of_one = 0.5;
    power.within = 10s;
    conditions_ = {power};
    keep_sessions();
    begin(1000);
    EXPECT_NEAR(fleet_->asked(), 500, 60);
    EXPECT_EQ(fleet_->online(), fleet_->asked());
    EXPECT_EQ(fleet_->reachable(), fleet_->asked()) << "nobody knows the others yet";
    const auto dark = 1000 - fleet_->asked();
    EXPECT_EQ(links_.size(), dark) << "they are told to be away";
    run_to(15s);
    EXPECT_NEAR(fleet_->online(), 750, 60);
    run_to(21s);
    EXPECT_EQ(fleet_->online(), 1000U);
    const auto seen = fleet_->take();
    EXPECT_EQ(seen.recoveries.begin()->second.affected, dark);
    EXPECT_EQ(seen.recoveries.begin()->second.back.count(), dark);
    EXPECT_EQ(seen.sessions.reconnects, 0U) << "it is their first session";
}

TEST_F(struck_vehicles, lose_a_broker_that_restarts_and_come_back_one_by_one) {
    conditions_ = {befalls(condition::kind::outage, 1s, 5s)};
    begin(1000);
    run_to(1s);
    fleet_->broker_goes(0, 0, condition::outage_way::restart);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_EQ(fleet_->reachable(), 0U);
    EXPECT_EQ(struck_.size(), 1000U);
    run_to(6s);
    EXPECT_EQ(fleet_->online(), 0U);
    fleet_->broker_returns(0);
    EXPECT_EQ(struck_.size(), 2000U);
    EXPECT_EQ(fleet_->online(), 0U) << "they wait for their turn";
    run_to(8s);
    EXPECT_GT(fleet_->online(), 200U);
    EXPECT_LT(fleet_->online(), 1000U);
    run_to(60s);
    EXPECT_EQ(fleet_->online(), 1000U);
    const auto seen = fleet_->take();
    EXPECT_EQ(seen.sessions.dropped, 0U) << "it was meant";
    EXPECT_EQ(seen.sessions.reconnects, 1000U);
    EXPECT_GT(seen.sessions.refused, 1000U);
    EXPECT_EQ(seen.recoveries.begin()->second.affected, 1000U);
    EXPECT_EQ(seen.recoveries.begin()->second.back.count(), 1000U);
    EXPECT_GT(seconds(seen.recoveries.begin()->second.back.max()), 5);
}

TEST_F(struck_vehicles, come_back_as_their_options_say) {
    struct row {
        fleet::reconnect_options::kind how;
        double first_ms, last_ms; ///< when they come back
        std::uint64_t refused;    ///< each of them, until then
    };
    using enum fleet::reconnect_options::kind;
    const std::vector<row> table{{none, 3000, 3100, 20}, {fixed, 3700, 3700, 1}};
    for (const auto& r : table) {
        options_.reconnect.backoff = r.how;
        options_.reconnect.base = 1350ms;
        conditions_ = {befalls(condition::kind::outage, 1s, 2s)};
        fleet_.reset();
        links_.clear();
        begin(10);
        run_to(1s);
        fleet_->broker_goes(0, 0, condition::outage_way::restart);
        run_to(3s);
        fleet_->broker_returns(0);
        run_to(10s);
        ASSERT_EQ(links_.size(), 20U);
        for (std::size_t i = 10; i < 20; ++i) {
            const auto at = std::stod(links_[i].substr(links_[i].find(" at ") + 4));
            EXPECT_GE(at, r.first_ms);
            EXPECT_LE(at, r.last_ms);
        }
        EXPECT_NEAR(static_cast<double>(fleet_->take().sessions.refused), 10.0 * static_cast<double>(r.refused), 10);
    }
}

TEST_F(struck_vehicles, wait_for_a_broker_that_is_frozen) {
    conditions_ = {befalls(condition::kind::outage, 1s, 5s)};
    begin();
    run_to(900ms);
    command("before");
    run_to(1s);
    fleet_->broker_goes(0, 0, condition::outage_way::freeze);
    EXPECT_EQ(fleet_->online(), 1U);
    run_to(6s);
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900"));
    fleet_->broker_returns(0);
    EXPECT_THAT(words_, ElementsAre("before ack #1 at 900", "before final #2 at 6000"));
    EXPECT_THAT(links_, ElementsAre("away at 1000", "back at 6000"));
    expect_recovery(1, 5s);
}

TEST_F(struck_vehicles, that_overlap_end_with_the_last_one) {
    keep_sessions();
    conditions_ = {befalls(condition::kind::tunnel, 1s, 4s), befalls(condition::kind::garage, 2s, 6s)};
    begin();
    run_to(1500ms);
    command("r1");
    run_to(20s);
    EXPECT_THAT(links_, ElementsAre("away at 1000", "back at 8000"));
    EXPECT_THAT(words_, ElementsAre("r1 ack #1 at 8000", "r1 final #2 at 8500"))
        << "what was on its way waits at the broker";
}

TEST_F(struck_vehicles, asleep_wake_when_the_garage_lets_them) {
    behaviours_.front().asleep = vehicle::sleep{.takes = exactly(1s)};
    conditions_ = {befalls(condition::kind::garage, 1s, 9s)};
    begin();
    run_to(2s);
    command("r1");
    fleet_->wake(vehicle_id{0});
    run_to(20s);
    EXPECT_THAT(words_, ElementsAre("r1 ack #1 at 10000", "r1 final #2 at 10500"));
}

TEST_F(struck_vehicles, woken_in_a_tunnel_connect_at_its_end) {
    behaviours_.front().asleep = vehicle::sleep{.takes = exactly(1s)};
    conditions_ = {befalls(condition::kind::tunnel, 1s, 9s)};
    begin();
    run_to(2s);
    command("r1");
    fleet_->wake(vehicle_id{0});
    run_to(9s);
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    EXPECT_THAT(states_, ElementsAre("asleep udp at 0"));
    run_to(20s);
    EXPECT_THAT(words_, ElementsAre("r1 ack #1 at 10000", "r1 final #2 at 10500"));
    EXPECT_THAT(states_, ElementsAre("asleep udp at 0", "online at 10000", "asleep udp at 12500"));
}

TEST_F(struck_vehicles, in_a_tunnel_fall_asleep_at_its_end_for_somebody_has_to_hear_of_it) {
    behaviours_.front().asleep = vehicle::sleep{.takes = exactly(1s)}; // on line from 2 s, for two seconds
    conditions_ = {befalls(condition::kind::tunnel, 3s, 4s)};
    begin();
    run_to(1s);
    fleet_->wake(vehicle_id{0});
    run_to(20s);
    EXPECT_THAT(states_, ElementsAre("asleep udp at 0", "online at 2000", "asleep udp at 8000"));
    expect_recovery(1, 4s);
}

TEST_F(struck_vehicles, stay_awake_while_the_broker_is_frozen) {
    behaviours_.front().asleep = vehicle::sleep{.takes = exactly(1s)}; // on line from 2 s, for two seconds
    conditions_ = {befalls(condition::kind::outage, 3s, 4s)};
    begin();
    run_to(1s);
    fleet_->wake(vehicle_id{0});
    run_to(3s);
    fleet_->broker_goes(0, 0, condition::outage_way::freeze);
    run_to(7s);
    fleet_->broker_returns(0);
    run_to(20s);
    EXPECT_THAT(states_, ElementsAre("asleep udp at 0", "online at 2000", "asleep udp at 8000"));
    expect_recovery(1, 4s);
}

TEST_F(struck_vehicles, of_other_segments_are_left_alone) {
    options_.segments = {{"road", {0.5}, "tested"}, {"home", {0.5}, "tested"}};
    behaviours_.push_back(behaviours_.front());
    auto tunnel = befalls(condition::kind::tunnel, 1s, 1s);
    tunnel.segments = {"road"};
    conditions_ = {tunnel};
    begin(100);
    run_to(5s);
    EXPECT_EQ(struck_.size(), 100U) << "half of them, twice told";
}

TEST_F(struck_vehicles, are_forgotten_when_it_has_passed) {
    behaviours_ = {behaves({say(word::kind::executed)})};
    conditions_ = {befalls(condition::kind::tunnel, 1s, 2s), befalls(condition::kind::slow, 1s, 2s)};
    conditions_[1].added = exactly(10ms);
    begin(100);
    run_to(2s);
    EXPECT_EQ(fleet_->remembered(), 100U);
    command("r1", 3);
    run_to(4s);
    EXPECT_EQ(fleet_->remembered(), 0U);
    EXPECT_THAT(words_, testing::SizeIs(1));
}

} // namespace
