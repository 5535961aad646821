// Simulated fleet: behaviour steps and command handling, in simulated time.
#include "simulated_fleet_fixture.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/random.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/delay.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet::simulation_test;
using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

TEST_F(simulated_fleet_test, follow_their_behaviour) {
    behaviours_ = {make_behaviour({wait_for(20ms), respond_with(response_step::kind::ack), wait_for(100ms),
                                   respond_with(response_step::kind::executed)})};
    begin();
    EXPECT_EQ(fleet_->size(), 1U);
    EXPECT_EQ(fleet_->online(), 1U);
    EXPECT_EQ(fleet_->expected_online(), 1U);
    run_to(1s);
    command("r1");
    run_to(2s);
    EXPECT_THAT(events_,
                ElementsAre("delivered r1 at 1000", "acked r1 at 1020", "executed r1 at 1120", "finished r1 at 1120"));
    EXPECT_THAT(responses_, ElementsAre("r1 ack #1 at 1020", "r1 final #2 at 1120"));
    EXPECT_THAT(messages_, ElementsAre("down r1 at 1000", "up r1 at 1020", "up r1 at 1120"));
    EXPECT_THAT(topics_, Each(backend::response_topic(vin(0), "r1")));
    EXPECT_EQ(parsed_responses_[0].sent_us, (1'700'000'000LL + 1) * 1'000'000 + 20'000);
    EXPECT_EQ(parsed_responses_[0].ts_ms, (1'700'000'000LL + 1) * 1000 + 20) << "the steady clock shows the date";
    EXPECT_TRUE(parsed_responses_[1].ok);
    const auto messages = fleet_->take_counts().messages;
    EXPECT_EQ(messages.received, 1U);
    EXPECT_EQ(messages.published, 2U);
    EXPECT_THAT(reachability_, IsEmpty());
    EXPECT_THAT(session_events_, IsEmpty());
}

/// One row for each step and each intended error of a response.
TEST_F(simulated_fleet_test, steps) {
    response_step failed{.type = response_step::kind::failed, .code = "door_open"};
    response_step previous{
        .type = response_step::kind::executed, .code = {}, .request = response_step::correlation::previous};
    response_step unknown{
        .type = response_step::kind::executed, .code = {}, .request = response_step::correlation::unknown};
    response_step other{
        .type = response_step::kind::executed, .code = {}, .request = response_step::correlation::other};
    response_step foreign{.type = response_step::kind::executed, .code = {}, .foreign_vin = true};
    response_step malformed{
        .type = response_step::kind::executed, .code = {}, .payload = response_step::corruption::malformed};
    response_step empty{.type = response_step::kind::executed, .code = {}, .payload = response_step::corruption::empty};
    response_step oversized{
        .type = response_step::kind::executed, .code = {}, .payload = response_step::corruption::oversized};
    struct row {
        const char* what;
        std::vector<step> steps;
        std::vector<std::string> words, told; ///< of the second of two commands, at 1 s; without `delivered`
    };
    const std::vector<row> table{
        {"nothing", {}, {}, {}},
        {"progress", {respond_with(response_step::kind::running)}, {"r2 running #2 at 1000"}, {}},
        {"failure", {respond_with(failed)}, {"r2 final #2 at 1000"}, {"finished r2 at 1000"}},
        {"execution apart",
         {simple_step(kind::execute), simple_step(kind::execute), respond_with(response_step::kind::executed)},
         {"r2 final #2 at 1000"},
         {"executed r2 at 1000", "executed r2 at 1000", "finished r2 at 1000"}},
        {"silence after an acknowledgement",
         {respond_with(response_step::kind::ack), simple_step(kind::drop)},
         {"r2 ack #2 at 1000"},
         {"acked r2 at 1000"}},
        {"result before acknowledgement",
         {respond_with(failed), wait_for(5ms), respond_with(response_step::kind::ack)},
         {"r2 final #3 at 1000", "r2 ack #4 at 1005"},
         {"finished r2 at 1000", "acked r2 at 1005"}},
        {"the request before", {respond_with(previous)}, {"r1 final #2 at 1000"}, {"executed r2 at 1000"}},
        {"a made-up request",
         {respond_with(unknown)},
         {fmt::format("no-request-of-{}-2 final #2 at 1000", vin(0))},
         {"executed r2 at 1000"}},
        {"another vehicle's, and there is none",
         {respond_with(other)},
         {fmt::format("no-request-of-{}-2 final #2 at 1000", vin(0))},
         {"executed r2 at 1000"}},
        {"another vehicle's VIN", {respond_with(foreign)}, {"r2 final #2 at 1000"}, {"executed r2 at 1000"}},
        {"no JSON", {respond_with(malformed)}, {"unreadable at 1000"}, {"executed r2 at 1000"}},
        {"no bytes", {respond_with(empty)}, {"unreadable at 1000"}, {"executed r2 at 1000"}},
        {"too many bytes", {respond_with(oversized)}, {"unreadable at 1000"}, {"executed r2 at 1000"}},
    };
    for (const auto& r : table) {
        SCOPED_TRACE(r.what);
        behaviours_ = {make_behaviour(r.steps)};
        fleet_.reset();
        delivered_.clear();
        begin();
        command("r1");
        run_to(1s);
        responses_.clear();
        events_.clear();
        command("r2");
        run_to(2s);
        EXPECT_EQ(responses_, r.words);
        ASSERT_FALSE(events_.empty());
        EXPECT_EQ(events_.front(), "delivered r2 at 1000");
        events_.erase(events_.begin());
        EXPECT_EQ(events_, r.told);
        EXPECT_EQ(fleet_->online(), 1U);
    }
}

TEST_F(simulated_fleet_test, intended_errors_are_in_the_response) {
    response_step foreign{.type = response_step::kind::executed, .code = {}, .foreign_vin = true};
    response_step oversized{
        .type = response_step::kind::executed, .code = {}, .payload = response_step::corruption::oversized};
    response_step other{
        .type = response_step::kind::executed, .code = {}, .request = response_step::correlation::other};
    behaviours_ = {
        make_behaviour({wait_for(10ms), respond_with(foreign), respond_with(oversized), respond_with(other)})};
    behaviours_.front().clock_offset = -3min;
    begin(2);
    command("mine", 0);
    command("theirs", 1);
    run_to(1s);
    ASSERT_EQ(payloads_.size(), 6U);
    ASSERT_EQ(parsed_responses_.size(), 4U);
    std::set<std::string> vins, abouts;
    for (const auto& w : parsed_responses_) {
        EXPECT_EQ(w.ts_ms, (1'700'000'000LL - 180) * 1000 + 10);
        if (!w.vin.empty()) vins.insert(w.vin);
        abouts.insert(w.id);
    }
    EXPECT_EQ(vins, (std::set{vin(0), vin(1)}));
    EXPECT_TRUE(abouts.contains("mine") && abouts.contains("theirs"));
    EXPECT_GT(payloads_[1].size(), contract::payload_limit);
}

TEST_F(simulated_fleet_test, choices_belong_to_the_arrival) {
    step s = simple_step(kind::choose);
    vehicle::branch early, late;
    early.steps = {wait_for(10ms), respond_with(response_step::kind::executed)};
    late.steps = {wait_for(20ms), respond_with(response_step::kind::executed)};
    s.branches = {early, late};
    behaviours_ = {make_behaviour({s})};
    std::set<std::string> seen;
    for (std::uint64_t arrival = 0; arrival < 20; ++arrival) {
        responses_.clear();
        fleet_.reset();
        delivered_.clear();
        begin(3);
        arrivals_ = {{"r1", arrival_id{arrival}}};
        auto choices = vehicle::random_stream_of(seed, arrival_id{arrival});
        const auto expected = choices.unit() < 0.5 ? "r1 final #1 at 10" : "r1 final #1 at 20";
        command("r1", static_cast<std::uint32_t>(arrival % 3));
        run_to(1s);
        EXPECT_THAT(responses_, ElementsAre(expected)) << "whoever the vehicle is";
        seen.insert(responses_.front());
    }
    EXPECT_EQ(seen.size(), 2U);
}

TEST_F(simulated_fleet_test, unsolicited_commands_have_draws_of_their_own) {
    auto s = wait_for(0s);
    s.duration = {vehicle::delay::kind::uniform, 0s, 10s, {}};
    behaviours_ = {make_behaviour({s, respond_with(response_step::kind::executed)})};
    begin();
    command("stray1");
    command("stray2");
    run_to(20s);
    ASSERT_EQ(responses_.size(), 2U);
    random_stream expected(seed, stream_id::unsolicited_command, 0);
    const auto first = sample(s.duration, expected);
    const auto second = sample(s.duration, expected);
    std::set<std::string> both;
    for (const auto at : {first, second})
        both.insert(fmt::format("{}", std::chrono::ceil<std::chrono::milliseconds>(at).count()));
    std::set<std::string> seen;
    for (const auto& w : responses_) seen.insert(w.substr(w.find(" at ") + 4));
    EXPECT_EQ(seen, both);
}

TEST_F(simulated_fleet_test, duplicated_command_is_executed_again_without_deduplication) {
    for (const bool looks : {true, false}) {
        behaviours_ = {make_behaviour({respond_with(response_step::kind::executed)})};
        behaviours_.front().deduplicates = looks;
        fleet_.reset();
        delivered_.clear();
        responses_.clear();
        begin();
        command("r1");
        command("r1");
        EXPECT_EQ(responses_.size(), looks ? 1U : 2U);
        EXPECT_EQ(fleet_->take_counts().messages.received, 2U);
    }
}

TEST_F(simulated_fleet_test, malformed_command_is_reported) {
    begin();
    fleet_->deliver(vehicle_id{0}, {.topic = backend::command_topic(vin(0), "horn"), .payload = "{"});
    EXPECT_THAT(events_, ElementsAre("malformed { at 0"));
    EXPECT_THAT(responses_, IsEmpty());
}

TEST_F(simulated_fleet_test, disconnect_and_reconnect_steps) {
    struct row {
        vehicle::disconnect_kind way;
        std::vector<std::string> states;
    };
    const std::vector<row> table{
        {vehicle::disconnect_kind::clean, {"offline at 10", "online at 60"}},
        {vehicle::disconnect_kind::abrupt, {"offline at 10", "online at 60"}},
        {vehicle::disconnect_kind::half_open, {"online at 60"}}, // no presence is published
    };
    for (const auto& r : table) {
        behaviours_ = {make_behaviour({respond_with(response_step::kind::ack), wait_for(10ms), disconnect_with(r.way),
                                       wait_for(50ms), simple_step(kind::reconnect),
                                       respond_with(response_step::kind::executed)})};
        fleet_.reset();
        delivered_.clear();
        responses_.clear();
        presence_.clear();
        reachability_.clear();
        begin();
        command("r1");
        run_to(30ms);
        EXPECT_EQ(fleet_->online(), 0U);
        EXPECT_EQ(fleet_->available(), 0U);
        EXPECT_FALSE(fleet_->available(vehicle_id{0}));
        run_to(1s);
        EXPECT_THAT(responses_, ElementsAre("r1 ack #1 at 0", "r1 final #2 at 60"));
        EXPECT_THAT(reachability_, ElementsAre("unreachable at 10", "reachable at 60"));
        EXPECT_EQ(presence_, r.states);
        EXPECT_TRUE(fleet_->available(vehicle_id{0}));
        EXPECT_EQ(fleet_->take_counts().sessions.reconnects, 1U);
    }
}

TEST_F(simulated_fleet_test, reconnect_when_a_disconnecting_behaviour_is_over) {
    behaviours_ = {make_behaviour({respond_with(response_step::kind::executed),
                                   disconnect_with(vehicle::disconnect_kind::abrupt), wait_for(50ms)})};
    begin();
    command("r1");
    run_to(1s);
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 0", "reachable at 50"));
    EXPECT_THAT(session_events_, ElementsAre(HasSubstr("offline"), "online at 50"));
}

TEST_F(simulated_fleet_test, response_without_a_session_waits_for_one) {
    behaviours_ = {make_behaviour(
        {disconnect_with(vehicle::disconnect_kind::clean), respond_with(response_step::kind::executed)})};
    begin();
    command("r1");
    run_to(1s);
    EXPECT_THAT(responses_, IsEmpty()) << "and this one waits for ever";
    EXPECT_EQ(fleet_->online(), 0U);
}

TEST_F(simulated_fleet_test, reconnect_after_a_takeover_with_a_backoff) {
    behaviours_ = {
        make_behaviour({simple_step(kind::takeover, 5s), wait_for(1ms), respond_with(response_step::kind::executed)})};
    begin();
    command("r1");
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_FALSE(fleet_->available(vehicle_id{0}));
    run_to(2s);
    EXPECT_EQ(fleet_->online(), 1U) << "the first wait is within a second";
    EXPECT_EQ(responses_.size(), 1U);
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 0", testing::StartsWith("reachable at ")));
    const auto seen = fleet_->take_counts();
    EXPECT_EQ(seen.sessions.dropped, 0U) << "it was meant";
    EXPECT_EQ(seen.sessions.reconnects, 1U);
}

TEST_F(simulated_fleet_test, stalled_consumer_reads_later_in_order) {
    behaviours_ = {make_behaviour({respond_with(response_step::kind::ack), simple_step(kind::stall, 3s)})};
    begin();
    command("r1");
    run_to(1s);
    command("r2");
    command("r3");
    run_to(10s);
    EXPECT_THAT(responses_, ElementsAre("r1 ack #1 at 0", "r2 ack #2 at 3000", "r3 ack #3 at 6000"));
    EXPECT_THAT(reachability_, IsEmpty()) << "its session stands";
}

TEST_F(simulated_fleet_test, use_another_behaviour_once) {
    begin(10);
    auto other = make_behaviour({respond_with(response_step::kind::ack)});
    fleet_->set_next_behaviour(vehicle_id{4}, other);
    command("r0", 3);
    command("r1", 4);
    command("r2", 4);
    EXPECT_THAT(responses_, ElementsAre("r0 final #1 at 0", "r1 ack #1 at 0", "r2 final #2 at 0"));
}

TEST_F(simulated_fleet_test, responses_carry_the_system_time) {
    simulation_.system_offset = 5s;
    begin();
    command("r1");
    ASSERT_EQ(parsed_responses_.size(), 1U);
    EXPECT_EQ(parsed_responses_[0].ts_ms, 1'700'000'005'000);
}

TEST_F(simulated_fleet_test, use_the_given_contract) {
    contract::options spoken;
    spoken.command.id = "header:X-Id";
    spoken.command.service = "topic[2]";
    contract_ = contract::message_contract::compile(spoken).value();
    begin();
    fleet_->deliver(vehicle_id{0}, {.topic = "cars/x/horn", .payload = "anything", .headers = {{"X-Id", "r9"}}});
    EXPECT_THAT(responses_, ElementsAre("r9 final #1 at 0"));
}

TEST_F(simulated_fleet_test, unmatched_fields_of_the_contract_are_reported) {
    contract::options spoken;
    spoken.command.id = "/nowhere";
    contract_ = contract::message_contract::compile(spoken).value();
    begin();
    for (int i = 0; i < 30; ++i) command("r" + std::to_string(i));
    const auto misfits = fleet_->take_unmatched_fields();
    ASSERT_EQ(misfits.size(), 1U);
    EXPECT_THAT(misfits[0], HasSubstr("/nowhere"));
    EXPECT_THAT(fleet_->take_unmatched_fields(), IsEmpty()) << "once";
}

TEST_F(simulated_fleet_test, of_a_partition_are_every_nth_one) {
    share_ = {1, 3};
    begin(10);
    EXPECT_EQ(fleet_->size(), 3U) << "1, 4 and 7";
    command("r1", 7);
    EXPECT_THAT(topics_, ElementsAre(backend::response_topic(vin(7), "r1")));
}

TEST_F(simulated_fleet_test, do_nothing_after_stop) {
    behaviours_ = {make_behaviour({wait_for(1s), respond_with(response_step::kind::executed)})};
    begin();
    command("r1");
    fleet_->stop();
    run_to(5s);
    EXPECT_THAT(responses_, IsEmpty());
    EXPECT_EQ(fleet_->online(), 0U);
}

} // namespace
