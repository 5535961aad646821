// Anomalies of the ledger: each fault yields exactly the anomalies listed, and no other.
#include "single_vehicle_ledger.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

using event_sequence = std::function<void(single_vehicle_ledger&)>;

struct anomaly_case {
    const char* name;
    event_sequence events;
    std::map<anomaly, std::uint64_t> found; ///< no others
    bool has_request = true;                ///< of ours: its behaviour may expect the anomaly
};

const std::vector<anomaly_case> anomaly_cases{
    {"all is well",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.respond(1);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(40ms));
     },
     {}},
    {"a session repeats a command after an hour without a connection",
     [](single_vehicle_ledger& c) {
         c.successful_request(1);
         c.ledger.vehicle_unreachable(c.vehicle);
         c.ledger.expire_requests(at(1h));
         c.ledger.vehicle_reachable(c.vehicle);
         c.ledger.expire_requests(at(2h));
         c.ledger.delivered(c.vehicle, "r1", at(2h));
     },
     {{anomaly::command_duplicated, 1}}},
    {"a command comes again when its request has been forgotten",
     [](single_vehicle_ledger& c) {
         c.successful_request(1);
         c.ledger.expire_requests(at(1h));
         c.ledger.delivered(c.vehicle, "r1", at(1h));
     },
     {{anomaly::command_unsolicited, 1}},
     false},
    {"three observers see the same end",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.respond(1);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(40ms), 2);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(50ms), 0);
         c.accepted_request(2, 1s);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(1010ms), 1);
         c.respond(2, 1s);
         c.ledger.completion_observed(c.vehicle, "r2", outcome::executed, "", at(1040ms));
         const auto t = c.ledger.take_counts();
         EXPECT_EQ(t.observers.at(2).first_completions, 1U);
         EXPECT_EQ(t.observers.at(1).first_completions, 0U);
         EXPECT_EQ(t.observers.at(1).completions, 1U);
         EXPECT_EQ(t.observers.at(0).completions, 2U);
         c.collect(t);
     },
     {}},
    {"another observer sees another end, while the answer is waited for and after all is over",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.delivered(c.vehicle, "r1", at(2ms));
         c.ledger.finished(c.vehicle, "r1", at(3ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(4ms), 0);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::failed, "", at(5ms), 1);
         c.ledger.accepted(c.key(1), "r1", at(6ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::failed, "", at(7ms), 2);
         const auto t = c.ledger.take_counts();
         EXPECT_EQ(t.observers.at(1).disagreements, 1U);
         EXPECT_EQ(t.observers.at(2).disagreements, 1U);
         c.collect(t);
     },
     {{anomaly::observers_disagree, 2}}},
    {"the second observer sees the end twice",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.respond(1);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(40ms), 0);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(50ms), 1);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(60ms), 1);
     },
     {{anomaly::completion_duplicated, 1}}},
    {"a command comes twice",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         EXPECT_TRUE(c.ledger.delivered(c.vehicle, "r1", at(5ms)).is_first);
         EXPECT_FALSE(c.ledger.delivered(c.vehicle, "r1", at(6ms)).is_first);
         c.ledger.finished(c.vehicle, "r1", at(7ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(9ms));
     },
     {{anomaly::command_duplicated, 1}}},
    {"a command comes again when its request is over",
     [](single_vehicle_ledger& c) {
         c.successful_request(1);
         EXPECT_FALSE(c.ledger.delivered(c.vehicle, "r1", at(50ms)).is_first);
         EXPECT_EQ(c.ledger.delivered(c.vehicle, "r1", at(50ms)).arrival, arrival_id{1});
     },
     {{anomaly::command_duplicated, 2}}},
    {"a command comes again when the next but one is open",
     [](single_vehicle_ledger& c) {
         c.successful_request(1);
         c.successful_request(2, 1s);
         c.accepted_request(3, 2s);
         EXPECT_FALSE(c.ledger.delivered(c.vehicle, "r1", at(2010ms)).is_first);
         c.respond(3, 2s);
         c.ledger.completion_observed(c.vehicle, "r3", outcome::executed, "", at(2040ms));
     },
     {{anomaly::command_duplicated, 1}}},
    {"a command of another comes twice",
     [](single_vehicle_ledger& c) {
         EXPECT_TRUE(c.ledger.delivered(c.vehicle, "zz", at(50ms)).is_first);
         EXPECT_FALSE(c.ledger.delivered(c.vehicle, "zz", at(51ms)).is_first);
     },
     {{anomaly::command_unsolicited, 1}, {anomaly::command_duplicated, 1}},
     false},
    {"a command comes after the next one",
     [](single_vehicle_ledger& c) {
         c.timed_out_request(1);
         c.accepted_request(2, 6s);
         c.ledger.delivered(c.vehicle, "r2", at(6010ms));
         const auto late = c.ledger.delivered(c.vehicle, "r1", at(6011ms));
         EXPECT_TRUE(late.is_first);
         EXPECT_EQ(late.arrival, arrival_id{1});
         c.ledger.finished(c.vehicle, "r2", at(6020ms));
         c.ledger.completion_observed(c.vehicle, "r2", outcome::executed, "", at(6030ms));
     },
     {{anomaly::command_out_of_order, 1}}},
    {"a command comes after the next one, which is over",
     [](single_vehicle_ledger& c) {
         c.timed_out_request(1);
         c.successful_request(2, 6s);
         EXPECT_TRUE(c.ledger.delivered(c.vehicle, "r1", at(7s)).is_first);
     },
     {{anomaly::command_out_of_order, 1}}},
    {"a command comes after the end",
     [](single_vehicle_ledger& c) {
         c.timed_out_request(1);
         const auto late = c.ledger.delivered(c.vehicle, "r1", at(5500ms));
         EXPECT_TRUE(late.is_first);
         EXPECT_EQ(late.arrival, arrival_id{1});
     },
     {{anomaly::command_late, 1}}},
    {"a command comes after the end, when the next request is open but has no command yet",
     [](single_vehicle_ledger& c) {
         c.timed_out_request(1);
         c.accepted_request(2, 6s);
         c.ledger.delivered(c.vehicle, "r1", at(6005ms));
         c.respond(2, 6s);
         c.ledger.completion_observed(c.vehicle, "r2", outcome::executed, "", at(6040ms));
     },
     {{anomaly::command_late, 1}}},
    {"a command never comes", [](single_vehicle_ledger& c) { c.timed_out_request(1); }, {{anomaly::command_lost, 1}}},
    {"a command never comes, and many follow",
     [](single_vehicle_ledger& c) {
         c.timed_out_request(1);
         for (unsigned n = 2; n < 20; ++n) c.successful_request(n, n * 10s);
     },
     {{anomaly::command_lost, 1}}},
    {"no command comes at all, of more requests than are remembered",
     [](single_vehicle_ledger& c) {
         for (unsigned n = 1; n < 20; ++n) c.timed_out_request(n, n * 10s);
     },
     {{anomaly::command_lost, 19}}},
    {"a command never comes, for the vehicle was unreachable when it was sent",
     [](single_vehicle_ledger& c) {
         c.ledger.vehicle_unreachable(c.vehicle);
         c.timed_out_request(1);
         c.ledger.vehicle_reachable(c.vehicle);
     },
     {}},
    {"a command never comes, for the vehicle was unreachable for a while",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.ledger.vehicle_unreachable(c.vehicle);
         c.ledger.vehicle_reachable(c.vehicle);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "timeout", at(5050ms));
     },
     {}},
    {"a command never comes: the vehicle had been unreachable before, and was reachable again",
     [](single_vehicle_ledger& c) {
         c.ledger.vehicle_unreachable(c.vehicle);
         c.ledger.vehicle_reachable(c.vehicle);
         c.timed_out_request(1);
     },
     {{anomaly::command_lost, 1}}},
    {"a command never comes of a request that the platform refused",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.rejected(c.key(1), "busy", at(3ms));
     },
     {}},
    {"a command of another request comes while one is active",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         EXPECT_FALSE(c.ledger.delivered(c.vehicle, "zz", at(5ms)).arrival);
         c.respond(1);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(40ms));
     },
     {{anomaly::concurrent_request, 1}}},
    {"two commands come before the answer, ours first",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         EXPECT_TRUE(c.ledger.delivered(c.vehicle, "r1", at(2ms)).arrival);
         EXPECT_FALSE(c.ledger.delivered(c.vehicle, "zz", at(3ms)).arrival);
         c.ledger.accepted(c.key(1), "r1", at(4ms));
         c.ledger.finished(c.vehicle, "r1", at(7ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(9ms));
     },
     {{anomaly::concurrent_request, 1}}},
    {"two commands come before the answer, ours last",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.delivered(c.vehicle, "zz", at(2ms));
         c.ledger.delivered(c.vehicle, "r1", at(3ms));
         c.ledger.finished(c.vehicle, "r1", at(4ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(5ms));
         c.ledger.accepted(c.key(1), "r1", at(6ms));
         const auto t = c.ledger.take_counts();
         EXPECT_EQ(t.requests.ended(), 1U) << "what was seen of ours is kept";
         EXPECT_EQ(t.requests.unexpected, 0U);
         EXPECT_EQ(t.latencies.select(hop::dispatch).min(), 3ms);
         c.collect(t);
     },
     {{anomaly::concurrent_request, 1}}},
    {"a second request comes with its own responses and its own completion",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.ledger.delivered(c.vehicle, "r1", at(5ms));
         c.ledger.delivered(c.vehicle, "zz", at(6ms));
         c.ledger.executed(c.vehicle, "r1", at(6ms));
         c.ledger.executed(c.vehicle, "zz", at(6ms));
         c.ledger.finished(c.vehicle, "r1", at(7ms));
         c.ledger.finished(c.vehicle, "zz", at(7ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(9ms));
         c.ledger.completion_observed(c.vehicle, "zz", outcome::executed, "", at(9ms));
     },
     {{anomaly::concurrent_request, 1}}},
    {"a command comes that nobody asked for",
     [](single_vehicle_ledger& c) {
         c.successful_request(1);
         const auto other = c.ledger.delivered(c.vehicle, "zz", at(1s));
         EXPECT_TRUE(other.is_first) << "a car does as it is told";
         EXPECT_FALSE(other.arrival);
     },
     {{anomaly::command_unsolicited, 1}},
     false},
    {"a command comes for a vehicle that the platform said is busy",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.delivered(c.vehicle, "zz", at(2ms));
         c.ledger.rejected(c.key(1), "busy", at(3ms));
     },
     {{anomaly::command_unsolicited, 1}},
     false},
    {"a command comes long after the platform said busy",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.rejected(c.key(1), "busy", at(3ms));
         EXPECT_FALSE(c.ledger.delivered(c.vehicle, "zz", at(1s)).arrival);
     },
     {{anomaly::command_unsolicited, 1}},
     false},
    {"an end that is nobody's comes before its command",
     [](single_vehicle_ledger& c) {
         c.ledger.completion_observed(c.vehicle, "zz", outcome::executed, "", at(50ms));
         EXPECT_TRUE(c.ledger.delivered(c.vehicle, "zz", at(60ms)).is_first);
     },
     {{anomaly::completion_unknown, 1}},
     false},
    {"a vehicle does it twice",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.ledger.delivered(c.vehicle, "r1", at(5ms));
         c.ledger.executed(c.vehicle, "r1", at(6ms));
         c.ledger.executed(c.vehicle, "r1", at(7ms));
         c.ledger.finished(c.vehicle, "r1", at(8ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(9ms));
     },
     {{anomaly::executed_twice, 1}}},
    {"a vehicle does it again when the request is over",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.respond(1);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(40ms));
         c.ledger.executed(c.vehicle, "r1", at(50ms));
     },
     {{anomaly::executed_twice, 1}}},
    {"a platform times out in spite of the final response",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.ledger.delivered(c.vehicle, "r1", at(5ms));
         c.ledger.finished(c.vehicle, "r1", at(25ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "timeout", at(5050ms));
     },
     {{anomaly::response_lost, 1}}},
    {"a platform times out, and the final response came after that, or after the deadline",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.ledger.delivered(c.vehicle, "r1", at(5ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "timeout", at(5050ms));
         c.ledger.finished(c.vehicle, "r1", at(5060ms));
         c.accepted_request(2, 10s);
         c.ledger.delivered(c.vehicle, "r2", at(10'005ms));
         c.ledger.finished(c.vehicle, "r2", at(15'040ms));
         c.ledger.completion_observed(c.vehicle, "r2", outcome::timed_out, "timeout", at(15'050ms));
     },
     {}},
    {"a platform times out as it should: what the vehicle said was no answer",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1, 0ms, outcome::timed_out);
         c.ledger.delivered(c.vehicle, "r1", at(5ms));
         c.ledger.finished(c.vehicle, "r1", at(25ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "timeout", at(5050ms));
     },
     {}},
    {"a response never comes",
     [](single_vehicle_ledger& c) {
         c.ledger.response_observed(c.vehicle, 1, "r1", at(1ms));
         c.ledger.response_observed(c.vehicle, 3, "r1", at(2ms));
     },
     {{anomaly::response_lost, 1}},
     false},
    {"several responses never come",
     [](single_vehicle_ledger& c) {
         c.ledger.response_observed(c.vehicle, 3, "r1", at(1ms));
         c.ledger.response_observed(c.vehicle, 4, "r1", at(2ms));
         c.ledger.response_observed(c.vehicle, 6, "r1", at(3ms));
         c.ledger.response_observed(vehicle_id{8}, 1, "r1", at(3ms));
     },
     {{anomaly::response_lost, 3}},
     false},
    {"the final response is lost on its way: time-out and gap are one thing",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.ledger.delivered(c.vehicle, "r1", at(5ms));
         c.ledger.message(c.vehicle, "r1", false, "t", "ack", at(6ms));
         c.ledger.response_observed(c.vehicle, 1, "r1", at(7ms));
         c.ledger.message(c.vehicle, "r1", false, "t", "final", at(8ms));
         c.ledger.finished(c.vehicle, "r1", at(8ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "timeout", at(5050ms));
         c.ledger.response_observed(c.vehicle, 3, "r2", at(6s));
     },
     {{anomaly::response_lost, 1}}},
    {"the final response arrives at loadsim, but not at the platform",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.ledger.delivered(c.vehicle, "r1", at(5ms));
         c.ledger.message(c.vehicle, "r1", false, "t", "final", at(8ms));
         c.ledger.finished(c.vehicle, "r1", at(8ms));
         c.ledger.response_observed(c.vehicle, 1, "r1", at(9ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "timeout", at(5050ms));
         c.ledger.response_observed(c.vehicle, 3, "r2", at(6s));
     },
     {{anomaly::response_lost, 2}}},
    {"a response comes twice",
     [](single_vehicle_ledger& c) {
         c.ledger.response_observed(c.vehicle, 1, "r1", at(1ms));
         c.ledger.response_observed(c.vehicle, 2, "r1", at(2ms));
         c.ledger.response_observed(c.vehicle, 1, "r1", at(3ms));
     },
     {{anomaly::response_duplicated, 1}},
     false},
    {"a response comes after the next one, and is not lost",
     [](single_vehicle_ledger& c) {
         for (const std::uint64_t n : {1U, 5U, 3U, 2U, 4U, 6U}) c.ledger.response_observed(c.vehicle, n, "r1", at(1ms));
     },
     {{anomaly::response_out_of_order, 3}},
     false},
    {"a response comes late and then again",
     [](single_vehicle_ledger& c) {
         for (const std::uint64_t n : {2U, 1U, 1U}) c.ledger.response_observed(c.vehicle, n, "r1", at(1ms));
     },
     {{anomaly::response_out_of_order, 1}, {anomaly::response_duplicated, 1}},
     false},
    {"an end is announced twice",
     [](single_vehicle_ledger& c) {
         c.successful_request(1);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(50ms));
     },
     {{anomaly::completion_duplicated, 1}}},
    {"an end is announced twice before the answer is there",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.respond(1);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(40ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(41ms));
         c.ledger.accepted(c.key(1), "r1", at(42ms));
     },
     {{anomaly::completion_duplicated, 1}}},
    {"another end is announced",
     [](single_vehicle_ledger& c) {
         c.successful_request(1);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::failed, "door_open", at(50ms));
     },
     {{anomaly::completion_contradicted, 1}}},
    {"an end of a request before comes when the next is open",
     [](single_vehicle_ledger& c) {
         c.successful_request(1);
         c.begin(2, 1s);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(1002ms));
         c.ledger.accepted(c.key(2), "r2", at(1003ms));
         c.respond(2, 1s);
         c.ledger.completion_observed(c.vehicle, "r2", outcome::executed, "", at(1040ms));
     },
     {{anomaly::completion_duplicated, 1}}},
    {"an end is announced that is nobody's",
     [](single_vehicle_ledger& c) {
         c.ledger.completion_observed(c.vehicle, "zz", outcome::executed, "", at(50ms));
         c.accepted_request(1);
         c.ledger.completion_observed(c.vehicle, "yy", outcome::executed, "", at(51ms));
         c.respond(1);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(52ms));
     },
     {{anomaly::completion_unknown, 2}},
     false},
    {"an end before the answer turns out to be another's",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.completion_observed(c.vehicle, "zz", outcome::failed, "", at(2ms));
         c.ledger.accepted(c.key(1), "r1", at(3ms));
         c.respond(1);
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(40ms));
     },
     {{anomaly::completion_unknown, 1}},
     false},
    {"a completion is announced before the final response",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.ledger.delivered(c.vehicle, "r1", at(5ms));
         c.ledger.acked(c.vehicle, "r1", at(6ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::failed, "", at(7ms));
     },
     {{anomaly::completion_before_response, 1}}},
    {"nobody announces an end",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.respond(1);
         c.ledger.expire_requests(at(60s));
     },
     {{anomaly::completion_missing, 1}}},
    {"an end comes when it is no longer waited for, and again",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.respond(1);
         c.ledger.expire_requests(at(60s));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(61s));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(62s));
     },
     {{anomaly::completion_missing, 1}, {anomaly::completion_duplicated, 1}}},
    {"the answer never came, and neither did an end",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.expire_requests(at(60s));
     },
     {}},
    {"the answer was lost, and command and end come later, when the next is open",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.errored(c.key(1), "no response in time", at(10s));
         c.begin(2, 11s);
         c.ledger.delivered(c.vehicle, "r1", at(11'002ms));
         c.ledger.accepted(c.key(2), "r2", at(11'003ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(11'004ms));
         c.respond(2, 11s);
         c.ledger.completion_observed(c.vehicle, "r2", outcome::executed, "", at(11'040ms));
     },
     {}},
    {"two requests fail without an answer, and their commands come late, in order",
     [](single_vehicle_ledger& c) {
         c.errored_request_with_id(1);
         c.errored_request_with_id(2, 20s);
         EXPECT_EQ(c.ledger.delivered(c.vehicle, "r1", at(40s)).arrival, arrival_id{1});
         EXPECT_EQ(c.ledger.delivered(c.vehicle, "r2", at(41s)).arrival, arrival_id{2});
     },
     {{anomaly::command_late, 2}}},
    {"two requests fail without an answer, and their commands come in the other order",
     [](single_vehicle_ledger& c) {
         c.errored_request_with_id(1);
         c.errored_request_with_id(2, 20s);
         c.ledger.delivered(c.vehicle, "r2", at(40s));
         c.ledger.delivered(c.vehicle, "r1", at(41s));
     },
     {{anomaly::command_late, 1}, {anomaly::command_out_of_order, 1}}},
    {"a command comes when the request is no longer waited for",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1);
         c.ledger.expire_requests(at(60s));
         c.ledger.delivered(c.vehicle, "r1", at(61s));
     },
     {{anomaly::completion_missing, 1}, {anomaly::command_late, 1}}},
    {"the answers of two requests are lost, and their commands come later, in order",
     [](single_vehicle_ledger& c) {
         for (const unsigned n : {1U, 2U}) {
             c.begin(n, n * 20s);
             c.ledger.errored(c.key(n), "no response in time", at(n * 20s + 10s));
         }
         EXPECT_EQ(c.ledger.delivered(c.vehicle, "r1", at(60s)).arrival, arrival_id{1});
         EXPECT_EQ(c.ledger.delivered(c.vehicle, "r2", at(61s)).arrival, arrival_id{2});
     },
     {}},
    {"the answers of two requests are lost, and both commands come while the second is open",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.errored(c.key(1), "no response in time", at(10s));
         c.begin(2, 20s);
         c.ledger.delivered(c.vehicle, "r1", at(20'002ms));
         c.ledger.delivered(c.vehicle, "r2", at(20'003ms));
         c.ledger.errored(c.key(2), "no response in time", at(30s));
     },
     {}},
    {"no answer has an id: the command, the responses and the end say which it is",
     [](single_vehicle_ledger& c) {
         for (const unsigned n : {1U, 2U}) {
             c.begin(n, n * 1s);
             EXPECT_EQ(c.ledger.accepted(c.key(n), "", at(n * 1s + 4ms)), "");
             EXPECT_TRUE(c.ledger.delivered(c.vehicle, c.id(n), at(n * 1s + 10ms)).identifies);
             c.ledger.finished(c.vehicle, c.id(n), at(n * 1s + 30ms));
             c.ledger.completion_observed(c.vehicle, c.id(n), outcome::executed, "", at(n * 1s + 40ms));
         }
         const auto t = c.ledger.take_counts();
         EXPECT_EQ(t.requests.unexpected, 0U);
         EXPECT_EQ(t.latencies.select(hop::dispatch).count(), 2U);
         c.collect(t);
     },
     {}},
    {"no answer has an id, and the command comes before the answer",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         EXPECT_FALSE(c.ledger.delivered(c.vehicle, "r1", at(2ms)).identifies);
         EXPECT_EQ(c.ledger.accepted(c.key(1), "", at(4ms)), "r1");
         c.ledger.finished(c.vehicle, "r1", at(5ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(6ms));
     },
     {}},
    {"no answer and no end has an id: two observers see the end",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.accepted(c.key(1), "", at(4ms));
         c.ledger.delivered(c.vehicle, "r1", at(5ms));
         c.ledger.finished(c.vehicle, "r1", at(6ms));
         c.ledger.completion_observed(c.vehicle, "", outcome::executed, "", at(7ms), 0);
         c.ledger.completion_observed(c.vehicle, "", outcome::executed, "", at(8ms), 1);
     },
     {}},
    {"no answer has an id, and a second command comes",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.accepted(c.key(1), "", at(4ms));
         c.ledger.delivered(c.vehicle, "r1", at(5ms));
         c.ledger.delivered(c.vehicle, "zz", at(6ms));
         c.ledger.finished(c.vehicle, "r1", at(7ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(8ms));
     },
     {{anomaly::concurrent_request, 1}}},
    {"no answer has an id, and the command never comes",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.accepted(c.key(1), "", at(4ms));
         c.ledger.completion_observed(c.vehicle, "", outcome::timed_out, "timeout", at(5050ms));
     },
     {{anomaly::command_lost, 1}}},
    {"no answer has an id, and the command comes after the end, before the next answer",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.accepted(c.key(1), "", at(4ms));
         c.ledger.completion_observed(c.vehicle, "", outcome::timed_out, "timeout", at(5050ms));
         c.begin(2, 6s);
         c.ledger.delivered(c.vehicle, "r1", at(6002ms));
         c.ledger.delivered(c.vehicle, "r2", at(6003ms));
         c.ledger.accepted(c.key(2), "r2", at(6004ms));
         c.ledger.finished(c.vehicle, "r2", at(6005ms));
         c.ledger.completion_observed(c.vehicle, "r2", outcome::executed, "", at(6006ms));
     },
     {{anomaly::command_late, 1}}},
    {"a command is for another service, before and after the answer",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.delivered(c.vehicle, "r1", at(2ms), {.service = "light-flash"});
         c.ledger.accepted(c.key(1), "r1", at(4ms));
         c.ledger.finished(c.vehicle, "r1", at(5ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(6ms));
         c.accepted_request(2, 1s);
         c.ledger.delivered(c.vehicle, "r2", at(1005ms), {.service = ""});
         c.ledger.finished(c.vehicle, "r2", at(1006ms));
         c.ledger.completion_observed(c.vehicle, "r2", outcome::executed, "", at(1007ms));
     },
     {{anomaly::command_wrong_service, 2}}},
    {"a command has other parameters",
     [](single_vehicle_ledger& c) {
         const std::vector<std::string> requested{"21", ""};
         const std::vector<std::string> received{"22", "left"};
         c.begin(1);
         c.ledger.requested(c.key(1), "", {.parameters = requested});
         c.ledger.accepted(c.key(1), "r1", at(4ms));
         c.ledger.delivered(c.vehicle, "r1", at(5ms), {.service = "horn", .parameters = received});
         c.ledger.finished(c.vehicle, "r1", at(6ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(7ms));
     },
     {{anomaly::command_wrong_parameters, 1}}},
    {"a command of another request is for another service",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.delivered(c.vehicle, "zz", at(2ms), {.service = "light-flash"});
         c.ledger.delivered(c.vehicle, "r1", at(3ms), {.service = "horn"});
         c.ledger.accepted(c.key(1), "r1", at(4ms));
         c.ledger.finished(c.vehicle, "r1", at(5ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(6ms));
     },
     {{anomaly::concurrent_request, 1}}},
    {"something could not be read",
     [](single_vehicle_ledger& c) {
         c.ledger.record_anomaly(anomaly::malformed_payload, c.vehicle, "", "17 bytes", at(1ms));
     },
     {{anomaly::malformed_payload, 1}},
     false},
    {"a stranger gets in",
     [](single_vehicle_ledger& c) {
         c.ledger.record_anomaly(anomaly::unauthorized_accepted, c.vehicle, "", "a session", at(1ms));
     },
     {{anomaly::unauthorized_accepted, 1}},
     false},
    {"a platform is early",
     [](single_vehicle_ledger& c) {
         c.accepted_request(1, 0ms, outcome::timed_out);
         c.ledger.delivered(c.vehicle, "r1", at(5ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "timeout", at(1s));
     },
     {{anomaly::negative_sample, 1}}},
    {"a completion before the final response of the vehicle, and the API's response after both",
     [](single_vehicle_ledger& c) {
         c.begin(1);
         c.ledger.delivered(c.vehicle, "r1", at(2ms));
         c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(3ms));
         c.ledger.finished(c.vehicle, "r1", at(4ms));
         c.ledger.accepted(c.key(1), "r1", at(5ms));
     },
     {{anomaly::completion_before_response, 1}}},
};

} // namespace

TEST(anomalies, are_counted_once_for_each_fault) {
    for (const auto& r : anomaly_cases) {
        SCOPED_TRACE(r.name);
        single_vehicle_ledger c;
        r.events(c);
        c.ledger.finish(at(1h));
        c.collect(c.ledger.take_counts());
        EXPECT_EQ(c.ledger.open_count(), 0U);
        EXPECT_EQ(c.unexpected_anomaly_counts(), r.found);
        EXPECT_TRUE(c.expected_anomaly_counts().empty());
        EXPECT_EQ(c.recorded_anomaly_counts(), r.found) << "with evidence";
    }
}

TEST(anomalies, are_all_in_the_table) {
    for (std::size_t i = 0; i < anomaly_count; ++i) {
        const auto a = static_cast<anomaly>(i);
        EXPECT_TRUE(std::ranges::any_of(anomaly_cases, [&](const anomaly_case& r) { return r.found.contains(a); }))
            << to_string(a);
    }
}

TEST(anomalies, expected_by_a_behaviour_are_counted_separately) {
    for (const auto& r : anomaly_cases) {
        SCOPED_TRACE(r.name);
        single_vehicle_ledger c;
        for (const auto& [a, count] : r.found) c.expected_anomalies.add(a);
        r.events(c);
        c.ledger.finish(at(1h));
        c.collect(c.ledger.take_counts());
        EXPECT_EQ(c.expected_anomaly_counts(), r.has_request ? r.found : single_vehicle_ledger::counts{});
        EXPECT_EQ(c.unexpected_anomaly_counts(), r.has_request ? single_vehicle_ledger::counts{} : r.found);
        for (const auto& told : c.collected.anomaly_records) EXPECT_EQ(told.expected, r.has_request) << told.evidence;
    }
}

TEST(anomalies, expected_of_one_kind_do_not_affect_another_kind) {
    single_vehicle_ledger c;
    c.expected_anomalies.add(anomaly::completion_duplicated);
    c.successful_request(1);
    c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(50ms));
    c.ledger.completion_observed(c.vehicle, "r1", outcome::failed, "", at(51ms));
    c.collect(c.ledger.take_counts());
    EXPECT_EQ(c.unexpected_anomaly_counts(), (single_vehicle_ledger::counts{{anomaly::completion_contradicted, 1}}));
    EXPECT_EQ(c.expected_anomaly_counts(), (single_vehicle_ledger::counts{{anomaly::completion_duplicated, 1}}));
}

// MQTT 5.0, 4.4: unacknowledged messages are resent, and observers receive them twice.
TEST(anomalies, do_not_include_messages_resent_by_a_resumed_session) {
    single_vehicle_ledger c;
    c.accepted_request(1);
    c.respond(1);
    c.ledger.response_observed(c.vehicle, 1, "r1", at(16ms));
    c.ledger.vehicle_unreachable(c.vehicle);
    c.ledger.vehicle_reachable(c.vehicle);
    c.ledger.response_observed(c.vehicle, 1, "r1", at(20ms));
    c.ledger.response_observed(c.vehicle, 2, "r1", at(31ms));
    c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(40ms));
    c.collect(c.ledger.take_counts());
    EXPECT_EQ(c.unexpected_anomaly_counts(), single_vehicle_ledger::counts{});
    c.ledger.response_observed(c.vehicle, 2, "r1", at(50ms));
    c.collect(c.ledger.take_counts());
    EXPECT_EQ(c.unexpected_anomaly_counts(), (single_vehicle_ledger::counts{{anomaly::response_duplicated, 1}}))
        << "its session has stood since";
}
