// Real vehicles at a real broker, and everything that the road does to their links.
#include "links.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <utility>

using namespace loadsim;
using namespace loadsim::fleet::linked;
using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::Gt;
using testing::IsEmpty;
using testing::Lt;

namespace {

std::ptrdiff_t open_files() { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); }

TEST_F(links, tunnel_keeps_the_connection_and_delivers_afterwards) {
    behave({executed});
    befall(condition::kind::tunnel, 100ms, 700ms);
    begin();
    run_to(300ms);
    EXPECT_EQ(fleet_->online(), 1U) << "as far as it knows";
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    command("r1");
    command("r2", mqtt::qos::at_most_once);
    run_to(750ms);
    EXPECT_FALSE(delivered("r1"));
    ASSERT_TRUE(until([&] { return heard("r1") && heard("r2"); }));
    EXPECT_THAT(delivered_at_["r1"], Gt(799));
    EXPECT_THAT(words(), ElementsAre("r1", "r2"));
    EXPECT_EQ(opened_.size(), 1U) << "the same connection";
    EXPECT_EQ(closed_, 0);
    EXPECT_THAT(heard_, ElementsAre("away", "back"));
    EXPECT_THAT(struck_, ElementsAre("0 begins", "0 passes"));
    EXPECT_THAT(session_, ElementsAre("tunnel begins", "tunnel ends"));
    EXPECT_EQ(seen().sessions.dropped, 0U);
    expect_recovery(testing::AllOf(Gt(690), Lt(900)));
}

TEST_F(links, word_that_is_said_in_a_tunnel_comes_out_of_it) {
    behave({wait(200ms), executed});
    befall(condition::kind::tunnel, 100ms, 500ms);
    begin();
    command("r1");
    run_to(500ms);
    EXPECT_TRUE(delivered("r1"));
    EXPECT_FALSE(heard("r1"));
    EXPECT_TRUE(until([&] { return heard("r1"); }));
    EXPECT_THAT(ms(), Gt(599));
}

TEST_F(links, tunnel_that_is_longer_than_the_keep_alive_costs_the_connection) {
    behave({wait(100ms), executed});
    keep_sessions();
    options_.mqtt.session.keep_alive = 1s;
    befall(condition::kind::tunnel, 100ms, 2400ms);
    begin();
    command("r1");
    ASSERT_TRUE(until([&] { return fleet_->online() == 0; })) << "no PINGRESP";
    EXPECT_THAT(ms(), testing::AllOf(Gt(1900), Lt(2500)));
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
    EXPECT_EQ(closed_, 0) << "no goodbye gets through";
    ASSERT_TRUE(until([&] { return heard("r1"); })) << "what it has said meanwhile is said again";
    EXPECT_THAT(ms(), Gt(2499)) << "nor a connect";
    EXPECT_EQ(opened_.size(), 2U);
    EXPECT_THAT(session_, Contains("on line, session present"));
    EXPECT_EQ(seen().sessions.dropped, 0U);
}

TEST_F(links, garage_resets_the_connection_and_commands_wait_for_the_session) {
    behave({executed});
    keep_sessions();
    befall(condition::kind::garage, 100ms, 600ms);
    begin();
    ASSERT_TRUE(until([&] { return fleet_->online() == 0; }));
    EXPECT_TRUE(fleet_->reachable(vehicle_id{0})) << "away as it should be";
    ASSERT_TRUE(until([&] { return states().back() == "offline"; })) << "its will";
    command("r1");
    command("r2");
    run_to(650ms);
    EXPECT_EQ(fleet_->online(), 0U);
    ASSERT_TRUE(until([&] { return heard("r2"); }));
    EXPECT_THAT(words(), ElementsAre("r1", "r2"));
    EXPECT_EQ(delivered_["r1"], 1);
    EXPECT_THAT(session_, ElementsAre("garage begins", "off line: garage", "garage ends", "on line, session present"));
    EXPECT_THAT(heard_, ElementsAre("away", "back"));
    EXPECT_EQ(states().back(), "online");
    const auto counts = seen().sessions;
    EXPECT_EQ(counts.dropped, 0U) << "that was on purpose";
    EXPECT_EQ(counts.refused, 0U);
    EXPECT_EQ(counts.reconnects, 1U);
    EXPECT_THAT(counts.reasons, IsEmpty());
    expect_recovery(testing::AllOf(Gt(590), Lt(900)));
}

TEST_F(links, handover_goes_on_from_another_address_with_the_same_session) {
    behave({wait(50ms), executed});
    keep_sessions();
    befall(condition::kind::handover, 100ms, 100ms);
    begin();
    const auto files = open_files();
    run_to(80ms);
    command("r1"); // answered when it is away
    ASSERT_TRUE(until([&] { return heard("r1"); }));
    EXPECT_THAT(opened_, ElementsAre("127.0.0.1", "127.0.0.2"));
    EXPECT_THAT(session_,
                ElementsAre("handover begins", "off line: handover", "handover ends", "on line, session present"));
    EXPECT_THAT(states(), testing::Not(Contains("offline"))) << "nobody has said goodbye, nor died";
    EXPECT_TRUE(until([&] { return open_files() == files; })) << "the connection left behind is closed by the broker";
    EXPECT_EQ(seen().sessions.dropped, 0U);
    EXPECT_EQ(seen().sessions.reconnects, 1U);
}

TEST_F(links, handover_takes_the_next_of_the_addresses_that_there_are) {
    options_.source_addresses = {"127.0.0.7", "127.0.0.8"};
    befall(condition::kind::handover, 100ms);
    begin();
    ASSERT_TRUE(until([&] { return opened_.size() == 2; }));
    EXPECT_EQ((std::set<std::string>(opened_.begin(), opened_.end())),
              (std::set<std::string>{"127.0.0.7", "127.0.0.8"}));
    EXPECT_THAT(struck_, ElementsAre("0 begins", "0 passes"));
}

TEST_F(links, half_open_loses_everything_and_tells_nobody) {
    behave({wait(200ms), executed});
    keep_sessions();
    befall(condition::kind::half_open, 100ms, 600ms);
    befall(condition::kind::tunnel, 120ms, 50ms); // which ends, and lets nothing through all the same
    begin();
    const auto files = open_files();
    command("r1");
    run_to(350ms);
    EXPECT_TRUE(delivered("r1"));
    EXPECT_EQ(fleet_->online(), 1U) << "as far as it knows; and it has said its word";
    command("r2"); // into the old connection
    run_to(650ms);
    EXPECT_FALSE(delivered("r2"));
    EXPECT_THAT(words(), IsEmpty());
    EXPECT_EQ(closed_, 0);
    ASSERT_TRUE(until([&] { return heard("r1") && heard("r2"); })) << "QoS 1, and both sides have the session still";
    EXPECT_THAT(states(), testing::Not(Contains("offline")));
    EXPECT_EQ(opened_.size(), 2U);
    EXPECT_EQ(closed_, 0) << "the first one is left behind";
    EXPECT_THAT(session_, ElementsAre("halfOpen begins", "tunnel begins", "tunnel ends", "halfOpen ends",
                                      "off line: nobody had answered", "on line, session present"));
    EXPECT_TRUE(until([&] { return open_files() == files; }));
    EXPECT_EQ(seen().sessions.dropped, 0U);
}

TEST_F(links, slow_slows_both_ways) {
    behave({executed});
    auto& slow = befall(condition::kind::slow, 0s, 1500ms);
    slow.bytes_per_second = 1000;
    slow.added.a = 200ms;
    begin();
    run_to(20ms);
    command("r1"); // some 70 bytes down, 170 up
    ASSERT_TRUE(until([&] { return heard("r1"); }));
    const auto down = delivered_at_["r1"] - 20;
    EXPECT_THAT(down, testing::AllOf(Gt(250), Lt(450)));
    EXPECT_THAT(ms() - delivered_at_["r1"], testing::AllOf(Gt(300), Lt(550)));
    run_to(1550ms);
    command("r2");
    ASSERT_TRUE(until([&] { return heard("r2"); }));
    EXPECT_THAT(ms(), Lt(1650)) << "as fast as it can again";
    EXPECT_EQ(opened_.size(), 1U);
    EXPECT_THAT(heard_, IsEmpty()) << "it hears all the while";
}

TEST_F(links, lossy_loses_words_that_take_a_number_all_the_same) {
    behave({executed});
    befall(condition::kind::lossy, 0s, 300ms).loss = {1};
    begin();
    run_to(20ms);
    command("r1");
    command("r2");
    run_to(350ms);
    EXPECT_TRUE(delivered("r2"));
    command("r3");
    ASSERT_TRUE(until([&] { return heard("r3"); }));
    EXPECT_THAT(words(), ElementsAre("r3"));
    EXPECT_THAT(numbers(), ElementsAre(3));
}

TEST_F(links, storm_comes_back_at_once) {
    options_.vehicles = 50;
    options_.connect_rate = {5000};
    options_.reconnect.base = options_.reconnect.cap = 60s;
    befall(condition::kind::reconnect_storm, 100ms).within = 200ms;
    begin();
    run_to(310ms);
    ASSERT_TRUE(until([&] { return opened_.size() == 100 && fleet_->online() == 50; }, 1s));
    EXPECT_EQ(std::ranges::count(session_, "off line: reconnectStorm"), 50);
    EXPECT_EQ(seen().recoveries[std::pair(0U, 0U)].back.count(), 50U);
    EXPECT_EQ(seen().sessions.dropped, 0U);
}

TEST_F(links, dark_vehicles_come_when_they_power_on) {
    options_.vehicles = 20;
    options_.connect_rate = {5000};
    auto& c = befall(condition::kind::power_on, 200ms);
    c.within = 100ms;
    c.part = {0.5};
    begin();
    const auto lit = fleet_->online();
    EXPECT_EQ(lit, fleet_->asked());
    EXPECT_THAT(lit, testing::AllOf(Gt(0U), Lt(20U)));
    EXPECT_EQ(fleet_->reachable(), lit);
    run_to(190ms);
    EXPECT_EQ(opened_.size(), lit) << "not even a connect";
    ASSERT_TRUE(until([&] { return fleet_->online() == 20; }));
    EXPECT_EQ(seen().recoveries[std::pair(0U, 0U)].affected, 20 - lit);
    EXPECT_EQ(seen().sessions.reconnects, 0U);
}

TEST_F(links, who_looks_on_sees_every_byte) {
    behave({executed});
    keep_sessions();
    befall(condition::kind::slow, 0s, 200ms).bytes_per_second = 5000;
    befall(condition::kind::garage, 300ms, 50ms);
    begin();
    for (const auto* id : {"r1", "r2", "r3"}) command(id);
    ASSERT_TRUE(until([&] { return heard("r3") && opened_.size() == 2 && fleet_->online() == 1; }));
    EXPECT_EQ(sent_, loop_.moved.bytes_sent);
    EXPECT_EQ(received_, loop_.moved.bytes_received);
    EXPECT_EQ(closed_, 1);
    EXPECT_FALSE(elsewhere_) << "each with the ends that it was opened with";
}

} // namespace
