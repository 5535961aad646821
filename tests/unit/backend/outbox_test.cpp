// Messages through outages: nothing lost that is worth sending, nothing sent that is not.
#include "platform_fixture.hpp"

#include <array>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

using outbox_of = platform_under_test;

TEST_F(outbox_of, a_command_waits_for_the_broker_until_its_deadline) {
    service->out().lost();
    const auto saved = pending();
    pass(9s);
    const auto younger = pending(other_vin);
    EXPECT_TRUE(broker.all.empty());
    EXPECT_EQ(service->counted().outbound.waiting, 2U);
    pass(1s); // the first has timed out meanwhile
    service->out().connected();
    ASSERT_EQ(commands().size(), 1U);
    EXPECT_EQ(commands()[0].id, younger);
    EXPECT_EQ(service->counted().outbound.expired, 1U);
    EXPECT_EQ(reason_of(saved), "timeout");
    ASSERT_EQ(announced().size(), 1U) << "its end waited as well";
    EXPECT_EQ(announced()[0].id, saved);
}

TEST_F(outbox_of, what_the_broker_had_not_acknowledged_goes_again_in_the_old_order) {
    const auto first = pending();
    const auto second = pending(other_vin);
    service->out().confirmed(broker.all[0].handed);
    service->out().lost();
    const auto third = pending("5GZCZ43D13S812715");
    EXPECT_EQ(broker.all.size(), 2U);
    service->out().connected();
    ASSERT_EQ(commands().size(), 4U);
    EXPECT_EQ(commands()[2].id, second);
    EXPECT_EQ(commands()[3].id, third);
    EXPECT_EQ(service->counted().outbound.sent_again, 1U);
}

TEST_F(outbox_of, a_command_that_was_answered_does_not_go_again) {
    const auto id = pending();
    ack(id); // the broker had it, whatever became of its acknowledgement
    service->out().lost();
    service->out().connected();
    EXPECT_EQ(commands().size(), 1U);
    EXPECT_EQ(service->counted().outbound.expired, 1U);
}

TEST_F(outbox_of, an_event_goes_again_until_acknowledged) {
    final(pending());
    service->out().lost();
    service->out().connected();
    EXPECT_EQ(announced().size(), 2U);
    service->out().confirmed(broker.all.back().handed);
    service->out().lost();
    service->out().connected();
    EXPECT_EQ(announced().size(), 2U);
}

TEST_F(outbox_of, acknowledgements_from_before_the_loss_are_not_taken_for_new_ones) {
    pending();
    const auto old = broker.all[0].handed;
    service->out().lost();
    service->out().connected();
    service->out().confirmed(old);
    service->out().failed(old, true);
    EXPECT_EQ(service->counted().outbound.unconfirmed, 1U);
    EXPECT_EQ(service->counted().outbound.confirmed, 0U);
    EXPECT_EQ(service->counted().outbound.refused, 0U);
}

TEST_F(outbox_of, a_refused_message_is_given_up_and_a_broken_one_kept) {
    pending();
    service->out().failed(broker.all[0].handed, true);
    EXPECT_EQ(service->counted().outbound.refused, 1U);
    EXPECT_EQ(service->counted().outbound.waiting, 0U);
    pending(other_vin);
    service->out().failed(broker.all[1].handed, false);
    EXPECT_EQ(service->counted().outbound.waiting, 1U);
    service->run();
    EXPECT_EQ(commands().size(), 3U);
}

TEST_F(outbox_of, keeps_a_window_and_sends_on_as_it_opens) {
    restart({.unconfirmed = 1, .waiting = 10});
    pending();
    pending(other_vin);
    EXPECT_EQ(broker.all.size(), 1U);
    service->out().confirmed(broker.all[0].handed);
    EXPECT_EQ(broker.all.size(), 2U);
    EXPECT_EQ(service->counted().outbound.confirmed, 1U);
}

TEST_F(outbox_of, a_broker_that_takes_nothing_now_is_asked_again) {
    broker.takes = false;
    pending();
    EXPECT_EQ(service->counted().outbound.waiting, 1U);
    EXPECT_EQ(service->counted().outbound.unconfirmed, 0U);
    broker.takes = true;
    service->run();
    EXPECT_EQ(commands().size(), 1U);
}

// In whole seconds, rounded down, at least 1: what is left of the 10 s in which a vehicle may acknowledge.
TEST_F(outbox_of, a_command_expires_at_the_broker_when_its_request_does) {
    pending();
    service->out().lost();
    pass(7'300ms);
    service->out().connected();
    ASSERT_EQ(broker.all.size(), 2U);
    EXPECT_EQ(broker.all[0].expires_in_s, 10U);
    EXPECT_EQ(broker.all[1].expires_in_s, 2U) << "3 would outlive the deadline";
    pass(2'600ms);
    service->out().lost();
    service->out().connected();
    EXPECT_EQ(broker.all.back().expires_in_s, 1U) << "0 would be never";
    pass(100ms);
    ASSERT_EQ(announced().size(), 1U);
    EXPECT_EQ(broker.all.back().expires_in_s, 0U) << "an event never does";
}

TEST_F(outbox_of, a_command_without_an_end_never_expires) {
    wanted.services = {{"horn", {.created = 1s, .pending = nanoseconds::max(), .running = 1s}},
                       {"climate", {.created = 1s, .pending = 24h * 365 * 200, .running = 1s}}};
    restart();
    pending();
    service->create(other_vin, "climate");
    service->run();
    EXPECT_EQ(broker.all[0].expires_in_s, 0U);
    EXPECT_EQ(broker.all[1].expires_in_s, 0U) << "longer than the property can say";
}

TEST_F(outbox_of, commands_go_at_the_qos_that_is_wanted_and_events_at_least_once) {
    for (const auto qos : std::array<std::uint8_t, 3>{0, 1, 2}) {
        broker.all.clear();
        wanted.command_qos = qos;
        restart();
        final(pending());
        ASSERT_EQ(broker.all.size(), 2U);
        EXPECT_EQ(broker.all[0].qos, qos);
        EXPECT_EQ(broker.all[1].qos, 1);
    }
}

TEST_F(outbox_of, is_bounded_and_drops_the_oldest) {
    restart({.unconfirmed = 10, .waiting = 2});
    service->out().lost();
    pending();
    const auto second = pending(other_vin);
    const auto third = pending("5GZCZ43D13S812715");
    EXPECT_EQ(service->counted().outbound.dropped, 1U);
    service->out().connected();
    ASSERT_EQ(commands().size(), 2U);
    EXPECT_EQ(commands()[0].id, second);
    EXPECT_EQ(commands()[1].id, third);
}
