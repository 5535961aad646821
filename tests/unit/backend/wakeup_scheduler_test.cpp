// Wake-up triggers for sleeping vehicles: recipients, bearers, times and repetition.
#include "service_core_fixture.hpp"

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

namespace {

/// Triggers are repeated after 2 s.
class wakeup_scheduling : public service_core_fixture {
protected:
    void send_presence(std::string_view payload, std::string_view vin = horn_vin) {
        core->receive(presence_topic(vin), payload);
        core->run();
    }
    void set_asleep(std::string_view bearer, std::string_view vin = horn_vin) {
        send_presence(R"({"state":"asleep","wake":")" + std::string(bearer) + R"("})", vin);
    }
    void set_online() { send_presence(R"({"state":"online"})"); }

    using trigger_list = std::vector<std::pair<std::string, std::string>>;
    const std::pair<std::string, std::string> by_udp{horn_vin, "udp"};
};

} // namespace

TEST_F(wakeup_scheduling, a_vehicle_is_woken_by_its_bearer_when_a_command_is_for_it) {
    set_asleep("udp");
    set_asleep("sms", other_vin);
    EXPECT_TRUE(triggers.empty());
    pending_request();
    EXPECT_EQ(triggers, (trigger_list{by_udp}));
    pending_request(other_vin);
    EXPECT_EQ(triggers.back(), (std::pair{std::string(other_vin), std::string("sms")}));
    EXPECT_EQ(published_commands().size(), 2U) << "published at once: they wait at the broker";
    EXPECT_EQ(core->counts().wakeup.asleep, 2U);
    EXPECT_EQ(core->counts().wakeup.triggers, 2U);
}

TEST_F(wakeup_scheduling, a_vehicle_that_is_not_asleep_is_not_woken) {
    pending_request();
    set_asleep("udp", other_vin);
    send_presence(R"({"state":"offline"})", other_vin);
    pending_request(other_vin);
    advance(5s);
    EXPECT_TRUE(triggers.empty());
}

TEST_F(wakeup_scheduling, triggers_are_repeated_until_the_vehicle_has_acknowledged) {
    set_asleep("udp");
    const auto id = pending_request();
    EXPECT_EQ(core->next_due(), time.now() + 2s);
    advance(2s - 1ns);
    EXPECT_EQ(triggers.size(), 1U);
    advance(1ns);
    EXPECT_EQ(triggers.size(), 2U);
    advance(2s);
    EXPECT_EQ(triggers.size(), 3U);
    send_ack(id);
    advance(10s);
    EXPECT_EQ(triggers.size(), 3U);
}

TEST_F(wakeup_scheduling, triggers_are_repeated_until_the_request_has_ended) {
    set_asleep("udp");
    const auto id = pending_request();
    for (int i = 0; i < 60; ++i) advance(1s);
    EXPECT_EQ(reason_of(id), "timeout");
    EXPECT_EQ(triggers.size(), 5U) << "after 0, 2, 4, 6 and 8 s: at 10 s it is over";
    EXPECT_EQ(core->next_due(), never);
}

TEST_F(wakeup_scheduling, an_awake_vehicle_gets_no_trigger_until_it_sleeps_again) {
    set_asleep("udp");
    pending_request();
    set_online();
    advance(2s);
    EXPECT_EQ(triggers.size(), 1U);
    set_asleep("udp"); // without a response
    advance(2s);
    EXPECT_EQ(triggers.size(), 2U);
}

TEST_F(wakeup_scheduling, a_vehicle_may_fall_asleep_before_the_command_arrives) {
    pending_request();
    set_asleep("udp");
    EXPECT_EQ(triggers, (trigger_list{by_udp}));
    set_asleep("udp"); // repeated presence does not schedule a second trigger
    EXPECT_EQ(triggers.size(), 1U);
    advance(2s);
    EXPECT_EQ(triggers.size(), 2U);
}

TEST_F(wakeup_scheduling, a_vehicle_that_sleeps_after_its_acknowledgement_is_not_woken) {
    send_ack(pending_request());
    set_asleep("udp");
    advance(5s);
    EXPECT_TRUE(triggers.empty());
}

TEST_F(wakeup_scheduling, each_request_schedules_a_trigger) {
    set_asleep("udp");
    send_final(pending_request());
    pending_request();
    EXPECT_EQ(triggers.size(), 2U);
}

TEST_F(wakeup_scheduling, malformed_presence_is_counted) {
    for (const auto* payload :
         {"{", R"({"state":""})", R"({"state":"asleep"})", R"({"state":"asleep","wake":"pigeon"})", R"({"state":7})"})
        send_presence(payload);
    send_presence(R"({"state":"asleep","wake":"udp"})", "not-a-vin");
    EXPECT_EQ(core->counts().wakeup.malformed, 6U);
    EXPECT_EQ(core->counts().wakeup.asleep, 0U);
    EXPECT_EQ(received(), inbound_counts{}) << "no responses";
}

TEST_F(wakeup_scheduling, a_cleared_presence_is_not_asleep) {
    set_asleep("udp");
    send_presence("");
    EXPECT_EQ(core->counts().wakeup.asleep, 0U);
    EXPECT_EQ(core->counts().wakeup.malformed, 0U);
}

TEST_F(wakeup_scheduling, a_repeat_interval_of_zero_does_not_loop_forever) {
    config.wakeup.repeat_interval = 0ns;
    restart();
    set_asleep("udp");
    pending_request();
    EXPECT_EQ(triggers.size(), 1U);
    advance(10ms);
    EXPECT_EQ(triggers.size(), 2U);
}
