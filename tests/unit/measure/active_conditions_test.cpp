// Ledger: expected outcomes and anomalies of active conditions; commands for unreachable vehicles.
#include "single_vehicle_ledger.hpp"

#include <loadsim/base/counters.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <iterator>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t tunnel = 0;
constexpr std::uint32_t garage = 1;
const outcome_set executed_or_timed_out{outcome::executed, outcome::timed_out};

anomaly_set set_of(anomaly a) {
    anomaly_set all;
    all.add(a);
    return all;
}

} // namespace

TEST(active_conditions, add_expected_outcomes) {
    struct {
        const char* name;
        std::function<void(single_vehicle_ledger&)> before, during;
        bool widened;
    } const rows[] = {
        {"not touched", [](single_vehicle_ledger&) {}, [](single_vehicle_ledger&) {}, false},
        {"touched while open", [](single_vehicle_ledger&) {},
         [](single_vehicle_ledger& c) { c.ledger.condition_began(c.vehicle, tunnel, outcome::timed_out, {}); }, true},
        {"touched and passed while open: it stays so", [](single_vehicle_ledger&) {},
         [](single_vehicle_ledger& c) {
             c.ledger.condition_began(c.vehicle, tunnel, outcome::timed_out, {});
             c.ledger.condition_ended(c.vehicle, tunnel);
         },
         true},
        {"touched since before",
         [](single_vehicle_ledger& c) { c.ledger.condition_began(c.vehicle, tunnel, outcome::timed_out, {}); },
         [](single_vehicle_ledger&) {}, true},
        {"passed before",
         [](single_vehicle_ledger& c) {
             c.ledger.condition_began(c.vehicle, tunnel, outcome::timed_out, {});
             c.ledger.condition_ended(c.vehicle, tunnel);
         },
         [](single_vehicle_ledger&) {}, false},
        {"one of two has passed",
         [](single_vehicle_ledger& c) {
             c.ledger.condition_began(c.vehicle, tunnel, outcome::timed_out, {});
             c.ledger.condition_began(c.vehicle, garage, {}, {});
             c.ledger.condition_ended(c.vehicle, garage);
         },
         [](single_vehicle_ledger&) {}, true},
        {"the same twice, and one has passed",
         [](single_vehicle_ledger& c) {
             c.ledger.condition_began(c.vehicle, tunnel, outcome::timed_out, {});
             c.ledger.condition_began(c.vehicle, tunnel, outcome::timed_out, {});
             c.ledger.condition_ended(c.vehicle, tunnel);
         },
         [](single_vehicle_ledger&) {}, true},
        {"another vehicle",
         [](single_vehicle_ledger& c) { c.ledger.condition_began(vehicle_id{8}, tunnel, outcome::timed_out, {}); },
         [](single_vehicle_ledger&) {}, false},
        {"what passes without having begun is nothing",
         [](single_vehicle_ledger& c) { c.ledger.condition_ended(c.vehicle, tunnel); }, [](single_vehicle_ledger&) {},
         false},
    };
    for (const auto& r : rows) {
        SCOPED_TRACE(r.name);
        single_vehicle_ledger c;
        r.before(c);
        c.accepted_request(1);
        r.during(c);
        c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "timeout", at(5050ms));
        const auto t = c.ledger.take_counts();
        EXPECT_EQ(t.requests.unexpected, r.widened ? 0U : 1U);
        const auto expected = r.widened ? executed_or_timed_out : outcome_set(outcome::executed);
        EXPECT_EQ(t.matrix.at({0, 0, expected, outcome::timed_out}), 1U);
        EXPECT_EQ(t.matrix.size(), 1U);
    }
}

TEST(active_conditions, are_groups_of_the_requests_that_they_were_active_in) {
    single_vehicle_ledger c;
    c.successful_request(1); // in no condition
    c.ledger.condition_began(c.vehicle, tunnel, {}, {});
    c.accepted_request(2, 1s);
    c.ledger.condition_ended(c.vehicle, tunnel);
    c.ledger.condition_began(c.vehicle, garage, {}, {}); // during the request
    c.respond(2, 1s);
    c.ledger.completion_observed(c.vehicle, "r2", outcome::failed, "", at(1040ms));
    c.ledger.skip(due(3, 2s), "no vehicle was online and free", false);
    const auto t = c.ledger.take_counts();
    const struct {
        group_selection requests;
        std::uint64_t due, unexpected, samples;
    } rows[] = {
        {{}, 3, 2, 2},
        {{.segment = 0}, 3, 2, 2},
        {{.segment = 1}, 0, 0, 0},
        {{.condition = tunnel}, 1, 1, 1},
        {{.service = 0, .phase = 0, .segment = 0, .condition = garage}, 2, 2, 1},
    };
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        SCOPED_TRACE(i);
        request_counts sum;
        for (const auto& [group, counts] : t.groups)
            if (rows[i].requests.matches(group)) add(sum, counts);
        EXPECT_EQ(sum.due, rows[i].due);
        EXPECT_EQ(sum.ended(), rows[i].due);
        EXPECT_EQ(sum.sent, rows[i].samples);
        EXPECT_EQ(sum.unexpected, rows[i].unexpected);
        // Hops that end before the condition begins, too.
        for (const auto h : {hop::lag, hop::accept, hop::dispatch, hop::vehicle, hop::notify, hop::e2e, hop::platform})
            EXPECT_EQ(t.latencies.select(h, rows[i].requests).count(), rows[i].samples) << to_string(h);
    }
}

// As with a behaviour: a time-out that is right has the length that the platform's deadline has.
TEST(active_conditions, make_an_expected_timeout_a_sample_of_expiry) {
    single_vehicle_ledger c;
    c.accepted_request(1);
    c.ledger.condition_began(c.vehicle, tunnel, outcome::timed_out, {});
    c.ledger.completion_observed(c.vehicle, "r1", outcome::timed_out, "timeout", at(5050ms));
    const auto t = c.ledger.take_counts();
    EXPECT_EQ(t.latencies.select(hop::expiry).count(), 1U);
    EXPECT_EQ(t.latencies.select(hop::e2e).count(), 0U);
}

TEST(active_conditions, add_expected_anomalies) {
    struct {
        const char* name;
        anomaly what;
        std::function<void(single_vehicle_ledger&)> happens;
        bool provoked;
    } const rows[] = {
        {"of the open request", anomaly::command_duplicated,
         [](single_vehicle_ledger& c) {
             c.accepted_request(1);
             c.ledger.condition_began(c.vehicle, tunnel, {}, set_of(anomaly::command_duplicated));
             c.ledger.condition_ended(c.vehicle, tunnel);
             c.ledger.delivered(c.vehicle, "r1", at(5ms));
             c.ledger.delivered(c.vehicle, "r1", at(6ms));
         },
         true},
        {"of a request that it touched, when that is over", anomaly::command_late,
         [](single_vehicle_ledger& c) {
             c.ledger.condition_began(c.vehicle, garage, outcome::timed_out, set_of(anomaly::command_late));
             c.timed_out_request(1);
             c.ledger.condition_ended(c.vehicle, garage);
             c.ledger.delivered(c.vehicle, "r1", at(60s));
         },
         true},
        {"of no request", anomaly::unauthorized_accepted,
         [](single_vehicle_ledger& c) {
             c.ledger.condition_began(c.vehicle, tunnel, {}, set_of(anomaly::unauthorized_accepted));
             c.ledger.record_anomaly(anomaly::unauthorized_accepted, c.vehicle, "", "a session", at(1s));
         },
         true},
        {"of no request, when it has passed", anomaly::unauthorized_accepted,
         [](single_vehicle_ledger& c) {
             c.ledger.condition_began(c.vehicle, tunnel, {}, set_of(anomaly::unauthorized_accepted));
             c.ledger.condition_ended(c.vehicle, tunnel);
             c.ledger.record_anomaly(anomaly::unauthorized_accepted, c.vehicle, "", "a session", at(1s));
         },
         false},
        {"of another vehicle", anomaly::unauthorized_accepted,
         [](single_vehicle_ledger& c) {
             c.ledger.condition_began(vehicle_id{8}, tunnel, {}, set_of(anomaly::unauthorized_accepted));
             c.ledger.record_anomaly(anomaly::unauthorized_accepted, c.vehicle, "", "a session", at(1s));
         },
         false},
        {"of another kind", anomaly::unauthorized_accepted,
         [](single_vehicle_ledger& c) {
             c.ledger.condition_began(c.vehicle, tunnel, {}, set_of(anomaly::command_late));
             c.ledger.record_anomaly(anomaly::unauthorized_accepted, c.vehicle, "", "a session", at(1s));
         },
         false},
        {"a response lost while it lasts", anomaly::response_lost,
         [](single_vehicle_ledger& c) {
             c.ledger.condition_began(c.vehicle, tunnel, {}, set_of(anomaly::response_lost));
             c.ledger.response_observed(c.vehicle, 2, "r1", at(1s));
             c.ledger.condition_ended(c.vehicle, tunnel);
         },
         true},
        {"a response lost while it lasted, which shows only later", anomaly::response_lost,
         [](single_vehicle_ledger& c) {
             c.ledger.response_observed(c.vehicle, 1, "r1", at(1s));
             c.ledger.condition_began(c.vehicle, tunnel, {}, set_of(anomaly::response_lost));
             c.ledger.condition_ended(c.vehicle, tunnel);
             c.ledger.response_observed(c.vehicle, 3, "r1", at(1min));
         },
         true},
        {"a response lost long after", anomaly::response_lost,
         [](single_vehicle_ledger& c) {
             c.ledger.condition_began(c.vehicle, tunnel, {}, set_of(anomaly::response_lost));
             c.ledger.condition_ended(c.vehicle, tunnel);
             c.ledger.response_observed(c.vehicle, 1, "r1", at(1min));
             c.ledger.response_observed(c.vehicle, 3, "r1", at(2min));
         },
         false},
    };
    for (const auto& r : rows) {
        SCOPED_TRACE(r.name);
        single_vehicle_ledger c;
        r.happens(c);
        c.ledger.finish(at(1h));
        c.collect(c.ledger.take_counts());
        const single_vehicle_ledger::counts one{{r.what, 1}};
        EXPECT_EQ(c.expected_anomaly_counts(), r.provoked ? one : single_vehicle_ledger::counts{});
        EXPECT_EQ(c.unexpected_anomaly_counts(), r.provoked ? single_vehicle_ledger::counts{} : one);
    }
}

TEST(unreachable, vehicles_receive_queued_commands) {
    single_vehicle_ledger c;
    c.ledger.vehicle_unreachable(c.vehicle);
    c.accepted_request(1);
    c.ledger.vehicle_reachable(c.vehicle);
    c.ledger.delivered(c.vehicle, "r1", at(3s));
    c.ledger.finished(c.vehicle, "r1", at(3s));
    c.ledger.completion_observed(c.vehicle, "r1", outcome::executed, "", at(3s));
    c.successful_request(2, 10s); // not queued
    c.collect(c.ledger.take_counts());
    EXPECT_EQ(c.collected.queued.delivered, 1U);
    EXPECT_EQ(c.collected.queued.out_of_order, 0U);
    EXPECT_EQ(c.collected.queued.wait.count(), 1U);
    EXPECT_NEAR(static_cast<double>(c.collected.queued.wait.max().count()) / 1e6, 2999, 3) << "since it was sent";
    EXPECT_TRUE(c.unexpected_anomaly_counts().empty());
}

TEST(unreachable, vehicles_may_receive_queued_commands_out_of_order) {
    single_vehicle_ledger c;
    c.expected_anomalies.add(anomaly::command_out_of_order);
    c.expected_anomalies.add(anomaly::command_late);
    c.ledger.vehicle_unreachable(c.vehicle);
    for (unsigned n = 1; n <= 3; ++n) c.timed_out_request(n, n * 10s);
    c.ledger.vehicle_reachable(c.vehicle);
    c.ledger.delivered(c.vehicle, "r1", at(60s));
    c.ledger.delivered(c.vehicle, "r3", at(61s));
    c.ledger.delivered(c.vehicle, "r2", at(62s));
    c.ledger.finish(at(90s));
    c.collect(c.ledger.take_counts());
    EXPECT_EQ(c.collected.queued.delivered, 3U);
    EXPECT_EQ(c.collected.queued.out_of_order, 1U);
    EXPECT_EQ(c.expected_anomaly_counts(),
              (single_vehicle_ledger::counts{{anomaly::command_late, 2}, {anomaly::command_out_of_order, 1}}));
    EXPECT_TRUE(c.unexpected_anomaly_counts().empty());
}

TEST(active_conditions, are_added_to_what_an_answer_expects) {
    const auto unexpected = [](bool widened, outcome_set answered) {
        single_vehicle_ledger c;
        c.accepted_request(1, 0s, {outcome::executed, outcome::failed, outcome::timed_out});
        c.ledger.delivered(c.vehicle, c.id(1), at(10ms));
        if (widened) c.ledger.condition_began(c.vehicle, tunnel, outcome::timed_out, {});
        c.ledger.expect(c.vehicle, "of another", outcome::failed);
        c.ledger.expect(c.vehicle, c.id(1), answered);
        c.ledger.completion_observed(c.vehicle, c.id(1), outcome::timed_out, "", at(10s));
        return c.ledger.take_counts().requests.unexpected;
    };
    EXPECT_EQ(unexpected(false, outcome::executed), 1U);
    EXPECT_EQ(unexpected(true, outcome::executed), 0U);
    EXPECT_EQ(unexpected(false, outcome::timed_out), 0U);
}
