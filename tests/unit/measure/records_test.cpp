// Records of the ledger: requests with messages, anomalies with evidence, session events.
#include "single_vehicle_ledger.hpp"

#include <loadsim/base/secrets.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

void talk(single_vehicle_ledger& c) {
    c.ledger.message(c.vehicle, "r1", true, "v1/VIN7/cmd/horn", R"({"id":"r1"})", at(10ms));
    c.respond(1);
    c.ledger.message(c.vehicle, "r1", false, "v1/VIN7/rsp/r1", R"({"phase":"final"})", at(30ms));
}

} // namespace

TEST(records, include_requests_that_are_unexpected_or_anomalous_or_all) {
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
        single_vehicle_ledger c(r.what);
        c.accepted_request(1);
        talk(c);
        if (r.odd) c.ledger.delivered(c.vehicle, "r1", at(31ms));
        c.ledger.completion_observed(c.vehicle, "r1", r.unexpected ? outcome::failed : outcome::executed, "", at(40ms));
        const auto t = c.ledger.take_counts();
        ASSERT_THAT(t.request_records, SizeIs(r.told));
        if (r.told == 0) continue;
        EXPECT_EQ(t.request_records[0].unexpected, r.unexpected);
        EXPECT_THAT(t.request_records[0].messages, SizeIs(2)) << "kept for the case";
        EXPECT_EQ(t.request_records[0].anomalies,
                  r.odd ? std::vector<std::string>{"command_duplicated"} : std::vector<std::string>{});
    }
}

TEST(records, of_the_slowest_requests_are_given_at_the_end) {
    single_vehicle_ledger c;
    for (unsigned n = 0; n < 301; ++n) {
        const auto when = n * 1s;
        c.accepted_request(n, when);
        c.ledger.message(c.vehicle, c.id(n), true, "v1/VIN7/cmd/horn", "{}", at(when + 10ms));
        c.respond(n, when);
        const auto further = n * 11 % 301 * 1ms; // each of 0 to 300 once
        c.ledger.completion_observed(c.vehicle, c.id(n), outcome::executed, "", at(when + 40ms + further));
    }
    EXPECT_THAT(c.ledger.take_counts().slowest_requests, IsEmpty());
    c.ledger.finish(at(400s));
    const auto t = c.ledger.take_counts();
    EXPECT_THAT(t.request_records, IsEmpty());
    ASSERT_THAT(t.slowest_requests, SizeIs(max_slowest_requests));
    for (std::size_t i = 0; i < max_slowest_requests; ++i) {
        const auto& r = t.slowest_requests[i];
        EXPECT_NEAR(r.observed_at_ms - r.due_at_ms, 340 - static_cast<double>(i), 1e-6);
        EXPECT_THAT(r.messages, SizeIs(1));
    }
}

TEST(records, of_the_slowest_requests_are_those_that_have_no_other_and_measure_e2e) {
    for (const auto what : {recording::unexpected, recording::all}) {
        single_vehicle_ledger c(what);
        c.accepted_request(1, 0s, outcome::timed_out);
        c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "", at(5050ms)); // as expected: expiry only
        c.timed_out_request(2, 10s);                                                       // unexpected
        c.successful_request(3, 20s);
        c.ledger.flush_records(); // an aborted run
        const auto t = c.ledger.take_counts();
        if (what == recording::all) {
            EXPECT_THAT(t.slowest_requests, IsEmpty());
            continue;
        }
        ASSERT_THAT(t.slowest_requests, SizeIs(1));
        EXPECT_EQ(t.slowest_requests[0].arrival, 3U);
        c.ledger.finish(at(40s));
        EXPECT_THAT(c.ledger.take_counts().slowest_requests, IsEmpty()) << "given once";
    }
}

TEST(records, include_skipped_requests) {
    for (const auto what : {recording::unexpected, recording::all}) {
        single_vehicle_ledger c(what);
        c.ledger.skip(due(1), "no vehicle was free", false);
        c.ledger.skip(due(2), "maxVusers reached", true);
        const auto t = c.ledger.take_counts();
        ASSERT_THAT(t.request_records, SizeIs(what == recording::all ? 2 : 1));
        EXPECT_EQ(t.request_records[0].outcome, outcome::skipped);
        EXPECT_TRUE(t.request_records[0].unexpected);
    }
}

TEST(records, contain_all_properties_of_a_request) {
    single_vehicle_ledger c;
    c.ledger.condition_began(c.vehicle, 1, outcome::timed_out, {});
    c.accepted_request(1);
    c.ledger.condition_began(c.vehicle, 0, {}, {});
    c.ledger.condition_began(c.vehicle, 1, {}, {});
    talk(c);
    c.ledger.completion_observed(c.vehicle, "r1", outcome::failed, "door_open", at(40ms));
    const auto t = c.ledger.take_counts();
    ASSERT_THAT(t.request_records, SizeIs(1));
    const auto& r = t.request_records[0];
    EXPECT_EQ(r.expected_outcomes, (outcome_set{outcome::executed, outcome::timed_out}));
    EXPECT_EQ(r.outcome, outcome::failed);
    EXPECT_TRUE(r.unexpected);
    EXPECT_EQ(r.reason, "door_open");
    EXPECT_THAT(r.conditions, ElementsAre("garage", "tunnel")) << "each once, as they came";
    EXPECT_EQ(r.finished_at_ms, 30);
    EXPECT_THAT(
        r.messages,
        ElementsAre(message_record{10, message_direction::to_vehicle, "v1/VIN7/cmd/horn", R"({"id":"r1"})", 11},
                    message_record{30, message_direction::from_vehicle, "v1/VIN7/rsp/r1", R"({"phase":"final"})", 17}));
}

TEST(records, truncate_long_payloads_and_escape_bytes) {
    single_vehicle_ledger c(recording::all);
    c.accepted_request(1);
    c.ledger.message(c.vehicle, "r1", false, "t", std::string(5000, 'x'), at(5ms));
    c.ledger.message(c.vehicle, "r1", false, "t", "\x01z\xff", at(5ms));
    c.ledger.message(c.vehicle, "r1", false, "", "", at(5ms));
    c.respond(1);
    c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(40ms));
    const auto t = c.ledger.take_counts();
    const auto& m = t.request_records[0].messages;
    ASSERT_THAT(m, SizeIs(3));
    EXPECT_EQ(m[0].payload, std::string(max_payload_bytes, 'x'));
    EXPECT_EQ(m[0].payload_bytes, 5000U);
    EXPECT_EQ(m[1].payload, "\\x01z\\xff");
    EXPECT_EQ(m[1].payload_bytes, 3U);
    EXPECT_EQ(m[2], (message_record{5, message_direction::from_vehicle, "", "", 0}));
}

TEST(records, contain_the_request_to_the_api_its_response_and_the_completion) {
    using enum message_direction;
    single_vehicle_ledger c(recording::all);
    c.ledger.begin(due(1), at({}));
    c.ledger.api_request(c.key(1), "POST /vehicles/VIN7/remote-services/horn", R"({"seconds":3})", "00-a1-b2-01");
    c.ledger.message(c.vehicle, "r1", true, "t", "before the response", at(2ms));
    c.ledger.sent(c.key(1), at(1ms));
    c.ledger.api_response(c.key(1), "202", R"({"id":"r1"})", at(4ms));
    c.ledger.accepted(c.key(1), "r1", at(4ms));
    c.ledger.completion_observed(c.vehicle, "r1", outcome::failed, "", at(7ms), 0,
                                 {.head = "v1/VIN7/event", .payload = R"({"state":"failed")", .payload_bytes = 9000});
    c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(9ms), 0,
                                 {.payload = "contradiction", .payload_bytes = 13});
    c.ledger.finish(at(10ms));
    const auto t = c.ledger.take_counts();
    ASSERT_THAT(t.request_records, SizeIs(1));
    EXPECT_EQ(t.request_records[0].traceparent, "00-a1-b2-01");
    EXPECT_THAT(
        t.request_records[0].messages,
        ElementsAre(message_record{1, to_api, "POST /vehicles/VIN7/remote-services/horn", R"({"seconds":3})", 13},
                    message_record{2, to_vehicle, "t", "before the response", 19},
                    message_record{4, from_api, "202", R"({"id":"r1"})", 11},
                    message_record{7, to_observer, "the platform v1/VIN7/event", R"({"state":"failed")", 9000},
                    message_record{9, to_observer, "the platform", "contradiction", 13}));
}

// The id of the first command is only assumed to be ours; the API's messages are certainly ours.
TEST(records, messages_of_the_api_stay_with_their_request_when_its_id_turns_out_to_be_another) {
    single_vehicle_ledger c(recording::all);
    c.ledger.begin(due(1), at({}));
    c.ledger.api_request(c.key(1), "POST /", "", "");
    c.ledger.delivered(c.vehicle, "zz", at(2ms));
    c.ledger.api_response(c.key(1), "202", "r1", at(4ms));
    c.ledger.accepted(c.key(1), "r1", at(4ms));
    c.ledger.errored(c.key(1), "never sent", at(5ms));
    const auto t = c.ledger.take_counts();
    ASSERT_THAT(t.request_records, SizeIs(1));
    const auto& m = t.request_records[0].messages;
    ASSERT_THAT(m, SizeIs(2));
    EXPECT_EQ(m[0].head, "POST /");
    EXPECT_TRUE(std::isnan(m[0].at_ms)) << "never sent";
    EXPECT_EQ(m[1].head, "202");
}

TEST(records, contain_messages_before_the_http_response_and_only_our_own) {
    single_vehicle_ledger c(recording::all);
    c.begin(1);
    c.ledger.message(c.vehicle, "zz", true, "t", "other", at(2ms));
    c.ledger.delivered(c.vehicle, "zz", at(2ms));
    c.ledger.message(c.vehicle, "r1", true, "t", "ours", at(3ms));
    c.ledger.delivered(c.vehicle, "r1", at(3ms));
    c.ledger.accepted(c.key(1), "r1", at(4ms));
    c.ledger.message(c.vehicle, "zz", false, "t", "other", at(5ms));
    c.ledger.finished(c.vehicle, "r1", at(6ms));
    c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(7ms));
    c.ledger.message(c.vehicle, "r1", false, "t", "after the end", at(8ms));
    const auto t = c.ledger.take_counts();
    ASSERT_THAT(t.request_records, SizeIs(1));
    ASSERT_THAT(t.request_records[0].messages, SizeIs(1));
    EXPECT_EQ(t.request_records[0].messages[0].payload, "ours");
    EXPECT_THAT(t.request_records[0].anomalies, ElementsAre("concurrent_request"));
}

TEST(records, of_anomalies_contain_evidence) {
    single_vehicle_ledger c;
    c.accepted_request(1);
    c.ledger.delivered(c.vehicle, "r1", at(5ms));
    c.ledger.delivered(c.vehicle, "r1", at(6200us));
    c.ledger.completion_observed(c.vehicle, "r1", outcome::failed, "", at(8ms));
    c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(28ms));
    c.ledger.response_observed(c.vehicle, 3, "r1", at(29ms));
    c.ledger.record_anomaly(anomaly::malformed_payload, std::nullopt, "", "17 bytes", at(30ms));
    c.ledger.finish(at(1h));
    const auto t = c.ledger.take_counts();
    std::vector<std::string> sentences;
    for (const auto& a : t.anomaly_records) sentences.push_back(std::string(to_string(a.kind)) + ": " + a.evidence);
    EXPECT_THAT(sentences,
                ElementsAre("command_duplicated: the command came again 1.2ms after the first",
                            "completion_before_response: failed was announced before the final response of the vehicle",
                            "completion_contradicted: executed was announced 20.0ms after failed",
                            "malformed_payload: 17 bytes",
                            "response_lost: response 1 of the vehicle never arrived; response 3 did",
                            "response_lost: response 2 of the vehicle never arrived; response 3 did"));
    EXPECT_EQ(t.anomaly_records[0].vin, "VIN7");
    EXPECT_EQ(t.anomaly_records[0].request_id, "r1");
    EXPECT_DOUBLE_EQ(t.anomaly_records[0].at_ms, 6.2);
    EXPECT_FALSE(t.anomaly_records[0].expected);
    EXPECT_EQ(t.anomaly_records[3].vin, "");
}

TEST(records, before_the_load_are_relative_to_its_start) {
    for (const bool begins : {true, false}) {
        ledger all(
            {}, [](vehicle_id) { return "VIN7"; }, 60s);
        all.session_event(vehicle_id{7}, "online", at(-1s));
        all.delivered(vehicle_id{7}, "zz", at(-250ms));
        const auto before = all.take_counts();
        EXPECT_EQ(before.anomalies[static_cast<std::size_t>(anomaly::command_unsolicited)], 1U);
        EXPECT_THAT(before.anomaly_records, IsEmpty()) << "the start is not known yet";
        EXPECT_THAT(before.session_records, IsEmpty());
        if (begins) all.set_start(at(0s));
        all.finish(at(begins ? 1s : 0s)); // a load that never begins: relative to the end
        const auto t = all.take_counts();
        ASSERT_THAT(t.anomaly_records, SizeIs(1));
        ASSERT_THAT(t.session_records, SizeIs(1));
        EXPECT_NEAR(t.anomaly_records[0].at_ms, -250, 1e-6);
        EXPECT_NEAR(t.session_records[0].at_ms, -1000, 1e-6);
        EXPECT_THAT(all.take_counts().anomaly_records, IsEmpty());
    }
}

// A retained message is a leftover at the broker, not a command that the platform sends.
TEST(records, name_a_retained_command) {
    single_vehicle_ledger c;
    c.ledger.delivered(c.vehicle, "zz", at(-1s), {}, true);
    c.begin(1);
    c.ledger.delivered(c.vehicle, "yy", at(2ms), {}, true); // before the HTTP response: not known yet whose
    c.ledger.accepted(c.key(1), "r1", at(4ms));
    c.ledger.delivered(c.vehicle, "xx", at(5ms), {}, true);
    c.ledger.delivered(c.vehicle, "r1", at(6ms));
    c.ledger.delivered(c.vehicle, "r1", at(7ms), {}, true);
    c.ledger.finished(c.vehicle, "r1", at(8ms));
    c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(9ms));
    c.ledger.delivered(c.vehicle, "r1", at(16ms), {}, true);
    std::vector<std::string> sentences;
    for (const auto& a : c.ledger.take_counts().anomaly_records)
        sentences.push_back(std::string(to_string(a.kind)) + ": " + a.evidence);
    EXPECT_THAT(
        sentences,
        ElementsAre("command_unsolicited: a retained command of a request that this run did not make: the broker "
                    "delivers it to each new subscription; an empty retained message to its topic removes it",
                    "concurrent_request: a retained command of another request came while r1 was active, 2.0ms "
                    "after it was due",
                    "concurrent_request: a retained command of another request came while r1 was active, 5.0ms "
                    "after it was due",
                    "command_duplicated: the command came again, as a retained message, 1.0ms after the first",
                    "command_duplicated: the command came again, as a retained message, 10.0ms after the first"));
}

TEST(records, of_session_events_are_unchanged) {
    single_vehicle_ledger c;
    c.ledger.session_event(c.vehicle, "offline: reset", at(-1s));
    const auto t = c.ledger.take_counts();
    ASSERT_THAT(t.session_records, SizeIs(1));
    EXPECT_EQ(t.session_records[0].vin, "VIN7");
    EXPECT_EQ(t.session_records[0].event, "offline: reset");
    EXPECT_DOUBLE_EQ(t.session_records[0].at_ms, -1000);
    EXPECT_THAT(c.ledger.take_counts().session_records, IsEmpty());
}

TEST(records, are_limited_and_the_rest_is_counted) {
    single_vehicle_ledger c;
    for (int i = 0; i < 10'007; ++i)
        c.ledger.record_anomaly(anomaly::unauthorized_accepted, c.vehicle, "", "a session", at(1s));
    for (int i = 0; i < 100'011; ++i) c.ledger.session_event(c.vehicle, "online", at(1s));
    c.collect(c.ledger.take_counts());
    EXPECT_EQ(c.unexpected_anomaly_counts(), (single_vehicle_ledger::counts{{anomaly::unauthorized_accepted, 10'007}}));
    EXPECT_THAT(c.collected.anomaly_records, SizeIs(10'000));
    EXPECT_THAT(c.collected.session_records, SizeIs(100'000));
    EXPECT_EQ(c.collected.omitted_records, 18U);
    c.ledger.record_anomaly(anomaly::unauthorized_accepted, c.vehicle, "", "a session", at(2s));
    c.collect(c.ledger.take_counts());
    EXPECT_EQ(c.collected.omitted_records, 19U) << "of the whole run";
}

TEST(records, of_a_long_gap_are_limited_and_the_rest_is_counted) {
    single_vehicle_ledger c;
    c.ledger.response_observed(c.vehicle, 1'000'001, "r1", at(1s));
    c.ledger.finish(at(2s));
    c.collect(c.ledger.take_counts());
    EXPECT_EQ(c.unexpected_anomaly_counts(), (single_vehicle_ledger::counts{{anomaly::response_lost, 1'000'000}}));
    EXPECT_EQ(c.collected.anomaly_records.size() + c.collected.omitted_records, 1'000'000U);
}

// A final response after the time-out of the platform explains the time-out.
TEST(records, wait_for_a_late_final_response) {
    single_vehicle_ledger c(recording::all);
    c.accepted_request(1);
    c.ledger.message(c.vehicle, "r1", true, "v1/VIN7/cmd/horn", R"({"id":"r1"})", at(10ms));
    c.ledger.delivered(c.vehicle, "r1", at(10ms));
    c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "timeout", at(5s));
    EXPECT_THAT(c.ledger.take_counts().request_records, IsEmpty()) << "the vehicle may still say something";
    c.successful_request(2, 6s); // the next request of the vehicle
    c.ledger.message(c.vehicle, "r1", false, "v1/VIN7/rsp/r1", R"({"phase":"ack"})", at(6500ms));
    c.ledger.acked(c.vehicle, "r1", at(6500ms));
    c.ledger.finished(c.vehicle, "r1", at(7s));
    c.ledger.message(c.vehicle, "r1", false, "v1/VIN7/rsp/r1", R"({"phase":"final"})", at(7s));
    c.ledger.expire_requests(at(7500ms));
    EXPECT_THAT(c.ledger.take_counts().request_records, SizeIs(1))
        << "the second one; what follows the final response at once belongs to it";
    c.ledger.expire_requests(at(8s));
    const auto t = c.ledger.take_counts();
    ASSERT_THAT(t.request_records, SizeIs(1));
    const auto& r = t.request_records[0];
    EXPECT_EQ(r.request_id, "r1");
    EXPECT_EQ(r.outcome, outcome::timed_out);
    EXPECT_EQ(r.acked_at_ms, 6500);
    EXPECT_EQ(r.finished_at_ms, 7000);
    EXPECT_THAT(r.messages, SizeIs(3));
}

TEST(records, expire_if_the_vehicle_stays_silent) {
    single_vehicle_ledger c(recording::all);
    c.accepted_request(1);
    c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "timeout", at(5s));
    c.ledger.expire_requests(at(34s));
    EXPECT_THAT(c.ledger.take_counts().request_records, IsEmpty());
    c.ledger.expire_requests(at(35s));
    EXPECT_THAT(c.ledger.take_counts().request_records, SizeIs(1));

    c.accepted_request(2, 40s);
    c.ledger.completion_observed(c.vehicle, "r2", outcome::timed_out, "timeout", at(45s));
    c.ledger.finish(at(46s));
    EXPECT_THAT(c.ledger.take_counts().request_records, SizeIs(1)) << "nothing more will come";
}

// The run is aborted: what has ended is recorded, and what is open stays open.
TEST(records, do_not_wait_when_they_are_flushed) {
    single_vehicle_ledger c(recording::all);
    c.accepted_request(1);
    c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "timeout", at(5s));
    c.accepted_request(2, 6s);
    c.ledger.flush_records();
    const auto t = c.ledger.take_counts();
    ASSERT_THAT(t.request_records, SizeIs(1));
    EXPECT_EQ(t.request_records[0].request_id, "r1");
    EXPECT_EQ(t.requests.due, 2U);
    EXPECT_EQ(t.requests.ended(), 1U);
    EXPECT_EQ(c.ledger.open_count(), 1U);
    EXPECT_EQ(t.anomalies, totals{}.anomalies) << "nothing is lost yet";
    c.ledger.completion_observed(c.vehicle, "r2", outcome::timed_out, "timeout", at(7s));
    EXPECT_THAT(c.ledger.take_counts().request_records, SizeIs(1)) << "of one that ends after it, too";
}

TEST(records, contain_anomalies_after_completion) {
    single_vehicle_ledger c(recording::all);
    c.accepted_request(1);
    c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "timeout", at(5s));
    c.ledger.delivered(c.vehicle, "r1", at(6s));
    c.ledger.finish(at(7s));
    const auto t = c.ledger.take_counts();
    ASSERT_THAT(t.request_records, SizeIs(1));
    EXPECT_THAT(t.request_records[0].anomalies, ElementsAre("command_late"));
    EXPECT_EQ(t.request_records[0].delivered_at_ms, 6000);
}

TEST(records, have_no_secrets_also_at_a_cut_end) {
    const std::string secret = "registered by records_test";
    register_secret(secret);
    single_vehicle_ledger c(recording::all);
    c.accepted_request(1);
    c.ledger.message(c.vehicle, "r1", false, "t/" + secret, std::string(max_payload_bytes - 10, 'x') + secret, at(5ms));
    c.respond(1);
    c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(40ms));
    const auto t = c.ledger.take_counts();
    const auto& m = t.request_records[0].messages;
    ASSERT_FALSE(m.empty());
    EXPECT_EQ(m[0].head, "t/***");
    EXPECT_EQ(m[0].payload, std::string(max_payload_bytes - 10, 'x') + "***");
}
