// Telemetry publisher with a store: what waits while a link is down, and how it is re-issued.
#include "telemetry_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace loadsim::fleet::telemetry_tests;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

namespace {

class telemetry_reissue_test : public telemetry_publisher_test {
protected:
    /// A message each second for `length`; the link is down from `down` until `up`.
    void run_with_gap(nanoseconds length, nanoseconds down, nanoseconds up) {
        load_duration_ = length;
        if (options_.telemetry.groups.empty()) add_group("position", period_always(1s));
        begin();
        run_to(down);
        acknowledge_all();
        go_down();
        run_to(up);
        come_up();
    }

    /// The broker acknowledges every 10 ms.
    void run_acknowledging_to(nanoseconds t) {
        while (time_.now() < start + t) {
            run_to(std::min(time_.now() - start + 10ms, t));
            acknowledge_all();
        }
    }
};

TEST_F(telemetry_reissue_test, stored_messages_come_before_live_ones_and_in_order) {
    with_store();
    run_with_gap(12s, 4s, 8s);
    EXPECT_EQ(counts().stored, 4U);
    EXPECT_EQ(backlogs().begun, 1U);
    run_acknowledging_to(12s);
    publisher_->finish();
    EXPECT_THAT(payloads(), ElementsAre("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"));
    EXPECT_EQ(counts().sent, 8U);
    EXPECT_EQ(counts().reissued, 4U);
    EXPECT_EQ(counts().acknowledged, 12U);
    EXPECT_EQ(counts().publish.count(), 8U) << "not of those that were stored";
    EXPECT_EQ(counts().lag.count(), 12U);
    EXPECT_EQ(backlogs().drained.count(), 1U);
    EXPECT_LT(backlogs().drained.max(), 50ms);
    expect_balance();
}

TEST_F(telemetry_reissue_test, live_messages_go_through_the_store_while_older_ones_wait) {
    with_store({.rate = rate{1}});
    run_with_gap(12s, 4s, 8s);
    run_acknowledging_to(12s);
    EXPECT_TRUE(publisher_->awaits());
    EXPECT_LT(link_->sent_.size(), 12U);
    run_acknowledging_to(20s);
    publisher_->finish();
    EXPECT_THAT(payloads(), ElementsAre("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"));
    EXPECT_EQ(counts().stored, 8U) << "four of them while the link was up again";
    EXPECT_EQ(counts().sent, 4U);
    expect_balance();
}

TEST_F(telemetry_reissue_test, interleaved_messages_take_their_share) {
    with_store({.order = reissue_order::interleaved, .share = {0.5}});
    run_with_gap(12s, 4s, 8s);
    run_acknowledging_to(12s);
    EXPECT_THAT(payloads(), ElementsAre("1", "2", "3", "4", "9", "5", "10", "6", "11", "7", "12", "8"));
    publisher_->finish();
    expect_balance();
}

TEST_F(telemetry_reissue_test, at_the_end_of_the_load_interleaved_messages_wait_for_none) {
    with_store({.order = reissue_order::interleaved, .share = {0.5}});
    run_with_gap(8s, 4s, 8s);
    run_acknowledging_to(9s);
    EXPECT_THAT(link_->sent_, SizeIs(4));
    EXPECT_TRUE(publisher_->awaits());
    publisher_->end_load();
    run_acknowledging_to(10s);
    EXPECT_THAT(link_->sent_, SizeIs(8));
    EXPECT_FALSE(publisher_->awaits());
    publisher_->finish();
    expect_balance();
}

TEST_F(telemetry_reissue_test, a_rate_spreads_the_reissue) {
    with_store({.rate = rate{2}});
    run_with_gap(8s, 4s, 8s);
    run_acknowledging_to(20s);
    ASSERT_THAT(link_->sent_, SizeIs(8));
    EXPECT_NEAR(link_->sent_[7].at_ms - link_->sent_[4].at_ms, 1'500, 10);
}

TEST_F(telemetry_reissue_test, the_queue_of_the_session_is_not_flooded) {
    with_store();
    load_duration_ = 50s;
    add_group("position", period_always(1s));
    down_at_begin_ = {first_car};
    begin();
    link_->receive_maximum_ = 3;
    run_to(50s);
    EXPECT_EQ(counts().stored, 50U);
    come_up();
    run_to(60s);
    EXPECT_THAT(link_->sent_, SizeIs(3)) << "as many as the broker takes without an acknowledgement";
    for (std::uint16_t id = 1; id <= 2; ++id) acknowledge(id);
    run_to(61s);
    EXPECT_THAT(link_->sent_, SizeIs(5));
    for (int round = 0; round < 100; ++round) run_acknowledging_to(61s + (round + 1) * 100ms);
    EXPECT_THAT(link_->sent_, SizeIs(50));
    EXPECT_EQ(counts().acknowledged, 50U);
    publisher_->finish();
    expect_balance();
}

TEST_F(telemetry_reissue_test, without_a_small_receive_maximum_some_messages_are_in_flight_at_most) {
    with_store();
    load_duration_ = 1000s;
    add_group("position", period_always(1s));
    down_at_begin_ = {first_car};
    begin();
    run_to(1000s);
    come_up();
    run_to(1010s);
    EXPECT_THAT(link_->sent_, SizeIs(100));
    publisher_->finish();
    EXPECT_EQ(counts().unacknowledged, 100U);
    EXPECT_EQ(counts().in_store, 900U);
    expect_balance();
}

TEST_F(telemetry_reissue_test, a_session_that_ends_gives_its_messages_back_in_order) {
    with_store();
    begin_with_position(10s);
    run_to(3s); // 1 to 3 are in flight
    acknowledge(2);
    go_down();
    EXPECT_EQ(counts().unacknowledged, 0U);
    EXPECT_EQ(backlogs().begun, 1U);
    run_to(5s);
    come_up();
    run_acknowledging_to(10s);
    publisher_->finish();
    EXPECT_THAT(payloads(), ElementsAre("1", "2", "3", "1", "3", "4", "5", "6", "7", "8", "9", "10"));
    EXPECT_EQ(counts().acknowledged, 10U);
    EXPECT_EQ(counts().reissued, 4U);
    EXPECT_EQ(counts().stored, 2U) << "when due";
    expect_balance();
}

TEST_F(telemetry_reissue_test, a_session_that_ends_during_the_reissue_loses_nothing) {
    with_store();
    run_with_gap(8s, 4s, 8s);
    int ended = 0;
    link_->during_publish_ = [&](vehicle_id v) {
        if (link_->sent_.back().payload == "7" && ++ended == 1) go_down(v);
    };
    run_to(8s + 50ms);
    EXPECT_EQ(ended, 1);
    come_up();
    run_acknowledging_to(10s);
    publisher_->finish();
    EXPECT_THAT(payloads(), ElementsAre("1", "2", "3", "4", "5", "6", "7", "5", "6", "7", "8"));
    EXPECT_EQ(counts().acknowledged, 8U);
    EXPECT_EQ(counts().reissued, 7U);
    expect_balance();
}

TEST_F(telemetry_reissue_test, a_session_that_is_resumed_sends_its_messages_once) {
    with_store();
    begin_with_position(6s);
    link_->resumable_ = true;
    run_to(3s);
    go_down();
    EXPECT_EQ(counts().stored, 0U);
    run_to(5s);
    come_up(true);
    run_acknowledging_to(6s);
    publisher_->finish();
    EXPECT_THAT(payloads(), ElementsAre("1", "2", "3", "4", "5", "6")) << "1 to 3 are in the session, not in the store";
    EXPECT_EQ(counts().acknowledged, 6U);
    expect_balance();
}

TEST_F(telemetry_reissue_test, a_session_that_the_broker_has_lost_gives_its_messages_back) {
    with_store();
    begin_with_position(6s);
    link_->resumable_ = true;
    run_to(3s);
    go_down();
    run_to(5s);
    for (std::uint16_t id = 1; id <= 3; ++id)
        EXPECT_TRUE(publisher_->on_published(first_car, id, mqtt::reason::unspecified_error));
    come_up(false);
    run_acknowledging_to(6s);
    publisher_->finish();
    EXPECT_THAT(payloads(), ElementsAre("1", "2", "3", "1", "2", "3", "4", "5", "6"));
    EXPECT_EQ(counts().acknowledged, 6U);
    EXPECT_EQ(counts().refused, 0U);
    expect_balance();
}

TEST_F(telemetry_reissue_test, what_a_session_keeps_stays_in_the_store_at_the_end_of_the_run) {
    with_store();
    begin_with_position(4s);
    link_->resumable_ = true;
    run_to(2s);
    go_down();
    run_to(4s);
    publisher_->finish();
    EXPECT_EQ(counts().in_store, 4U);
    EXPECT_EQ(counts().unacknowledged, 0U);
    expect_balance();
}

TEST_F(telemetry_reissue_test, a_message_that_is_never_acknowledged_is_lost_at_the_end) {
    with_store();
    begin_with_position(2s);
    run_to(4s);
    EXPECT_TRUE(publisher_->awaits());
    publisher_->finish();
    EXPECT_FALSE(publisher_->awaits());
    EXPECT_EQ(counts().unacknowledged, 2U);
    expect_balance();
}

TEST_F(telemetry_reissue_test, a_full_queue_of_the_session_stores_the_message) {
    with_store();
    begin_with_position(3s);
    run_to(1s);
    link_->error_ = mqtt::errc::queue_full;
    run_to(2s);
    link_->error_ = {};
    run_acknowledging_to(4s);
    publisher_->finish();
    EXPECT_THAT(payloads(), ElementsAre("1", "2", "3"));
    EXPECT_GE(counts().stored, 1U);
    EXPECT_EQ(counts().reissued, counts().stored);
    EXPECT_EQ(counts().unsent, 0U);
    expect_balance();
}

TEST_F(telemetry_reissue_test, limits_of_the_store_are_counted_by_group) {
    with_store();
    options_.telemetry.store->messages = 5;
    options_.telemetry.store->age = 0s;
    load_duration_ = 20s;
    add_group("position", period_always(1s));
    add_group("battery", period_always(5s));
    options_.telemetry.groups[1].message.expiry = 2s;
    down_at_begin_ = {first_car};
    begin();
    run_to(23s);
    come_up();
    run_acknowledging_to(25s);
    publisher_->finish();
    EXPECT_EQ(counts(0).due, 20U);
    EXPECT_EQ(counts(1).due, 4U);
    EXPECT_EQ(counts(0).overwritten + counts(1).overwritten, 19U);
    EXPECT_EQ(counts(1).reissued, 0U);
    EXPECT_EQ(counts(1).expired + counts(1).overwritten, 4U);
    EXPECT_EQ(counts(0).acknowledged, counts(0).reissued);
    expect_balance();
}

TEST_F(telemetry_reissue_test, age_and_size_are_counted) {
    with_store();
    options_.telemetry.store->age = 3s;
    options_.telemetry.store->bytes = 100;
    load_duration_ = 4s;
    add_group("position", period_always(1s));
    add_group("large", period_always(2s), 1, std::string(200, 'x'));
    down_at_begin_ = {first_car};
    begin();
    run_to(60s);
    publisher_->finish();
    EXPECT_EQ(counts(0).too_old + counts(0).overwritten, 4U);
    EXPECT_GT(counts(0).too_old, 0U);
    EXPECT_EQ(counts(1).unsent, 2U);
    EXPECT_THAT(counts(1).reasons, ElementsAre(Pair("larger than a limit of the store", 2)));
    expect_balance();
}

TEST_F(telemetry_reissue_test, a_stored_message_keeps_its_properties) {
    with_store();
    load_duration_ = 1s;
    add_group("position", period_always(1s), 2);
    auto& message = options_.telemetry.groups[0].message;
    message.retain = true;
    message.expiry = 1h;
    down_at_begin_ = {first_car};
    begin();
    run_to(601s);
    come_up();
    run_to(602s);
    ASSERT_THAT(link_->sent_, SizeIs(1));
    EXPECT_EQ(link_->sent_[0].quality, mqtt::qos::exactly_once);
    EXPECT_TRUE(link_->sent_[0].retain);
    EXPECT_NEAR(link_->sent_[0].expiry, 3'000, 1) << "what is left of the hour";
}

TEST_F(telemetry_reissue_test, each_issue_is_heard) {
    with_store();
    begin_with_position(3s);
    publisher_->set_listener(this);
    run_to(1s);
    go_down();
    run_to(2s);
    come_up();
    run_acknowledging_to(4s);
    std::vector<std::string> messages;
    for (const auto& h : heard_) messages.push_back(h.substr(0, h.find(' ')));
    EXPECT_THAT(messages, ElementsAre("0/0/1", "0/0/1", "0/0/2", "0/0/3"));
}

TEST_F(telemetry_reissue_test, does_not_wait_for_the_backlog_of_a_vehicle_that_does_not_come_back) {
    with_store();
    load_duration_ = 2s;
    add_group("position", period_always(1s));
    down_at_begin_ = {first_car, second_car};
    begin(2);
    run_to(2s);
    link_->gone_.insert(first_car);
    EXPECT_TRUE(publisher_->awaits());
    link_->gone_.insert(second_car);
    EXPECT_FALSE(publisher_->awaits());
    publisher_->finish();
    EXPECT_EQ(counts().in_store, 4U);
    expect_balance();
}

TEST_F(telemetry_reissue_test, all_vehicles_of_a_fleet_come_back_at_once) {
    with_store();
    begin_with_position(60s, 100);
    run_acknowledging_to(20s);
    for (std::uint32_t v = 0; v < 100; ++v) go_down(vehicle_id{v});
    run_to(50s);
    for (std::uint32_t v = 0; v < 100; ++v) come_up(false, vehicle_id{v});
    run_acknowledging_to(61s);
    publisher_->finish();
    EXPECT_EQ(counts().due, 6'000U);
    EXPECT_EQ(counts().acknowledged, 6'000U);
    EXPECT_EQ(backlogs().drained.count(), 100U);
    expect_balance();
    std::map<vehicle_id, std::uint64_t> last;
    for (const auto& m : link_->sent_) EXPECT_EQ(std::stoull(m.payload), ++last[m.vehicle]) << index(m.vehicle);
}

} // namespace
