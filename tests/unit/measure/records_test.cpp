// What is written down: requests with their messages, anomalies with their evidence, what happened to sessions.
#include "one_car.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

void talk(one_car& c) {
    c.ledger.message(c.car, "r1", true, "v1/VIN7/cmd/horn", R"({"id":"r1"})", at(10ms));
    c.answer(1);
    c.ledger.message(c.car, "r1", false, "v1/VIN7/rsp/r1", R"({"phase":"final"})", at(30ms));
}

} // namespace

TEST(records, tell_requests_that_are_unexpected_or_odd_or_all) {
    struct {
        recording what;
        bool unexpected, odd;
        std::size_t told;
    } const rows[] = {
        {recording::unexpected, false, false, 0}, {recording::unexpected, true, false, 1},
        {recording::unexpected, false, true, 1},  {recording::all, false, false, 1},
        {recording::all, true, true, 1},
    };
    for (const auto& r : rows) {
        one_car c(r.what);
        c.request(1);
        talk(c);
        if (r.odd) c.ledger.delivered(c.car, "r1", at(31ms));
        c.ledger.ended(c.car, "r1", r.unexpected ? outcome::failed : outcome::executed, "", at(40ms));
        const auto t = c.ledger.take();
        ASSERT_THAT(t.requests_told, SizeIs(r.told));
        if (r.told == 0) continue;
        EXPECT_EQ(t.requests_told[0].unexpected, r.unexpected);
        EXPECT_THAT(t.requests_told[0].messages, SizeIs(2)) << "kept for the case";
        EXPECT_EQ(t.requests_told[0].anomalies,
                  r.odd ? std::vector<std::string>{"command_repeated"} : std::vector<std::string>{});
    }
}

TEST(records, tell_what_was_skipped) {
    for (const auto what : {recording::unexpected, recording::all}) {
        one_car c(what);
        c.ledger.skip(due(1), "no vehicle was free", false);
        c.ledger.skip(due(2), "maxVusers reached", true);
        const auto t = c.ledger.take();
        ASSERT_THAT(t.requests_told, SizeIs(what == recording::all ? 2 : 1));
        EXPECT_EQ(t.requests_told[0].observed, outcome::skipped);
        EXPECT_TRUE(t.requests_told[0].unexpected);
    }
}

TEST(records, have_everything_of_a_request) {
    one_car c;
    c.ledger.touched(c.car, 1, outcome::timed_out, {});
    c.request(1);
    c.ledger.touched(c.car, 0, {}, {});
    c.ledger.touched(c.car, 1, {}, {});
    talk(c);
    c.ledger.ended(c.car, "r1", outcome::failed, "door_open", at(40ms));
    const auto t = c.ledger.take();
    ASSERT_THAT(t.requests_told, SizeIs(1));
    const auto& r = t.requests_told[0];
    EXPECT_EQ(r.expected, (outcome_set{outcome::executed, outcome::timed_out}));
    EXPECT_EQ(r.observed, outcome::failed);
    EXPECT_TRUE(r.unexpected);
    EXPECT_EQ(r.why, "door_open");
    EXPECT_THAT(r.conditions, ElementsAre("garage", "tunnel")) << "each once, as they came";
    EXPECT_EQ(r.finished_ms, 30);
    EXPECT_THAT(r.messages, ElementsAre(message_record{10, true, "v1/VIN7/cmd/horn", R"({"id":"r1"})", 11},
                                        message_record{30, false, "v1/VIN7/rsp/r1", R"({"phase":"final"})", 17}));
}

TEST(records, show_the_beginning_of_long_payloads_and_bytes_that_are_no_text) {
    one_car c(recording::all);
    c.request(1);
    c.ledger.message(c.car, "r1", false, "t", std::string(5000, 'x'), at(5ms));
    c.ledger.message(c.car, "r1", false, "t", "\x01z\xff", at(5ms));
    c.ledger.message(c.car, "r1", false, "", "", at(5ms));
    c.answer(1);
    c.ledger.ended(c.car, "r1", outcome::executed, "", at(40ms));
    const auto t = c.ledger.take();
    const auto& m = t.requests_told[0].messages;
    ASSERT_THAT(m, SizeIs(3));
    EXPECT_EQ(m[0].payload, std::string(payload_shown, 'x'));
    EXPECT_EQ(m[0].bytes, 5000U);
    EXPECT_EQ(m[1].payload, "\\x01z\\xff");
    EXPECT_EQ(m[1].bytes, 3U);
    EXPECT_EQ(m[2], (message_record{5, false, "", "", 0}));
}

TEST(records, have_messages_that_came_before_the_answer_and_only_our_own) {
    one_car c(recording::all);
    c.begin(1);
    c.ledger.message(c.car, "zz", true, "t", "other", at(2ms));
    c.ledger.delivered(c.car, "zz", at(2ms));
    c.ledger.message(c.car, "r1", true, "t", "ours", at(3ms));
    c.ledger.delivered(c.car, "r1", at(3ms));
    c.ledger.accepted(c.key(1), "r1", at(4ms));
    c.ledger.message(c.car, "zz", false, "t", "other", at(5ms));
    c.ledger.finished(c.car, "r1", at(6ms));
    c.ledger.ended(c.car, "r1", outcome::executed, "", at(7ms));
    c.ledger.message(c.car, "r1", false, "t", "after the end", at(8ms));
    const auto t = c.ledger.take();
    ASSERT_THAT(t.requests_told, SizeIs(1));
    ASSERT_THAT(t.requests_told[0].messages, SizeIs(1));
    EXPECT_EQ(t.requests_told[0].messages[0].payload, "ours");
    EXPECT_THAT(t.requests_told[0].anomalies, ElementsAre("second_active"));
}

TEST(records, of_anomalies_say_what_shows_them) {
    one_car c;
    c.request(1);
    c.ledger.delivered(c.car, "r1", at(5ms));
    c.ledger.delivered(c.car, "r1", at(6200us));
    c.ledger.ended(c.car, "r1", outcome::failed, "", at(8ms));
    c.ledger.ended(c.car, "r1", outcome::executed, "", at(28ms));
    c.ledger.heard(c.car, 3, "r1", at(29ms));
    c.ledger.note(anomaly::malformed_payload, std::nullopt, "", "17 bytes", at(30ms));
    c.ledger.finish(at(1h));
    const auto t = c.ledger.take();
    std::vector<std::string> sentences;
    for (const auto& a : t.anomalies_told) sentences.push_back(std::string(to_string(a.what)) + ": " + a.evidence);
    EXPECT_THAT(sentences,
                ElementsAre("command_repeated: the command came again 1.2ms after the first",
                            "end_before_word: failed was announced before the vehicle had said its last word",
                            "end_contradicted: executed was announced 20.0ms after failed",
                            "malformed_payload: 17 bytes", "word_lost: word 1 of the vehicle never came; word 3 did",
                            "word_lost: word 2 of the vehicle never came; word 3 did"));
    EXPECT_EQ(t.anomalies_told[0].vin, "VIN7");
    EXPECT_EQ(t.anomalies_told[0].request, "r1");
    EXPECT_DOUBLE_EQ(t.anomalies_told[0].at_ms, 6.2);
    EXPECT_FALSE(t.anomalies_told[0].provoked);
    EXPECT_EQ(t.anomalies_told[3].vin, "");
}

TEST(records, of_sessions_are_told_as_they_are) {
    one_car c;
    c.ledger.session(c.car, "off line: reset", at(-1s));
    const auto t = c.ledger.take();
    ASSERT_THAT(t.sessions_told, SizeIs(1));
    EXPECT_EQ(t.sessions_told[0].vin, "VIN7");
    EXPECT_EQ(t.sessions_told[0].what, "off line: reset");
    EXPECT_DOUBLE_EQ(t.sessions_told[0].at_ms, -1000);
    EXPECT_THAT(c.ledger.take().sessions_told, IsEmpty());
}

TEST(records, are_bounded_and_what_is_beyond_is_counted) {
    one_car c;
    for (int i = 0; i < 10'007; ++i) c.ledger.note(anomaly::let_in, c.car, "", "a session", at(1s));
    for (int i = 0; i < 100'011; ++i) c.ledger.session(c.car, "on line", at(1s));
    c.keep(c.ledger.take());
    EXPECT_EQ(c.found(), (one_car::counts{{anomaly::let_in, 10'007}}));
    EXPECT_THAT(c.all.anomalies_told, SizeIs(10'000));
    EXPECT_THAT(c.all.sessions_told, SizeIs(100'000));
    EXPECT_EQ(c.all.not_recorded, 18U);
    c.ledger.note(anomaly::let_in, c.car, "", "a session", at(2s));
    c.keep(c.ledger.take());
    EXPECT_EQ(c.all.not_recorded, 19U) << "of the whole run";
}

TEST(records, of_a_long_gap_are_a_few_and_all_of_it_is_counted) {
    one_car c;
    c.ledger.heard(c.car, 1'000'001, "r1", at(1s));
    c.ledger.finish(at(2s));
    c.keep(c.ledger.take());
    EXPECT_EQ(c.found(), (one_car::counts{{anomaly::word_lost, 1'000'000}}));
    EXPECT_EQ(c.all.anomalies_told.size() + c.all.not_recorded, 1'000'000U);
}

// A result after the platform has given up is what explains the time-out.
TEST(records, wait_for_the_last_word_of_a_vehicle_that_is_late) {
    one_car c(recording::all);
    c.request(1);
    c.ledger.message(c.car, "r1", true, "v1/VIN7/cmd/horn", R"({"id":"r1"})", at(10ms));
    c.ledger.delivered(c.car, "r1", at(10ms));
    c.ledger.ended(c.car, "r1", outcome::timed_out, "timeout", at(5s));
    EXPECT_THAT(c.ledger.take().requests_told, IsEmpty()) << "the vehicle may still say something";
    c.well(2, 6s); // it has another request meanwhile
    c.ledger.message(c.car, "r1", false, "v1/VIN7/rsp/r1", R"({"phase":"ack"})", at(6500ms));
    c.ledger.acked(c.car, "r1", at(6500ms));
    c.ledger.finished(c.car, "r1", at(7s));
    c.ledger.message(c.car, "r1", false, "v1/VIN7/rsp/r1", R"({"phase":"final"})", at(7s));
    c.ledger.give_up(at(0s), at(7500ms));
    EXPECT_THAT(c.ledger.take().requests_told, SizeIs(1))
        << "the second one; what follows the last word at once belongs to it";
    c.ledger.give_up(at(0s), at(8s));
    const auto t = c.ledger.take();
    ASSERT_THAT(t.requests_told, SizeIs(1));
    const auto& r = t.requests_told[0];
    EXPECT_EQ(r.request, "r1");
    EXPECT_EQ(r.observed, outcome::timed_out);
    EXPECT_EQ(r.acked_ms, 6500);
    EXPECT_EQ(r.finished_ms, 7000);
    EXPECT_THAT(r.messages, SizeIs(3));
}

TEST(records, do_not_wait_for_ever_for_a_vehicle_that_is_silent) {
    one_car c(recording::all);
    c.request(1);
    c.ledger.ended(c.car, "r1", outcome::timed_out, "timeout", at(5s));
    c.ledger.give_up(at(0s), at(34s));
    EXPECT_THAT(c.ledger.take().requests_told, IsEmpty());
    c.ledger.give_up(at(0s), at(35s));
    EXPECT_THAT(c.ledger.take().requests_told, SizeIs(1));

    c.request(2, 40s);
    c.ledger.ended(c.car, "r2", outcome::timed_out, "timeout", at(45s));
    c.ledger.finish(at(46s));
    EXPECT_THAT(c.ledger.take().requests_told, SizeIs(1)) << "nothing more will come";
}

TEST(records, tell_anomalies_that_come_after_the_end_too) {
    one_car c(recording::all);
    c.request(1);
    c.ledger.ended(c.car, "r1", outcome::timed_out, "timeout", at(5s));
    c.ledger.delivered(c.car, "r1", at(6s));
    c.ledger.finish(at(7s));
    const auto t = c.ledger.take();
    ASSERT_THAT(t.requests_told, SizeIs(1));
    EXPECT_THAT(t.requests_told[0].anomalies, ElementsAre("command_late"));
    EXPECT_EQ(t.requests_told[0].delivered_ms, 6000);
}
