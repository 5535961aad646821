// Outbox across outages: keeps messages worth sending, drops expired ones.
#include "service_core_fixture.hpp"

#include <array>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

using outbox_delivery = service_core_fixture;

TEST_F(outbox_delivery, a_command_waits_for_the_broker_until_its_deadline) {
    core->out().on_connection_lost();
    const auto saved = pending_request();
    advance(9s);
    const auto younger = pending_request(other_vin);
    EXPECT_TRUE(broker.messages.empty());
    EXPECT_EQ(core->counts().outbound.waiting, 2U);
    advance(1s); // the first request has timed out
    core->out().on_connected();
    ASSERT_EQ(published_commands().size(), 1U);
    EXPECT_EQ(published_commands()[0].id, younger);
    EXPECT_EQ(core->counts().outbound.expired, 1U);
    EXPECT_EQ(reason_of(saved), "timeout");
    ASSERT_EQ(published_events().size(), 1U) << "its end waited as well";
    EXPECT_EQ(published_events()[0].id, saved);
}

TEST_F(outbox_delivery, unacknowledged_messages_are_sent_again_in_the_old_order) {
    const auto first = pending_request();
    const auto second = pending_request(other_vin);
    core->out().on_confirmed(broker.messages[0].id);
    core->out().on_connection_lost();
    const auto third = pending_request("5GZCZ43D13S812715");
    EXPECT_EQ(broker.messages.size(), 2U);
    core->out().on_connected();
    ASSERT_EQ(published_commands().size(), 4U);
    EXPECT_EQ(published_commands()[2].id, second);
    EXPECT_EQ(published_commands()[3].id, third);
    EXPECT_EQ(core->counts().outbound.sent_again, 1U);
}

TEST_F(outbox_delivery, a_command_with_a_response_is_not_sent_again) {
    const auto id = pending_request();
    send_ack(id); // the broker had received the command, although its acknowledgement is missing
    core->out().on_connection_lost();
    core->out().on_connected();
    EXPECT_EQ(published_commands().size(), 1U);
    EXPECT_EQ(core->counts().outbound.expired, 1U);
}

TEST_F(outbox_delivery, an_event_is_sent_again_until_acknowledged) {
    send_final(pending_request());
    core->out().on_connection_lost();
    core->out().on_connected();
    EXPECT_EQ(published_events().size(), 2U);
    core->out().on_confirmed(broker.messages.back().id);
    core->out().on_connection_lost();
    core->out().on_connected();
    EXPECT_EQ(published_events().size(), 2U);
}

TEST_F(outbox_delivery, acknowledgements_from_before_the_connection_loss_are_ignored) {
    pending_request();
    const auto old = broker.messages[0].id;
    core->out().on_connection_lost();
    core->out().on_connected();
    core->out().on_confirmed(old);
    core->out().on_refused(old);
    EXPECT_EQ(core->counts().outbound.unconfirmed, 1U);
    EXPECT_EQ(core->counts().outbound.confirmed, 0U);
    EXPECT_EQ(core->counts().outbound.refused, 0U);
}

TEST_F(outbox_delivery, a_refused_message_is_dropped) {
    pending_request();
    core->out().on_refused(broker.messages[0].id);
    EXPECT_EQ(core->counts().outbound.refused, 1U);
    EXPECT_EQ(core->counts().outbound.waiting, 0U);
    EXPECT_EQ(core->counts().outbound.unconfirmed, 0U);
}

TEST_F(outbox_delivery, keeps_the_order_of_messages_across_losses) {
    restart({.unconfirmed = 2, .waiting = 10});
    const std::array vins{std::string(horn_vin), std::string(other_vin), std::string("5GZCZ43D13S812715")};
    for (const auto& vin : vins) pending_request(vin); // the window is full: the third waits
    for (int loss = 0; loss < 2; ++loss) {
        core->out().on_connection_lost();
        core->out().on_connected();
    }
    core->out().on_confirmed(broker.messages.back().id); // opens the window
    std::vector<std::string> topics;
    for (const auto& m : broker.messages) topics.push_back(m.topic);
    ASSERT_EQ(topics.size(), 7U);
    for (std::size_t i = 0; i < 6; ++i) EXPECT_NE(topics[i].find(vins[i % 2]), std::string::npos) << i << topics[i];
    EXPECT_NE(topics[6].find(vins[2]), std::string::npos) << topics[6];
}

TEST_F(outbox_delivery, keeps_a_send_window_and_continues_when_it_opens) {
    restart({.unconfirmed = 1, .waiting = 10});
    pending_request();
    pending_request(other_vin);
    EXPECT_EQ(broker.messages.size(), 1U);
    core->out().on_confirmed(broker.messages[0].id);
    EXPECT_EQ(broker.messages.size(), 2U);
    EXPECT_EQ(core->counts().outbound.confirmed, 1U);
}

TEST_F(outbox_delivery, a_message_that_cannot_be_sent_now_is_tried_again) {
    broker.accepts = false;
    pending_request();
    EXPECT_EQ(core->counts().outbound.waiting, 1U);
    EXPECT_EQ(core->counts().outbound.unconfirmed, 0U);
    broker.accepts = true;
    core->run();
    EXPECT_EQ(published_commands().size(), 1U);
}

// Whole seconds, rounded down, at least 1: the rest of the 10 s in which a vehicle may acknowledge.
TEST_F(outbox_delivery, a_command_expires_at_the_broker_when_its_request_does) {
    pending_request();
    core->out().on_connection_lost();
    advance(7'300ms);
    core->out().on_connected();
    ASSERT_EQ(broker.messages.size(), 2U);
    EXPECT_EQ(broker.messages[0].expires_in_s, 10U);
    EXPECT_EQ(broker.messages[1].expires_in_s, 2U) << "3 would outlive the deadline";
    advance(2'600ms);
    core->out().on_connection_lost();
    core->out().on_connected();
    EXPECT_EQ(broker.messages.back().expires_in_s, 1U) << "0 would be never";
    advance(100ms);
    ASSERT_EQ(published_events().size(), 1U);
    EXPECT_EQ(broker.messages.back().expires_in_s, 0U) << "an event never does";
}

TEST_F(outbox_delivery, a_command_without_an_end_never_expires) {
    config.services = {{"horn", {.created = 1s, .pending = nanoseconds::max(), .running = 1s}},
                       {"climate", {.created = 1s, .pending = 24h * 365 * 200, .running = 1s}}};
    restart();
    pending_request();
    core->create(other_vin, "climate");
    core->run();
    EXPECT_EQ(broker.messages[0].expires_in_s, 0U);
    EXPECT_EQ(broker.messages[1].expires_in_s, 0U) << "longer than the property can say";
}

TEST_F(outbox_delivery, commands_have_the_configured_qos_and_events_qos_1) {
    for (const auto qos : std::array<std::uint8_t, 3>{0, 1, 2}) {
        broker.messages.clear();
        config.command_qos = qos;
        restart();
        send_final(pending_request());
        ASSERT_EQ(broker.messages.size(), 2U);
        EXPECT_EQ(broker.messages[0].qos, qos);
        EXPECT_EQ(broker.messages[1].qos, 1);
    }
}

TEST_F(outbox_delivery, is_bounded_and_drops_the_oldest) {
    restart({.unconfirmed = 10, .waiting = 2});
    core->out().on_connection_lost();
    pending_request();
    const auto second = pending_request(other_vin);
    const auto third = pending_request("5GZCZ43D13S812715");
    EXPECT_EQ(core->counts().outbound.dropped, 1U);
    core->out().on_connected();
    ASSERT_EQ(published_commands().size(), 2U);
    EXPECT_EQ(published_commands()[0].id, second);
    EXPECT_EQ(published_commands()[1].id, third);
}
