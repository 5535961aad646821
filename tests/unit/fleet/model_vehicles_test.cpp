// The vehicles of a rehearsal: every step of a behaviour, and what becomes of a command, in simulated time.
#include "model_fleet.hpp"

#include <loadsim/base/draw.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/terms.hpp>
#include <loadsim/contract/topics.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/delay.hpp>
#include <loadsim/vehicle/script.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet::modelled;
using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

TEST_F(model_vehicles, do_as_their_behaviour_says) {
    behaviours_ = {behaves({wait_for(20ms), say(word::kind::ack), wait_for(100ms), say(word::kind::executed)})};
    begin();
    EXPECT_EQ(fleet_->size(), 1U);
    EXPECT_EQ(fleet_->online(), 1U);
    EXPECT_EQ(fleet_->asked(), 1U);
    run_to(1s);
    command("r1");
    run_to(2s);
    EXPECT_THAT(told_,
                ElementsAre("delivered r1 at 1000", "acked r1 at 1020", "executed r1 at 1120", "finished r1 at 1120"));
    EXPECT_THAT(words_, ElementsAre("r1 ack #1 at 1020", "r1 final #2 at 1120"));
    EXPECT_THAT(shown_, ElementsAre("down r1 at 1000", "up r1 at 1020", "up r1 at 1120"));
    EXPECT_THAT(topics_, Each(contract::response_topic(vin(0), "r1")));
    EXPECT_EQ(said_[0].sent_us, (1'700'000'000LL + 1) * 1'000'000 + 20'000);
    EXPECT_EQ(said_[0].ts_ms, (1'700'000'000LL + 1) * 1000 + 20) << "the steady clock shows the date";
    EXPECT_TRUE(said_[1].ok);
    EXPECT_EQ(fleet_->received(), 1U);
    EXPECT_EQ(fleet_->published(), 2U);
    EXPECT_THAT(links_, IsEmpty());
    EXPECT_THAT(session_, IsEmpty());
}

/// One row for each step and each thing that a word can get wrong.
TEST_F(model_vehicles, steps) {
    word failed{.what = word::kind::failed, .code = "door_open"};
    word previous{.what = word::kind::executed, .code = {}, .request = word::about::previous};
    word unknown{.what = word::kind::executed, .code = {}, .request = word::about::unknown};
    word other{.what = word::kind::executed, .code = {}, .request = word::about::other};
    word foreign{.what = word::kind::executed, .code = {}, .foreign_vin = true};
    word malformed{.what = word::kind::executed, .code = {}, .payload = word::form::malformed};
    word empty{.what = word::kind::executed, .code = {}, .payload = word::form::empty};
    word oversized{.what = word::kind::executed, .code = {}, .payload = word::form::oversized};
    struct row {
        const char* what;
        std::vector<step> steps;
        std::vector<std::string> words, told; ///< of the second of two commands, at 1 s; `delivered` left out
    };
    const std::vector<row> table{
        {"nothing", {}, {}, {}},
        {"progress", {say(word::kind::running)}, {"r2 running #2 at 1000"}, {}},
        {"failure", {say(failed)}, {"r2 final #2 at 1000"}, {"finished r2 at 1000"}},
        {"execution apart",
         {plain(kind::execute), plain(kind::execute), say(word::kind::executed)},
         {"r2 final #2 at 1000"},
         {"executed r2 at 1000", "executed r2 at 1000", "finished r2 at 1000"}},
        {"silence after an acknowledgement",
         {say(word::kind::ack), plain(kind::drop)},
         {"r2 ack #2 at 1000"},
         {"acked r2 at 1000"}},
        {"result before acknowledgement",
         {say(failed), wait_for(5ms), say(word::kind::ack)},
         {"r2 final #3 at 1000", "r2 ack #4 at 1005"},
         {"finished r2 at 1000", "acked r2 at 1005"}},
        {"the request before", {say(previous)}, {"r1 final #2 at 1000"}, {"executed r2 at 1000"}},
        {"a made-up request",
         {say(unknown)},
         {fmt::format("no-request-of-{}-2 final #2 at 1000", vin(0))},
         {"executed r2 at 1000"}},
        {"another vehicle's, and there is none",
         {say(other)},
         {fmt::format("no-request-of-{}-2 final #2 at 1000", vin(0))},
         {"executed r2 at 1000"}},
        {"another vehicle's VIN", {say(foreign)}, {"r2 final #2 at 1000"}, {"executed r2 at 1000"}},
        {"no JSON", {say(malformed)}, {"unreadable at 1000"}, {"executed r2 at 1000"}},
        {"no bytes", {say(empty)}, {"unreadable at 1000"}, {"executed r2 at 1000"}},
        {"too many bytes", {say(oversized)}, {"unreadable at 1000"}, {"executed r2 at 1000"}},
    };
    for (const auto& r : table) {
        SCOPED_TRACE(r.what);
        behaviours_ = {behaves(r.steps)};
        fleet_.reset();
        had_.clear();
        begin();
        command("r1");
        run_to(1s);
        words_.clear();
        told_.clear();
        command("r2");
        run_to(2s);
        EXPECT_EQ(words_, r.words);
        ASSERT_FALSE(told_.empty());
        EXPECT_EQ(told_.front(), "delivered r2 at 1000");
        told_.erase(told_.begin());
        EXPECT_EQ(told_, r.told);
        EXPECT_EQ(fleet_->online(), 1U);
    }
}

TEST_F(model_vehicles, what_a_word_gets_wrong_is_in_it) {
    word foreign{.what = word::kind::executed, .code = {}, .foreign_vin = true};
    word oversized{.what = word::kind::executed, .code = {}, .payload = word::form::oversized};
    word other{.what = word::kind::executed, .code = {}, .request = word::about::other};
    behaviours_ = {behaves({wait_for(10ms), say(foreign), say(oversized), say(other)})};
    behaviours_.front().clock = -3min;
    begin(2);
    command("mine", 0);
    command("theirs", 1);
    run_to(1s);
    ASSERT_EQ(payloads_.size(), 6U);
    ASSERT_EQ(said_.size(), 4U);
    std::set<std::string> vins, abouts;
    for (const auto& w : said_) {
        EXPECT_EQ(w.ts_ms, (1'700'000'000LL - 180) * 1000 + 10);
        if (!w.vin.empty()) vins.insert(w.vin);
        abouts.insert(w.id);
    }
    EXPECT_EQ(vins, (std::set{vin(0), vin(1)}));
    EXPECT_TRUE(abouts.contains("mine") && abouts.contains("theirs"));
    EXPECT_GT(payloads_[1].size(), contract::payload_limit);
}

TEST_F(model_vehicles, choices_belong_to_the_arrival) {
    step s = plain(kind::choose);
    vehicle::branch early, late;
    early.steps = {wait_for(10ms), say(word::kind::executed)};
    late.steps = {wait_for(20ms), say(word::kind::executed)};
    s.branches = {early, late};
    behaviours_ = {behaves({s})};
    std::set<std::string> seen;
    for (std::uint64_t arrival = 0; arrival < 20; ++arrival) {
        words_.clear();
        fleet_.reset();
        had_.clear();
        begin(3);
        ours_ = {{"r1", arrival_id{arrival}}};
        auto choices = vehicle::draws_of(seed, arrival_id{arrival});
        const auto expected = choices.unit() < 0.5 ? "r1 final #1 at 10" : "r1 final #1 at 20";
        command("r1", static_cast<std::uint32_t>(arrival % 3));
        run_to(1s);
        EXPECT_THAT(words_, ElementsAre(expected)) << "whoever the vehicle is";
        seen.insert(words_.front());
    }
    EXPECT_EQ(seen.size(), 2U);
}

TEST_F(model_vehicles, commands_of_no_arrival_have_choices_of_their_own) {
    auto s = wait_for(0s);
    s.lasts = {vehicle::delay::kind::uniform, 0s, 10s, {}};
    behaviours_ = {behaves({s, say(word::kind::executed)})};
    begin();
    command("stray1");
    command("stray2");
    run_to(20s);
    ASSERT_EQ(words_.size(), 2U);
    draws expected(seed, stream::stray_command, 0);
    const auto first = sample(s.lasts, expected);
    const auto second = sample(s.lasts, expected);
    std::set<std::string> both;
    for (const auto at : {first, second})
        both.insert(fmt::format("{}", std::chrono::ceil<std::chrono::milliseconds>(at).count()));
    std::set<std::string> seen;
    for (const auto& w : words_) seen.insert(w.substr(w.find(" at ") + 4));
    EXPECT_EQ(seen, both);
}

TEST_F(model_vehicles, repeated_command_is_done_again_by_those_that_do_not_look) {
    for (const bool looks : {true, false}) {
        behaviours_ = {behaves({say(word::kind::executed)})};
        behaviours_.front().deduplicates = looks;
        fleet_.reset();
        had_.clear();
        words_.clear();
        begin();
        command("r1");
        command("r1");
        EXPECT_EQ(words_.size(), looks ? 1U : 2U);
        EXPECT_EQ(fleet_->received(), 2U);
    }
}

TEST_F(model_vehicles, malformed_command_is_told) {
    begin();
    fleet_->deliver(vehicle_id{0}, contract::command_topic(vin(0), "horn"), "{", 1, never);
    EXPECT_THAT(told_, ElementsAre("malformed { at 0"));
    EXPECT_THAT(words_, IsEmpty());
}

TEST_F(model_vehicles, disconnect_and_reconnect_steps) {
    struct row {
        vehicle::parting way;
        std::vector<std::string> states;
    };
    const std::vector<row> table{
        {vehicle::parting::clean, {"offline at 10", "online at 60"}},
        {vehicle::parting::abrupt, {"offline at 10", "online at 60"}},
        {vehicle::parting::half_open, {"online at 60"}}, // nobody knows of it
    };
    for (const auto& r : table) {
        behaviours_ = {behaves({say(word::kind::ack), wait_for(10ms), part(r.way), wait_for(50ms),
                                plain(kind::reconnect), say(word::kind::executed)})};
        fleet_.reset();
        had_.clear();
        words_.clear();
        states_.clear();
        links_.clear();
        begin();
        command("r1");
        run_to(30ms);
        EXPECT_EQ(fleet_->online(), 0U);
        EXPECT_EQ(fleet_->reachable(), 0U);
        EXPECT_FALSE(fleet_->reachable(vehicle_id{0}));
        run_to(1s);
        EXPECT_THAT(words_, ElementsAre("r1 ack #1 at 0", "r1 final #2 at 60"));
        EXPECT_THAT(links_, ElementsAre("away at 10", "back at 60"));
        EXPECT_EQ(states_, r.states);
        EXPECT_TRUE(fleet_->reachable(vehicle_id{0}));
        EXPECT_EQ(fleet_->take().sessions.reconnects, 1U);
    }
}

TEST_F(model_vehicles, come_back_when_a_behaviour_that_left_is_over) {
    behaviours_ = {behaves({say(word::kind::executed), part(vehicle::parting::abrupt), wait_for(50ms)})};
    begin();
    command("r1");
    run_to(1s);
    EXPECT_THAT(links_, ElementsAre("away at 0", "back at 50"));
    EXPECT_THAT(session_, ElementsAre(HasSubstr("off line"), "on line at 50"));
}

TEST_F(model_vehicles, word_without_a_session_waits_for_one) {
    behaviours_ = {behaves({part(vehicle::parting::clean), say(word::kind::executed)})};
    begin();
    command("r1");
    run_to(1s);
    EXPECT_THAT(words_, IsEmpty()) << "and this one waits for ever";
    EXPECT_EQ(fleet_->online(), 0U);
}

TEST_F(model_vehicles, session_that_is_taken_over_comes_back_after_a_backoff) {
    behaviours_ = {behaves({plain(kind::takeover, 5s), wait_for(1ms), say(word::kind::executed)})};
    begin();
    command("r1");
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_FALSE(fleet_->reachable(vehicle_id{0}));
    run_to(2s);
    EXPECT_EQ(fleet_->online(), 1U) << "the first wait is within a second";
    EXPECT_EQ(words_.size(), 1U);
    EXPECT_THAT(links_, ElementsAre("away at 0", HasSubstr("back at ")));
    const auto seen = fleet_->take();
    EXPECT_EQ(seen.sessions.dropped, 0U) << "it was meant";
    EXPECT_EQ(seen.sessions.reconnects, 1U);
}

TEST_F(model_vehicles, consumer_that_does_not_read_reads_later_in_order) {
    behaviours_ = {behaves({say(word::kind::ack), plain(kind::stall, 3s)})};
    begin();
    command("r1");
    run_to(1s);
    command("r2");
    command("r3");
    run_to(10s);
    EXPECT_THAT(words_, ElementsAre("r1 ack #1 at 0", "r2 ack #2 at 3000", "r3 ack #3 at 6000"));
    EXPECT_THAT(links_, IsEmpty()) << "its session stands";
}

TEST_F(model_vehicles, do_something_else_once) {
    begin(10);
    auto other = behaves({say(word::kind::ack)});
    fleet_->behave_next(vehicle_id{4}, other);
    command("r0", 3);
    command("r1", 4);
    command("r2", 4);
    EXPECT_THAT(words_, ElementsAre("r0 final #1 at 0", "r1 ack #1 at 0", "r2 final #2 at 0"));
}

TEST_F(model_vehicles, words_have_the_date) {
    manner_.date_ahead = 5s;
    begin();
    command("r1");
    ASSERT_EQ(said_.size(), 1U);
    EXPECT_EQ(said_[0].ts_ms, 1'700'000'005'000);
}

TEST_F(model_vehicles, understand_the_contract_that_they_are_given) {
    contract::options spoken;
    spoken.command.id = "header:X-Id";
    spoken.command.service = "topic[2]";
    terms_ = contract::terms::compile(spoken).value();
    begin();
    fleet_->deliver(vehicle_id{0}, "cars/x/horn", "anything", 1, never, {{"X-Id", "r9"}});
    EXPECT_THAT(words_, ElementsAre("r9 final #1 at 0"));
}

TEST_F(model_vehicles, places_of_the_contract_that_never_fit_are_told) {
    contract::options spoken;
    spoken.command.id = "/nowhere";
    terms_ = contract::terms::compile(spoken).value();
    begin();
    for (int i = 0; i < 30; ++i) command("r" + std::to_string(i));
    const auto misfits = fleet_->misfits();
    ASSERT_EQ(misfits.size(), 1U);
    EXPECT_THAT(misfits[0], HasSubstr("/nowhere"));
    EXPECT_THAT(fleet_->misfits(), IsEmpty()) << "once";
}

TEST_F(model_vehicles, of_a_share_are_every_nth_one) {
    share_ = {1, 3};
    begin(10);
    EXPECT_EQ(fleet_->size(), 3U) << "1, 4 and 7";
    command("r1", 7);
    EXPECT_THAT(topics_, ElementsAre(contract::response_topic(vin(7), "r1")));
}

TEST_F(model_vehicles, that_are_stopped_do_nothing_more) {
    behaviours_ = {behaves({wait_for(1s), say(word::kind::executed)})};
    begin();
    command("r1");
    fleet_->stop();
    run_to(5s);
    EXPECT_THAT(words_, IsEmpty());
    EXPECT_EQ(fleet_->online(), 0U);
}

} // namespace
