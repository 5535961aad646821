// MQTT fleet and its telemetry: due messages, acknowledgements, blocked links, broker restarts, sessions that are resumed.
#include "mqtt_fleet_platform_fixture.hpp"

#include <csignal>

using namespace loadsim;
using namespace loadsim::fleet::mqtt_fleet_tests;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

class mqtt_fleet_telemetry_test : public mqtt_fleet_test {
protected:
    void record_messages() {
        platform_.on_custom_message = [this](const mqtt::message& m) {
            messages_.emplace_back(m.topic.substr(4, 17), elapsed_ms());
            payloads_.emplace_back(m.payload);
        };
    }
    measure::telemetry_counts counts() { return total_counts().telemetry[0]; }
    measure::telemetry_counts counts_at_end() {
        fleet_->end_load();
        EXPECT_TRUE(run_until([&] { return fleet_->all_telemetry_due() && !fleet_->awaits_telemetry(); }, 10s));
        fleet_->stop();
        const auto c = total_counts().telemetry[0];
        EXPECT_EQ(c.due, c.acknowledged + c.refused + c.unacknowledged + c.unsent + c.errored + c.overwritten +
                             c.expired + c.too_old + c.in_store);
        return c;
    }

    std::vector<std::pair<std::string, double>> messages_; ///< VIN and instant
    std::vector<std::string> payloads_;
};

TEST_F(mqtt_fleet_telemetry_test, is_spread_evenly_over_the_vehicles) {
    options_.vehicles = 20;
    options_.connect_rate = {5000};
    load_duration_ = 800ms;
    add_group(200ms);
    record_messages();
    connect_and_begin_load();
    EXPECT_THAT(messages_, IsEmpty()) << "not before the load";
    run_to(850ms);
    const auto c = counts_at_end();
    ASSERT_TRUE(run_until([&] { return messages_.size() == 80; })) << messages_.size();
    std::map<std::string, int> by_car;
    std::map<int, int> by_window; // of 50 ms
    for (const auto& [car, at] : messages_) ++by_car[car], ++by_window[static_cast<int>(at / 50)];
    EXPECT_EQ(by_car.size(), 20U);
    for (const auto& [car, count] : by_car) EXPECT_EQ(count, 4) << car;
    EXPECT_GE(by_window.size(), 15U);
    EXPECT_GE(loop_.traffic.published, 80U) << "counted as messages";
    EXPECT_EQ(c.acknowledged, 80U);
    EXPECT_EQ(c.publish.count(), 80U);
    EXPECT_LT(c.publish.percentile(50), 100ms);
}

TEST_F(mqtt_fleet_telemetry_test, is_not_sent_while_the_link_is_blocked) {
    load_duration_ = 600ms;
    add_group(100ms);
    record_messages();
    add_condition(condition::kind::tunnel, 150ms, 300ms);
    connect_and_begin_load();
    run_to(650ms);
    const auto c = counts_at_end();
    EXPECT_EQ(c.due, 6U);
    EXPECT_EQ(c.unsent, 3U);
    ASSERT_TRUE(run_until([&] { return payloads_.size() == 3; }));
    EXPECT_EQ(payloads_.back(), "6") << "what it would have said in the tunnel is not said afterwards";
}

TEST_F(mqtt_fleet_telemetry_test, of_a_tunnel_is_re_issued_in_order) {
    load_duration_ = 600ms;
    options_.telemetry.store = telemetry::store_options{};
    add_group(100ms);
    record_messages();
    add_condition(condition::kind::tunnel, 150ms, 300ms);
    connect_and_begin_load();
    run_to(650ms);
    const auto c = counts_at_end();
    EXPECT_EQ(c.stored, 3U);
    EXPECT_EQ(c.acknowledged, 6U);
    ASSERT_TRUE(run_until([&] { return payloads_.size() == 6; }));
    EXPECT_THAT(payloads_, ElementsAre("1", "2", "3", "4", "5", "6"));
}

class broker_restart_with_telemetry : public mqtt_fleet_telemetry_test, public testing::WithParamInterface<bool> {};

TEST_P(broker_restart_with_telemetry, loses_no_message_with_a_store) {
    if (GetParam()) use_persistent_sessions();
    options_.vehicles = 20;
    options_.connect_rate = {5000};
    options_.reconnect.base = 50ms;
    options_.reconnect.cap = 200ms;
    options_.telemetry.store = telemetry::store_options{};
    load_duration_ = 3s;
    add_group(50ms);
    connect_and_begin_load();
    run_to(1s);
    broker_.stop(SIGKILL);
    run_to(2s);
    broker_.start();
    run_to(3100ms);
    const auto c = counts_at_end();
    EXPECT_EQ(c.due, 20U * 60);
    EXPECT_EQ(c.acknowledged, c.due);
    EXPECT_EQ(c.unacknowledged, 0U);
    EXPECT_GT(c.stored, 20U * 15);
    const auto backlogs = total_counts().backlogs;
    EXPECT_GE(backlogs.begun, 20U);
    EXPECT_EQ(backlogs.drained.count(), backlogs.begun);
}

INSTANTIATE_TEST_SUITE_P(sessions, broker_restart_with_telemetry, testing::Bool(),
                         [](const auto& one) { return one.param ? "that_are_kept" : "with_clean_start"; });

TEST_F(mqtt_fleet_telemetry_test, in_flight_is_acknowledged_when_the_broker_answers_again) {
    use_persistent_sessions();
    load_duration_ = 1s;
    add_group(100ms);
    connect_and_begin_load();
    run_to(300ms);
    broker_.signal(SIGSTOP);
    run_to(700ms);
    EXPECT_TRUE(fleet_->awaits_telemetry());
    const auto before = counts();
    EXPECT_LT(before.acknowledged, before.sent);
    broker_.signal(SIGCONT);
    run_to(1100ms);
    const auto c = counts_at_end();
    EXPECT_EQ(c.due, 10U);
    EXPECT_EQ(c.acknowledged, 10U);
    EXPECT_GT(c.publish.max(), 200ms);
}

class packet_limit_that_is_not_announced : public mqtt_fleet_telemetry_test,
                                           public testing::WithParamInterface<bool> {};

/// MQTT 3.1.1: the broker closes the link at each large message.
TEST_P(packet_limit_that_is_not_announced, refuses_large_messages_and_no_others) {
    harness::broker strict("allow_anonymous true\nmax_packet_size 300\n");
    options_.mqtt.session.protocol = mqtt::version::v3_1_1;
    options_.mqtt.session.clean_start = !GetParam();
    options_.reconnect.base = 20ms;
    options_.reconnect.cap = 50ms;
    options_.telemetry.store = telemetry::store_options{};
    load_duration_ = 1s;
    add_group(100ms);
    add_group(500ms, 1, std::string(400, 'x'));
    ASSERT_NO_FATAL_FAILURE(connect(strict));
    ASSERT_TRUE(run_until([&] { return fleet_->online() == fleet_->expected_online(); }));
    begin_load();
    run_to(1100ms);
    const auto small = counts_at_end();
    const auto large = total_counts().telemetry[1];
    EXPECT_EQ(small.acknowledged, small.due);
    EXPECT_EQ(small.due, 10U);
    EXPECT_EQ(large.refused, large.due);
    EXPECT_EQ(large.due, 2U);
    ASSERT_EQ(large.reasons.size(), 1U);
    EXPECT_THAT(large.reasons.begin()->first, testing::HasSubstr("one of 400 bytes"));
    EXPECT_THAT(large.reasons.begin()->first, testing::HasSubstr("max_packet_size"));
}

INSTANTIATE_TEST_SUITE_P(sessions, packet_limit_that_is_not_announced, testing::Bool(),
                         [](const auto& one) { return one.param ? "that_are_kept" : "with_clean_start"; });

TEST_F(mqtt_fleet_telemetry_test, above_the_packet_limit_of_the_broker_ends_the_run) {
    harness::broker strict("allow_anonymous true\nmax_packet_size 300\n");
    add_group(100ms, 1, std::string(400, 'x'));
    ASSERT_NO_FATAL_FAILURE(connect(strict));
    ASSERT_TRUE(run_until([&] { return !fleet_->refusal().empty(); }));
    EXPECT_THAT(fleet_->refusal(), testing::HasSubstr("telemetry message 'group'"));
}

} // namespace
