// Everything that can go wrong: each is one anomaly of one kind, and nothing else.
#include "one_car.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

using story = std::function<void(one_car&)>;

struct row {
    const char* name;
    story happens;
    std::map<anomaly, std::uint64_t> found; ///< and none else
    bool of_a_request = true;               ///< of ours: its behaviour may mean to bring it about
};

const std::vector<row> table{
    {"all is well",
     [](one_car& c) {
         c.request(1);
         c.answer(1);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(40ms));
     },
     {}},
    {"three observers see the same end",
     [](one_car& c) {
         c.request(1);
         c.answer(1);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(40ms), 2);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(50ms), 0);
         c.request(2, 1s);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(1010ms), 1);
         c.answer(2, 1s);
         c.ledger.ended(c.car, "r2", outcome::executed, "", at(1040ms));
         const auto t = c.ledger.take();
         EXPECT_EQ(t.observers.at(2).first, 1U);
         EXPECT_EQ(t.observers.at(1).first, 0U);
         EXPECT_EQ(t.observers.at(1).ends, 1U);
         EXPECT_EQ(t.observers.at(0).ends, 2U);
         c.keep(t);
     },
     {}},
    {"another observer sees another end, while the answer is waited for and after all is over",
     [](one_car& c) {
         c.begin(1);
         c.ledger.delivered(c.car, "r1", at(2ms));
         c.ledger.finished(c.car, "r1", at(3ms));
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(4ms), 0);
         c.ledger.ended(c.car, "r1", outcome::failed, "", at(5ms), 1);
         c.ledger.accepted(c.key(1), "r1", at(6ms));
         c.ledger.ended(c.car, "r1", outcome::failed, "", at(7ms), 2);
         const auto t = c.ledger.take();
         EXPECT_EQ(t.observers.at(1).disagreed, 1U);
         EXPECT_EQ(t.observers.at(2).disagreed, 1U);
         c.keep(t);
     },
     {{anomaly::observers_disagree, 2}}},
    {"the second observer sees the end twice",
     [](one_car& c) {
         c.request(1);
         c.answer(1);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(40ms), 0);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(50ms), 1);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(60ms), 1);
     },
     {{anomaly::end_repeated, 1}}},
    {"a command comes twice",
     [](one_car& c) {
         c.request(1);
         EXPECT_TRUE(c.ledger.delivered(c.car, "r1", at(5ms)).fresh);
         EXPECT_FALSE(c.ledger.delivered(c.car, "r1", at(6ms)).fresh);
         c.ledger.finished(c.car, "r1", at(7ms));
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(9ms));
     },
     {{anomaly::command_repeated, 1}}},
    {"a command comes again when its request is over",
     [](one_car& c) {
         c.well(1);
         EXPECT_FALSE(c.ledger.delivered(c.car, "r1", at(50ms)).fresh);
         EXPECT_EQ(c.ledger.delivered(c.car, "r1", at(50ms)).arrival, arrival_id{1});
     },
     {{anomaly::command_repeated, 2}}},
    {"a command comes again when the next but one is open",
     [](one_car& c) {
         c.well(1);
         c.well(2, 1s);
         c.request(3, 2s);
         EXPECT_FALSE(c.ledger.delivered(c.car, "r1", at(2010ms)).fresh);
         c.answer(3, 2s);
         c.ledger.ended(c.car, "r3", outcome::executed, "", at(2040ms));
     },
     {{anomaly::command_repeated, 1}}},
    {"a command of another comes twice",
     [](one_car& c) {
         EXPECT_TRUE(c.ledger.delivered(c.car, "zz", at(50ms)).fresh);
         EXPECT_FALSE(c.ledger.delivered(c.car, "zz", at(51ms)).fresh);
     },
     {{anomaly::command_unknown, 1}, {anomaly::command_repeated, 1}},
     false},
    {"a command comes after the next one",
     [](one_car& c) {
         c.times_out(1);
         c.request(2, 6s);
         c.ledger.delivered(c.car, "r2", at(6010ms));
         const auto late = c.ledger.delivered(c.car, "r1", at(6011ms));
         EXPECT_TRUE(late.fresh);
         EXPECT_EQ(late.arrival, arrival_id{1});
         c.ledger.finished(c.car, "r2", at(6020ms));
         c.ledger.ended(c.car, "r2", outcome::executed, "", at(6030ms));
     },
     {{anomaly::command_out_of_order, 1}}},
    {"a command comes after the next one, which is over",
     [](one_car& c) {
         c.times_out(1);
         c.well(2, 6s);
         EXPECT_TRUE(c.ledger.delivered(c.car, "r1", at(7s)).fresh);
     },
     {{anomaly::command_out_of_order, 1}}},
    {"a command comes after the end",
     [](one_car& c) {
         c.times_out(1);
         const auto late = c.ledger.delivered(c.car, "r1", at(5500ms));
         EXPECT_TRUE(late.fresh);
         EXPECT_EQ(late.arrival, arrival_id{1});
     },
     {{anomaly::command_late, 1}}},
    {"a command comes after the end, when the next request is open but has no command yet",
     [](one_car& c) {
         c.times_out(1);
         c.request(2, 6s);
         c.ledger.delivered(c.car, "r1", at(6005ms));
         c.answer(2, 6s);
         c.ledger.ended(c.car, "r2", outcome::executed, "", at(6040ms));
     },
     {{anomaly::command_late, 1}}},
    {"a command never comes", [](one_car& c) { c.times_out(1); }, {{anomaly::command_lost, 1}}},
    {"a command never comes, and many follow",
     [](one_car& c) {
         c.times_out(1);
         for (unsigned n = 2; n < 20; ++n) c.well(n, n * 10s);
     },
     {{anomaly::command_lost, 1}}},
    {"no command comes at all, of more requests than are remembered",
     [](one_car& c) {
         for (unsigned n = 1; n < 20; ++n) c.times_out(n, n * 10s);
     },
     {{anomaly::command_lost, 19}}},
    {"a command never comes, for the vehicle was away when it was asked for",
     [](one_car& c) {
         c.ledger.away(c.car);
         c.times_out(1);
         c.ledger.back(c.car);
     },
     {}},
    {"a command never comes, for the vehicle was away for a while",
     [](one_car& c) {
         c.request(1);
         c.ledger.away(c.car);
         c.ledger.back(c.car);
         c.ledger.ended(c.car, "r1", outcome::timed_out, "timeout", at(5050ms));
     },
     {}},
    {"a command never comes: the vehicle had been away before, and was back",
     [](one_car& c) {
         c.ledger.away(c.car);
         c.ledger.back(c.car);
         c.times_out(1);
     },
     {{anomaly::command_lost, 1}}},
    {"a command never comes of a request that the platform refused",
     [](one_car& c) {
         c.begin(1);
         c.ledger.rejected(c.key(1), "busy", at(3ms));
     },
     {}},
    {"a command of another request comes while one is active",
     [](one_car& c) {
         c.request(1);
         EXPECT_FALSE(c.ledger.delivered(c.car, "zz", at(5ms)).arrival);
         c.answer(1);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(40ms));
     },
     {{anomaly::second_active, 1}}},
    {"two commands come before the answer, ours first",
     [](one_car& c) {
         c.begin(1);
         EXPECT_TRUE(c.ledger.delivered(c.car, "r1", at(2ms)).arrival);
         EXPECT_FALSE(c.ledger.delivered(c.car, "zz", at(3ms)).arrival);
         c.ledger.accepted(c.key(1), "r1", at(4ms));
         c.ledger.finished(c.car, "r1", at(7ms));
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(9ms));
     },
     {{anomaly::second_active, 1}}},
    {"two commands come before the answer, ours last",
     [](one_car& c) {
         c.begin(1);
         c.ledger.delivered(c.car, "zz", at(2ms));
         c.ledger.delivered(c.car, "r1", at(3ms));
         c.ledger.finished(c.car, "r1", at(4ms));
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(5ms));
         c.ledger.accepted(c.key(1), "r1", at(6ms));
         const auto t = c.ledger.take();
         EXPECT_EQ(t.requests.ended(), 1U) << "what was seen of ours is kept";
         EXPECT_EQ(t.requests.unexpected, 0U);
         EXPECT_EQ(t.latencies.select(hop::dispatch).min(), 3ms);
         c.keep(t);
     },
     {{anomaly::second_active, 1}}},
    {"a second request comes with its own words and its own end",
     [](one_car& c) {
         c.request(1);
         c.ledger.delivered(c.car, "r1", at(5ms));
         c.ledger.delivered(c.car, "zz", at(6ms));
         c.ledger.executed(c.car, "r1", at(6ms));
         c.ledger.executed(c.car, "zz", at(6ms));
         c.ledger.finished(c.car, "r1", at(7ms));
         c.ledger.finished(c.car, "zz", at(7ms));
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(9ms));
         c.ledger.ended(c.car, "zz", outcome::executed, "", at(9ms));
     },
     {{anomaly::second_active, 1}}},
    {"a command comes that nobody asked for",
     [](one_car& c) {
         c.well(1);
         const auto other = c.ledger.delivered(c.car, "zz", at(1s));
         EXPECT_TRUE(other.fresh) << "a car does as it is told";
         EXPECT_FALSE(other.arrival);
     },
     {{anomaly::command_unknown, 1}},
     false},
    {"a command comes for a vehicle that the platform said is busy",
     [](one_car& c) {
         c.begin(1);
         c.ledger.delivered(c.car, "zz", at(2ms));
         c.ledger.rejected(c.key(1), "busy", at(3ms));
     },
     {{anomaly::command_unknown, 1}},
     false},
    {"a command comes long after the platform said busy",
     [](one_car& c) {
         c.begin(1);
         c.ledger.rejected(c.key(1), "busy", at(3ms));
         EXPECT_FALSE(c.ledger.delivered(c.car, "zz", at(1s)).arrival);
     },
     {{anomaly::command_unknown, 1}},
     false},
    {"an end that is nobody's comes before its command",
     [](one_car& c) {
         c.ledger.ended(c.car, "zz", outcome::executed, "", at(50ms));
         EXPECT_TRUE(c.ledger.delivered(c.car, "zz", at(60ms)).fresh);
     },
     {{anomaly::end_unknown, 1}},
     false},
    {"a vehicle does it twice",
     [](one_car& c) {
         c.request(1);
         c.ledger.delivered(c.car, "r1", at(5ms));
         c.ledger.executed(c.car, "r1", at(6ms));
         c.ledger.executed(c.car, "r1", at(7ms));
         c.ledger.finished(c.car, "r1", at(8ms));
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(9ms));
     },
     {{anomaly::executed_twice, 1}}},
    {"a vehicle does it again when the request is over",
     [](one_car& c) {
         c.request(1);
         c.answer(1);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(40ms));
         c.ledger.executed(c.car, "r1", at(50ms));
     },
     {{anomaly::executed_twice, 1}}},
    {"a platform times out in spite of the last word",
     [](one_car& c) {
         c.request(1);
         c.ledger.delivered(c.car, "r1", at(5ms));
         c.ledger.finished(c.car, "r1", at(25ms));
         c.ledger.ended(c.car, "r1", outcome::timed_out, "timeout", at(5050ms));
     },
     {{anomaly::word_lost, 1}}},
    {"a platform times out, and the last word came after that, or after the deadline",
     [](one_car& c) {
         c.request(1);
         c.ledger.delivered(c.car, "r1", at(5ms));
         c.ledger.ended(c.car, "r1", outcome::timed_out, "timeout", at(5050ms));
         c.ledger.finished(c.car, "r1", at(5060ms));
         c.request(2, 10s);
         c.ledger.delivered(c.car, "r2", at(10'005ms));
         c.ledger.finished(c.car, "r2", at(15'040ms));
         c.ledger.ended(c.car, "r2", outcome::timed_out, "timeout", at(15'050ms));
     },
     {}},
    {"a platform times out as it should: what the vehicle said was no answer",
     [](one_car& c) {
         c.request(1, 0ms, outcome::timed_out);
         c.ledger.delivered(c.car, "r1", at(5ms));
         c.ledger.finished(c.car, "r1", at(25ms));
         c.ledger.ended(c.car, "r1", outcome::timed_out, "timeout", at(5050ms));
     },
     {}},
    {"a word never comes",
     [](one_car& c) {
         c.ledger.heard(c.car, 1, "r1", at(1ms));
         c.ledger.heard(c.car, 3, "r1", at(2ms));
     },
     {{anomaly::word_lost, 1}},
     false},
    {"several words never come",
     [](one_car& c) {
         c.ledger.heard(c.car, 3, "r1", at(1ms));
         c.ledger.heard(c.car, 4, "r1", at(2ms));
         c.ledger.heard(c.car, 6, "r1", at(3ms));
         c.ledger.heard(vehicle_id{8}, 1, "r1", at(3ms));
     },
     {{anomaly::word_lost, 3}},
     false},
    {"the last word is lost on its way: time-out and gap are one thing",
     [](one_car& c) {
         c.request(1);
         c.ledger.delivered(c.car, "r1", at(5ms));
         c.ledger.message(c.car, "r1", false, "t", "ack", at(6ms));
         c.ledger.heard(c.car, 1, "r1", at(7ms));
         c.ledger.message(c.car, "r1", false, "t", "final", at(8ms));
         c.ledger.finished(c.car, "r1", at(8ms));
         c.ledger.ended(c.car, "r1", outcome::timed_out, "timeout", at(5050ms));
         c.ledger.heard(c.car, 3, "r2", at(6s));
     },
     {{anomaly::word_lost, 1}}},
    {"the last word is heard, but not by the platform",
     [](one_car& c) {
         c.request(1);
         c.ledger.delivered(c.car, "r1", at(5ms));
         c.ledger.message(c.car, "r1", false, "t", "final", at(8ms));
         c.ledger.finished(c.car, "r1", at(8ms));
         c.ledger.heard(c.car, 1, "r1", at(9ms));
         c.ledger.ended(c.car, "r1", outcome::timed_out, "timeout", at(5050ms));
         c.ledger.heard(c.car, 3, "r2", at(6s));
     },
     {{anomaly::word_lost, 2}}},
    {"a word comes twice",
     [](one_car& c) {
         c.ledger.heard(c.car, 1, "r1", at(1ms));
         c.ledger.heard(c.car, 2, "r1", at(2ms));
         c.ledger.heard(c.car, 1, "r1", at(3ms));
     },
     {{anomaly::word_repeated, 1}},
     false},
    {"a word comes after the next one, and is not lost",
     [](one_car& c) {
         for (const std::uint64_t n : {1U, 5U, 3U, 2U, 4U, 6U}) c.ledger.heard(c.car, n, "r1", at(1ms));
     },
     {{anomaly::word_out_of_order, 3}},
     false},
    {"a word comes late and then again",
     [](one_car& c) {
         for (const std::uint64_t n : {2U, 1U, 1U}) c.ledger.heard(c.car, n, "r1", at(1ms));
     },
     {{anomaly::word_out_of_order, 1}, {anomaly::word_repeated, 1}},
     false},
    {"an end is announced twice",
     [](one_car& c) {
         c.well(1);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(50ms));
     },
     {{anomaly::end_repeated, 1}}},
    {"an end is announced twice before the answer is there",
     [](one_car& c) {
         c.begin(1);
         c.answer(1);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(40ms));
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(41ms));
         c.ledger.accepted(c.key(1), "r1", at(42ms));
     },
     {{anomaly::end_repeated, 1}}},
    {"another end is announced",
     [](one_car& c) {
         c.well(1);
         c.ledger.ended(c.car, "r1", outcome::failed, "door_open", at(50ms));
     },
     {{anomaly::end_contradicted, 1}}},
    {"an end of a request before comes when the next is open",
     [](one_car& c) {
         c.well(1);
         c.begin(2, 1s);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(1002ms));
         c.ledger.accepted(c.key(2), "r2", at(1003ms));
         c.answer(2, 1s);
         c.ledger.ended(c.car, "r2", outcome::executed, "", at(1040ms));
     },
     {{anomaly::end_repeated, 1}}},
    {"an end is announced that is nobody's",
     [](one_car& c) {
         c.ledger.ended(c.car, "zz", outcome::executed, "", at(50ms));
         c.request(1);
         c.ledger.ended(c.car, "yy", outcome::executed, "", at(51ms));
         c.answer(1);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(52ms));
     },
     {{anomaly::end_unknown, 2}},
     false},
    {"an end before the answer turns out to be another's",
     [](one_car& c) {
         c.begin(1);
         c.ledger.ended(c.car, "zz", outcome::failed, "", at(2ms));
         c.ledger.accepted(c.key(1), "r1", at(3ms));
         c.answer(1);
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(40ms));
     },
     {{anomaly::end_unknown, 1}},
     false},
    {"an end is announced before the last word",
     [](one_car& c) {
         c.request(1);
         c.ledger.delivered(c.car, "r1", at(5ms));
         c.ledger.acked(c.car, "r1", at(6ms));
         c.ledger.ended(c.car, "r1", outcome::failed, "", at(7ms));
     },
     {{anomaly::end_before_word, 1}}},
    {"nobody announces an end",
     [](one_car& c) {
         c.request(1);
         c.answer(1);
         c.ledger.give_up(at(0ms), at(60s));
     },
     {{anomaly::no_end, 1}}},
    {"an end comes when it is no longer waited for, and again",
     [](one_car& c) {
         c.request(1);
         c.answer(1);
         c.ledger.give_up(at(0ms), at(60s));
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(61s));
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(62s));
     },
     {{anomaly::no_end, 1}, {anomaly::end_repeated, 1}}},
    {"the answer never came, and neither did an end",
     [](one_car& c) {
         c.begin(1);
         c.ledger.give_up(at(0ms), at(60s));
     },
     {}},
    {"the answer was lost, and command and end come later, when the next is open",
     [](one_car& c) {
         c.begin(1);
         c.ledger.errored(c.key(1), "no answer in time", at(10s));
         c.begin(2, 11s);
         c.ledger.delivered(c.car, "r1", at(11'002ms));
         c.ledger.accepted(c.key(2), "r2", at(11'003ms));
         c.ledger.ended(c.car, "r1", outcome::executed, "", at(11'004ms));
         c.answer(2, 11s);
         c.ledger.ended(c.car, "r2", outcome::executed, "", at(11'040ms));
     },
     {}},
    {"something could not be read",
     [](one_car& c) { c.ledger.note(anomaly::malformed_payload, c.car, "", "17 bytes", at(1ms)); },
     {{anomaly::malformed_payload, 1}},
     false},
    {"a stranger gets in",
     [](one_car& c) { c.ledger.note(anomaly::let_in, c.car, "", "a session", at(1ms)); },
     {{anomaly::let_in, 1}},
     false},
    {"a platform is early",
     [](one_car& c) {
         c.request(1, 0ms, outcome::timed_out);
         c.ledger.delivered(c.car, "r1", at(5ms));
         c.ledger.ended(c.car, "r1", outcome::timed_out, "timeout", at(1s));
     },
     {{anomaly::negative_sample, 1}}},
};

} // namespace

TEST(anomalies, are_one_for_each_thing_that_went_wrong) {
    for (const auto& r : table) {
        SCOPED_TRACE(r.name);
        one_car c;
        r.happens(c);
        c.ledger.finish(at(1h));
        c.keep(c.ledger.take());
        EXPECT_EQ(c.ledger.open_count(), 0U);
        EXPECT_EQ(c.found(), r.found);
        EXPECT_TRUE(c.provoked().empty());
        EXPECT_EQ(c.told(), r.found) << "with evidence";
    }
}

TEST(anomalies, are_all_in_the_table) {
    for (std::size_t i = 0; i < anomaly_count; ++i) {
        const auto a = static_cast<anomaly>(i);
        EXPECT_TRUE(std::ranges::any_of(table, [&](const row& r) { return r.found.contains(a); })) << to_string(a);
    }
}

TEST(anomalies, that_a_behaviour_means_to_bring_about_are_counted_apart) {
    for (const auto& r : table) {
        SCOPED_TRACE(r.name);
        one_car c;
        for (const auto& [a, count] : r.found) c.provokes.add(a);
        r.happens(c);
        c.ledger.finish(at(1h));
        c.keep(c.ledger.take());
        EXPECT_EQ(c.provoked(), r.of_a_request ? r.found : one_car::counts{});
        EXPECT_EQ(c.found(), r.of_a_request ? one_car::counts{} : r.found);
        for (const auto& told : c.all.anomalies_told) EXPECT_EQ(told.provoked, r.of_a_request) << told.evidence;
    }
}

TEST(anomalies, of_one_kind_leave_those_of_another_as_they_are) {
    one_car c;
    c.provokes.add(anomaly::end_repeated);
    c.well(1);
    c.ledger.ended(c.car, "r1", outcome::executed, "", at(50ms));
    c.ledger.ended(c.car, "r1", outcome::failed, "", at(51ms));
    c.keep(c.ledger.take());
    EXPECT_EQ(c.found(), (one_car::counts{{anomaly::end_contradicted, 1}}));
    EXPECT_EQ(c.provoked(), (one_car::counts{{anomaly::end_repeated, 1}}));
}

// MQTT 5.0, 4.4: what nobody had acknowledged is sent again, and who listens hears it twice.
TEST(anomalies, are_not_what_a_resumed_session_sends_again) {
    one_car c;
    c.request(1);
    c.answer(1);
    c.ledger.heard(c.car, 1, "r1", at(16ms));
    c.ledger.away(c.car);
    c.ledger.back(c.car);
    c.ledger.heard(c.car, 1, "r1", at(20ms));
    c.ledger.heard(c.car, 2, "r1", at(31ms));
    c.ledger.ended(c.car, "r1", outcome::executed, "", at(40ms));
    c.keep(c.ledger.take());
    EXPECT_EQ(c.found(), one_car::counts{});
    c.ledger.heard(c.car, 2, "r1", at(50ms));
    c.keep(c.ledger.take());
    EXPECT_EQ(c.found(), (one_car::counts{{anomaly::word_repeated, 1}})) << "its session has stood since";
}
