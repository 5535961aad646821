#include <loadsim/net/reconnect_policy.hpp>

#include <loadsim/net/error.hpp>

#include <gtest/gtest.h>

#include <chrono>

using namespace loadsim;
using namespace std::chrono_literals;
using limit = net::reconnect_policy::start_limit;

namespace {

const std::error_code connect_refused = mqtt::errc::connect_refused;
const std::error_code closed_by_peer = net::errc::closed_by_peer;

} // namespace

TEST(reconnect_policy, returns_to_the_same_broker_after_a_loss_and_to_the_next_after_a_failed_connect) {
    net::reconnect_policy policy(2, limit::all_refused, 2s);
    policy.on_online();
    policy.on_started();
    EXPECT_EQ(policy.on_lost(closed_by_peer, true).wait, 2s);
    EXPECT_EQ(policy.broker(), 0U);
    EXPECT_EQ(policy.on_lost(closed_by_peer, false).wait, 2s) << "only the start tries all at once";
    EXPECT_EQ(policy.broker(), 1U);
    policy.on_online();
    policy.on_lost(mqtt::errc::use_another_server, true);
    EXPECT_EQ(policy.broker(), 0U);
}

TEST(reconnect_policy, start_ends_only_when_every_broker_refuses) {
    net::reconnect_policy policy(2, limit::all_refused, 2s);
    const auto second_at_once = policy.on_lost(connect_refused, false);
    EXPECT_FALSE(second_at_once.start_failed);
    EXPECT_EQ(second_at_once.wait, 0ns);
    EXPECT_FALSE(policy.on_lost(closed_by_peer, false).start_failed) << "may be temporary";
    EXPECT_TRUE(policy.on_lost(connect_refused, false).start_failed);

    net::reconnect_policy patient(1, limit::all_refused, 2s);
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(patient.on_lost(closed_by_peer, false).start_failed);
}

TEST(reconnect_policy, start_of_one_round_ends_after_it) {
    net::reconnect_policy policy(2, limit::one_round, 2s);
    EXPECT_FALSE(policy.on_lost(closed_by_peer, false).start_failed);
    EXPECT_TRUE(policy.on_lost(closed_by_peer, false).start_failed);

    net::reconnect_policy accepted(2, limit::one_round, 2s);
    accepted.on_online();
    EXPECT_TRUE(accepted.on_lost(closed_by_peer, true).start_failed) << "closed at the subscription";
}

TEST(reconnect_policy, reconnects_for_ever_after_the_start) {
    for (const auto which : {limit::all_refused, limit::one_round}) {
        net::reconnect_policy policy(1, which, 2s);
        policy.on_online();
        policy.on_started();
        for (int i = 0; i < 100; ++i) EXPECT_FALSE(policy.on_lost(connect_refused, false).start_failed);
    }
}

TEST(reconnect_policy, clients_that_begin_at_different_brokers_are_spread) {
    net::reconnect_policy policy(3, limit::all_refused, 2s, 5);
    EXPECT_EQ(policy.broker(), 2U);
    EXPECT_EQ(policy.on_lost(closed_by_peer, false).wait, 0ns) << "the others follow at once";
    EXPECT_EQ(policy.broker(), 0U);
    EXPECT_EQ(policy.on_lost(closed_by_peer, false).wait, 0ns);
    EXPECT_EQ(policy.broker(), 1U);
    EXPECT_EQ(policy.on_lost(closed_by_peer, false).wait, 2s) << "back at the first: all have been tried";
    EXPECT_EQ(policy.broker(), 2U);
    policy.set_brokers(2);
    EXPECT_EQ(policy.broker(), 0U) << "a shorter list";
    EXPECT_EQ(policy.on_lost(closed_by_peer, false).wait, 0ns);
    EXPECT_EQ(policy.on_lost(closed_by_peer, false).wait, 2s) << "its rounds end, too";
}

TEST(reconnect_policy, start_ends_when_every_broker_refers_to_another_server) {
    net::reconnect_policy policy(2, limit::all_refused, 2s);
    EXPECT_FALSE(policy.on_lost(mqtt::errc::use_another_server, false).start_failed);
    EXPECT_TRUE(policy.on_lost(mqtt::errc::use_another_server, false).start_failed);
}
