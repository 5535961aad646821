// Vehicles that sleep: who is woken, how, when, and how often.
#include "platform_fixture.hpp"

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

namespace {

/// Wakes again after 2 s.
class asleep : public platform_under_test {
protected:
    void presence(std::string_view payload, std::string_view vin = horn_vin) {
        service->receive(contract::presence_topic(vin), payload);
        service->run();
    }
    void sleeps(std::string_view bearer, std::string_view vin = horn_vin) {
        presence(contract::to_json(contract::presence{"asleep", std::string(bearer)}), vin);
    }
    void wakes() { presence(contract::to_json(contract::presence{"online"})); }

    using list = std::vector<std::pair<std::string, std::string>>;
    const std::pair<std::string, std::string> by_udp{horn_vin, "udp"};
};

} // namespace

TEST_F(asleep, a_vehicle_is_woken_by_its_bearer_when_a_command_is_for_it) {
    sleeps("udp");
    sleeps("sms", other_vin);
    EXPECT_TRUE(triggers.empty());
    pending();
    EXPECT_EQ(triggers, (list{by_udp}));
    pending(other_vin);
    EXPECT_EQ(triggers.back(), (std::pair{std::string(other_vin), std::string("sms")}));
    EXPECT_EQ(commands().size(), 2U) << "published at once: they wait at the broker";
    EXPECT_EQ(service->counted().wake.asleep, 2U);
    EXPECT_EQ(service->counted().wake.triggers, 2U);
}

TEST_F(asleep, nobody_is_woken_who_does_not_sleep) {
    pending();
    sleeps("udp", other_vin);
    presence(R"({"state":"offline"})", other_vin);
    pending(other_vin);
    pass(5s);
    EXPECT_TRUE(triggers.empty());
}

TEST_F(asleep, it_is_woken_again_until_it_has_acknowledged) {
    sleeps("udp");
    const auto id = pending();
    EXPECT_EQ(service->next_due(), time.now() + 2s);
    pass(2s - 1ns);
    EXPECT_EQ(triggers.size(), 1U);
    pass(1ns);
    EXPECT_EQ(triggers.size(), 2U);
    pass(2s);
    EXPECT_EQ(triggers.size(), 3U);
    ack(id);
    pass(10s);
    EXPECT_EQ(triggers.size(), 3U);
}

TEST_F(asleep, it_is_woken_again_until_the_request_has_ended) {
    sleeps("udp");
    const auto id = pending();
    for (int i = 0; i < 60; ++i) pass(1s);
    EXPECT_EQ(reason_of(id), "timeout");
    EXPECT_EQ(triggers.size(), 5U) << "after 0, 2, 4, 6 and 8 s: at 10 s it is over";
    EXPECT_EQ(service->next_due(), never);
}

TEST_F(asleep, once_awake_it_is_left_alone_and_not_forgotten) {
    sleeps("udp");
    pending();
    wakes();
    pass(2s);
    EXPECT_EQ(triggers.size(), 1U);
    sleeps("udp"); // without an answer
    pass(2s);
    EXPECT_EQ(triggers.size(), 2U);
}

TEST_F(asleep, it_may_have_gone_to_sleep_before_the_command_came) {
    pending();
    sleeps("udp");
    EXPECT_EQ(triggers, (list{by_udp}));
    sleeps("udp"); // said twice is one call
    EXPECT_EQ(triggers.size(), 1U);
    pass(2s);
    EXPECT_EQ(triggers.size(), 2U);
}

TEST_F(asleep, one_that_has_acknowledged_and_then_sleeps_is_not_woken) {
    ack(pending());
    sleeps("udp");
    pass(5s);
    EXPECT_TRUE(triggers.empty());
}

TEST_F(asleep, each_request_calls_anew) {
    sleeps("udp");
    final(pending());
    pending();
    EXPECT_EQ(triggers.size(), 2U);
}

TEST_F(asleep, presence_that_says_nothing_is_counted) {
    for (const auto* payload :
         {"{", R"({"state":""})", R"({"state":"asleep"})", R"({"state":"asleep","wake":"pigeon"})", R"({"state":7})"})
        presence(payload);
    presence(R"({"state":"asleep","wake":"udp"})", "not-a-vin");
    EXPECT_EQ(service->counted().wake.malformed, 6U);
    EXPECT_EQ(service->counted().wake.asleep, 0U);
    EXPECT_EQ(heard(), inbound_figures{}) << "no words";
}

TEST_F(asleep, a_presence_that_is_taken_back_is_none) {
    sleeps("udp");
    presence("");
    EXPECT_EQ(service->counted().wake.asleep, 0U);
    EXPECT_EQ(service->counted().wake.malformed, 0U);
}

TEST_F(asleep, a_pause_of_none_does_not_go_on_for_ever) {
    wanted.wake.again = 0ns;
    restart();
    sleeps("udp");
    pending();
    EXPECT_EQ(triggers.size(), 1U);
    pass(10ms);
    EXPECT_EQ(triggers.size(), 2U);
}
