// Telemetry publisher: due messages, acknowledgements, sessions, and where each message is counted.
#include "telemetry_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace loadsim::fleet::telemetry_tests;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

namespace {

TEST_F(telemetry_publisher_test, sends_each_message_when_it_is_due_and_counts_its_acknowledgement) {
    begin_with_position(10s);
    run_to(10s);
    ASSERT_THAT(link_->sent_, SizeIs(10));
    const double first = link_->sent_.front().at_ms;
    for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(link_->sent_[i].payload, std::to_string(i + 1));
        EXPECT_EQ(link_->sent_[i].topic, "tlm/position");
        EXPECT_EQ(link_->sent_[i].quality, mqtt::qos::at_least_once);
        EXPECT_NEAR(link_->sent_[i].at_ms, first + 1000.0 * static_cast<double>(i), 1.5);
    }
    EXPECT_TRUE(publisher_->all_due());
    EXPECT_TRUE(publisher_->awaits()) << "PUBACK";
    EXPECT_EQ(counts().acknowledged, 0U);
    acknowledge_all();
    EXPECT_FALSE(publisher_->awaits());
    publisher_->finish();
    EXPECT_EQ(counts().due, 10U);
    EXPECT_EQ(counts().sent, 10U);
    EXPECT_EQ(counts().acknowledged, 10U);
    EXPECT_EQ(counts().bytes, 11U) << "1 to 9, and 10";
    EXPECT_EQ(counts().lag.count(), 10U);
    EXPECT_LE(counts().lag.max(), 1'300us) << "a tick of the timers, and one of the agenda";
    EXPECT_EQ(counts().publish.count(), 10U);
    expect_balance();
}

TEST_F(telemetry_publisher_test, publish_is_from_due_to_acknowledged) {
    begin_with_position(1s);
    run_to(1s);
    run_to(nanoseconds{static_cast<std::int64_t>(link_->sent_.at(0).at_ms * 1e6)} + 1s);
    acknowledge_all();
    EXPECT_NEAR(milliseconds(counts().publish.max()), 1000, 5);
}

TEST_F(telemetry_publisher_test, a_message_without_qos_is_acknowledged_when_it_is_sent) {
    begin_with_position(3s, 1, 0);
    run_to(3s);
    EXPECT_FALSE(publisher_->awaits());
    EXPECT_EQ(counts().sent, 3U);
    EXPECT_EQ(counts().acknowledged, 3U);
    EXPECT_EQ(counts().publish.count(), 0U);
    expect_balance();
}

TEST_F(telemetry_publisher_test, without_a_store_nothing_is_sent_while_the_link_is_down) {
    begin_with_position(10s);
    run_to(4s);
    acknowledge_all();
    go_down();
    run_to(7s);
    come_up();
    run_to(10s);
    acknowledge_all();
    publisher_->finish();
    EXPECT_THAT(payloads(), ElementsAre("1", "2", "3", "4", "8", "9", "10"));
    EXPECT_EQ(counts().unsent, 3U);
    EXPECT_THAT(counts().reasons, ElementsAre(Pair("the link is down, and the fleet has no store", 3)));
    EXPECT_EQ(counts().sent, 7U);
    expect_balance();
}

TEST_F(telemetry_publisher_test, without_a_store_a_session_that_ends_loses_what_is_in_flight) {
    begin_with_position(10s);
    run_to(3s);
    acknowledge(1);
    go_down();
    EXPECT_EQ(counts().unacknowledged, 2U);
    EXPECT_FALSE(publisher_->awaits());
    come_up();
    run_to(10s);
    publisher_->finish();
    EXPECT_EQ(counts().unacknowledged, 9U) << "those as well that are not acknowledged at the end of the run";
    EXPECT_EQ(counts().acknowledged, 1U);
    expect_balance();
}

TEST_F(telemetry_publisher_test, a_refusal_is_counted_by_its_reason) {
    begin_with_position(4s);
    run_to(3s);
    acknowledge(1, first_car, mqtt::reason::not_authorized);
    acknowledge(2, first_car, mqtt::reason::unspecified_error);
    acknowledge(3, first_car, mqtt::reason::no_matching_subscribers);
    link_->error_ = mqtt::errc::refused_by_capability;
    run_to(4s);
    publisher_->finish();
    EXPECT_EQ(counts().refused, 3U);
    EXPECT_EQ(counts().acknowledged, 1U) << "nobody subscribes: the broker has it";
    EXPECT_EQ(counts().sent, 3U);
    EXPECT_THAT(counts().reasons, SizeIs(3));
    expect_balance();
}

TEST_F(telemetry_publisher_test, a_full_queue_of_the_session_without_a_store_is_counted) {
    begin_with_position(2s);
    link_->error_ = mqtt::errc::queue_full;
    run_to(2s);
    publisher_->finish();
    EXPECT_EQ(counts().unsent, 2U);
    EXPECT_THAT(counts().reasons, ElementsAre(Pair(make_error_code(mqtt::errc::queue_full).message(), 2)));
    expect_balance();
}

TEST_F(telemetry_publisher_test, a_payload_that_cannot_be_made_is_errored) {
    load_duration_ = 2s;
    add_group("position", period_always(1s), 1, "{vin}");
    options_.telemetry.groups[0].message.payload.format = contract::payload_options::payload_format::hex;
    begin();
    run_to(2s);
    publisher_->finish();
    EXPECT_EQ(counts().errored, 2U);
    EXPECT_EQ(counts().never_arrived(), 2U);
    EXPECT_THAT(counts().reasons, ElementsAre(Pair(HasSubstr("hex"), 2)));
    expect_balance();
}

TEST_F(telemetry_publisher_test, acknowledgements_of_other_messages_are_not_its_own) {
    begin_with_position(2s, 2);
    run_to(2s);
    EXPECT_FALSE(publisher_->on_published(first_car, 4711, mqtt::reason::success));
    const auto of_other = std::ranges::find(link_->sent_, second_car, &sent_message::vehicle)->packet_id;
    EXPECT_FALSE(publisher_->on_published(first_car, of_other, mqtt::reason::success));
    EXPECT_TRUE(publisher_->on_published(second_car, of_other, mqtt::reason::success));
    EXPECT_FALSE(publisher_->on_published(second_car, of_other, mqtt::reason::success)) << "once";
    EXPECT_EQ(counts().acknowledged, 1U);
}

// Sessions that are resumed.

TEST_F(telemetry_publisher_test, a_session_that_is_resumed_keeps_its_messages) {
    begin_with_position(3s);
    publisher_->set_listener(this);
    link_->resumable_ = true;
    run_to(3s);
    go_down();
    EXPECT_EQ(counts().unacknowledged, 0U);
    EXPECT_TRUE(publisher_->awaits());
    run_to(5s);
    come_up(true);
    EXPECT_THAT(link_->sent_, SizeIs(3)) << "the session itself sends them again";
    EXPECT_THAT(heard_, SizeIs(6)) << "a tap may see them twice";
    EXPECT_EQ(heard_[5], "0/0/3 at 5000");
    for (std::uint16_t id = 1; id <= 3; ++id) acknowledge(id);
    publisher_->finish();
    EXPECT_EQ(counts().acknowledged, 3U);
    expect_balance();
}

TEST_F(telemetry_publisher_test, a_session_that_the_broker_has_lost_gives_its_messages_up) {
    begin_with_position(3s);
    link_->resumable_ = true;
    run_to(3s);
    go_down();
    for (std::uint16_t id = 1; id <= 3; ++id)
        EXPECT_TRUE(publisher_->on_published(first_car, id, mqtt::reason::unspecified_error))
            << "before on_session_begun()";
    come_up(false);
    EXPECT_EQ(counts().refused, 0U);
    EXPECT_EQ(counts().unacknowledged, 3U);
    publisher_->finish();
    expect_balance();
}

TEST_F(telemetry_publisher_test, a_resumed_session_may_no_longer_send_a_message) {
    begin_with_position(1s);
    link_->resumable_ = true;
    run_to(1s);
    go_down();
    acknowledge(1, first_car, mqtt::reason::packet_too_large);
    come_up(true);
    EXPECT_EQ(counts().refused, 1U);
    publisher_->finish();
    expect_balance();
}

TEST_F(telemetry_publisher_test, does_not_wait_for_a_vehicle_that_does_not_come_back) {
    begin_with_position(1s);
    link_->resumable_ = true;
    run_to(1s);
    go_down();
    EXPECT_TRUE(publisher_->awaits());
    link_->gone_.insert(first_car);
    EXPECT_FALSE(publisher_->awaits());
    publisher_->finish();
    EXPECT_EQ(counts().unacknowledged, 1U);
    expect_balance();
}

TEST_F(telemetry_publisher_test, a_session_that_ends_while_a_message_is_sent_loses_it) {
    begin_with_position(3s);
    link_->during_publish_ = [this](vehicle_id v) {
        if (link_->sent_.size() == 2) go_down(v);
    };
    run_to(3s);
    publisher_->finish();
    EXPECT_EQ(counts().sent, 2U);
    EXPECT_EQ(counts().unacknowledged, 2U);
    EXPECT_EQ(counts().unsent, 1U);
    expect_balance();
}

// Order, groups, states, factors, end of the load.

TEST_F(telemetry_publisher_test, a_late_publisher_sends_what_is_due_and_no_more) {
    begin_with_position(100s);
    time_.set(start + 30s); // the loop was blocked
    wheel_->advance(start + 30s);
    run_to(30s);
    EXPECT_EQ(counts().due, 30U);
    EXPECT_GE(counts().lag.max(), 28s) << "that it was late is its lag";
    EXPECT_EQ(link_->sent_.back().payload, "30");
}

TEST_F(telemetry_publisher_test, other_work_runs_between_slices_of_messages) {
    begin_with_position(1s, 2'000);
    time_.set(start + 1s);
    wheel_->advance(start + 1s);
    EXPECT_LT(link_->sent_.size(), 1'000U);
    EXPECT_FALSE(publisher_->all_due());
    run_to(1'100ms);
    EXPECT_THAT(link_->sent_, SizeIs(2'000));
    EXPECT_TRUE(publisher_->all_due());
}

TEST_F(telemetry_publisher_test, each_segment_sends_its_groups) {
    load_duration_ = 10s;
    behaviours_ = {simulation_test::make_behaviour({}), simulation_test::make_behaviour({})};
    options_.segments = {{"city", {0.5}, "tested"}, {"land", {0.5}, "tested"}};
    add_group("position", period_always(1s), 0);
    add_group("battery", period_always(5s), 0);
    add_group("tractor", period_always(2s), 0);
    segment_groups_ = {{0, 1}, {2}};
    begin(20);
    run_to(10s);
    EXPECT_EQ(counts(0).due, 100U);
    EXPECT_EQ(counts(1).due, 20U);
    EXPECT_EQ(counts(2).due, 50U);
    std::map<std::string, std::set<vehicle_id>> by_topic;
    for (const auto& m : link_->sent_) by_topic[m.topic].insert(m.vehicle);
    EXPECT_EQ(by_topic["tlm/position"], by_topic["tlm/battery"]);
    EXPECT_THAT(by_topic["tlm/tractor"], SizeIs(10));
    for (const auto v : by_topic["tlm/tractor"]) EXPECT_FALSE(by_topic["tlm/position"].contains(v));
}

TEST_F(telemetry_publisher_test, a_factor_of_the_load_changes_the_rate) {
    load_duration_ = 30s;
    add_group("position", period_always(1s), 0);
    rate_factors_.set(10s, 4);
    rate_factors_.set(20s, 0);
    begin(10);
    run_to(30s);
    std::vector<int> by_phase(3);
    for (const auto& m : link_->sent_) ++by_phase.at(static_cast<std::size_t>(m.at_ms / 10'000));
    EXPECT_NEAR(by_phase[0], 100, 10);
    EXPECT_NEAR(by_phase[1], 400, 10);
    EXPECT_LE(by_phase[2], 3) << "by a tick of the timers";
    EXPECT_TRUE(publisher_->all_due());
}

TEST_F(telemetry_publisher_test, states_of_the_day_decide_what_is_due) {
    options_.trips = example::commuters();
    options_.trips->start = 0h;
    options_.trips->speed = 3600; // an hour a second
    load_duration_ = 24s;
    add_group("driving", {.parked = {}, .driving = 1min, .charging = {}}, 0, "{signal.Vehicle.Speed}");
    add_group("parked", {.parked = 10min, .driving = {}, .charging = {}}, 0, "{signal.Vehicle.Speed}");
    begin(50);
    run_to(24s);
    EXPECT_GT(counts(0).due, 500U);
    EXPECT_GT(counts(1).due, 2'000U);
    std::size_t moving = 0;
    for (const auto& m : link_->sent_) {
        const double speed = std::stod(m.payload);
        if (m.topic == "tlm/parked") {
            EXPECT_EQ(speed, 0) << m.at_ms;
        }
        if (m.topic == "tlm/driving" && speed > 0) ++moving;
    }
    EXPECT_GT(static_cast<double>(moving), 0.6 * static_cast<double>(counts(0).due)) << "the others are at a stop";
    expect_balance();
}

TEST_F(telemetry_publisher_test, alarms_follow_the_groups) {
    load_duration_ = 100s;
    add_group("position", period_always(10s), 0);
    add_alarm("tyre", {1}, 0);
    begin(10);
    run_to(100s);
    EXPECT_EQ(counts(0).due, 100U);
    EXPECT_NEAR(static_cast<double>(counts(1).due), 1000, 150);
    EXPECT_EQ(std::ranges::count(link_->sent_, "tlm/tyre", &sent_message::topic),
              static_cast<std::ptrdiff_t>(counts(1).due));
    std::map<vehicle_id, std::uint64_t> last;
    for (const auto& m : link_->sent_) {
        if (m.topic == "tlm/tyre") {
            EXPECT_EQ(std::stoull(m.payload), ++last[m.vehicle]);
        }
    }
}

TEST_F(telemetry_publisher_test, nothing_is_due_after_an_early_end_of_the_load) {
    load_duration_ = 100s;
    add_group("position", period_always(1s), 0);
    add_alarm("tyre", {1}, 0);
    begin(10);
    run_to(10s);
    publisher_->end_load();
    const auto sent_by_then = link_->sent_.size();
    EXPECT_TRUE(publisher_->all_due());
    run_to(30s);
    EXPECT_EQ(link_->sent_.size(), sent_by_then);
    EXPECT_EQ(counts(0).due, 100U);
}

TEST_F(telemetry_publisher_test, what_was_due_before_the_end_is_still_sent) {
    begin_with_position(100s, 2'000, 0);
    time_.set(start + 1s); // the loop was blocked
    publisher_->end_load();
    wheel_->advance(start + 1s);
    EXPECT_FALSE(publisher_->all_due());
    run_to(10s);
    EXPECT_TRUE(publisher_->all_due());
    EXPECT_EQ(counts().due, 2'000U);
}

TEST_F(telemetry_publisher_test, a_listener_hears_each_message_that_is_sent) {
    begin_with_position(2s, 1, 0);
    publisher_->set_listener(this);
    run_to(2s);
    ASSERT_THAT(heard_, SizeIs(2));
    EXPECT_TRUE(heard_[0].starts_with("0/0/1 at ")) << heard_[0];
    EXPECT_EQ(sent()[1].substr(1), heard_[1].substr(5));
}

TEST_F(telemetry_publisher_test, values_of_a_message_are_those_of_its_vehicle) {
    load_duration_ = 1s;
    behaviours_ = {simulation_test::make_behaviour({})};
    behaviours_[0].clock_offset = 2h;
    add_group("position", period_always(1s), 2, R"({"vin":"{vin}","n":{index},"at":{now:s},"us":{sent:us}})");
    options_.telemetry.groups[0].message.retain = true;
    options_.telemetry.groups[0].message.expiry = 1h;
    begin();
    run_to(1s);
    ASSERT_THAT(link_->sent_, SizeIs(1));
    const auto& m = link_->sent_[0];
    const auto us = 1'700'000'000'000'000 + static_cast<std::int64_t>(m.at_ms * 1'000 + 0.5);
    EXPECT_EQ(m.payload, fmt::format(R"({{"vin":"{}","n":0,"at":{},"us":{}}})", vin(0), us / 1'000'000 + 7200, us));
    EXPECT_EQ(m.quality, mqtt::qos::exactly_once);
    EXPECT_TRUE(m.retain);
    EXPECT_EQ(m.expiry, 3600U);
}

} // namespace
