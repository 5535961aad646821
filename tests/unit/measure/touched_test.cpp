// Conditions widen what is right, and being away explains what does not come.
#include "one_car.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t tunnel = 0;
constexpr std::uint32_t garage = 1;
const outcome_set either{outcome::executed, outcome::timed_out};

anomaly_set meant(anomaly a) {
    anomaly_set all;
    all.add(a);
    return all;
}

} // namespace

TEST(touched, requests_may_end_as_their_condition_says_too) {
    struct {
        const char* name;
        std::function<void(one_car&)> before, during;
        bool widened;
    } const rows[] = {
        {"not touched", [](one_car&) {}, [](one_car&) {}, false},
        {"touched while open", [](one_car&) {},
         [](one_car& c) { c.ledger.touched(c.car, tunnel, outcome::timed_out, {}); }, true},
        {"touched and passed while open: it stays so", [](one_car&) {},
         [](one_car& c) {
             c.ledger.touched(c.car, tunnel, outcome::timed_out, {});
             c.ledger.passed(c.car, tunnel);
         },
         true},
        {"touched since before", [](one_car& c) { c.ledger.touched(c.car, tunnel, outcome::timed_out, {}); },
         [](one_car&) {}, true},
        {"passed before",
         [](one_car& c) {
             c.ledger.touched(c.car, tunnel, outcome::timed_out, {});
             c.ledger.passed(c.car, tunnel);
         },
         [](one_car&) {}, false},
        {"one of two has passed",
         [](one_car& c) {
             c.ledger.touched(c.car, tunnel, outcome::timed_out, {});
             c.ledger.touched(c.car, garage, {}, {});
             c.ledger.passed(c.car, garage);
         },
         [](one_car&) {}, true},
        {"the same twice, and one has passed",
         [](one_car& c) {
             c.ledger.touched(c.car, tunnel, outcome::timed_out, {});
             c.ledger.touched(c.car, tunnel, outcome::timed_out, {});
             c.ledger.passed(c.car, tunnel);
         },
         [](one_car&) {}, true},
        {"another vehicle", [](one_car& c) { c.ledger.touched(vehicle_id{8}, tunnel, outcome::timed_out, {}); },
         [](one_car&) {}, false},
        {"what passes without having begun is nothing", [](one_car& c) { c.ledger.passed(c.car, tunnel); },
         [](one_car&) {}, false},
    };
    for (const auto& r : rows) {
        SCOPED_TRACE(r.name);
        one_car c;
        r.before(c);
        c.request(1);
        r.during(c);
        c.ledger.ended(c.car, "r1", outcome::timed_out, "timeout", at(5050ms));
        const auto t = c.ledger.take();
        EXPECT_EQ(t.requests.unexpected, r.widened ? 0U : 1U);
        const auto expected = r.widened ? either : outcome_set(outcome::executed);
        EXPECT_EQ(t.matrix.at({0, 0, expected, outcome::timed_out}), 1U);
        EXPECT_EQ(t.matrix.size(), 1U);
    }
}

TEST(touched, requests_are_still_measured_by_e2e) {
    one_car c;
    c.request(1);
    c.ledger.touched(c.car, tunnel, outcome::timed_out, {});
    c.ledger.ended(c.car, "r1", outcome::timed_out, "timeout", at(5050ms));
    const auto t = c.ledger.take();
    EXPECT_EQ(t.latencies.select(hop::expiry).count(), 0U) << "its vehicle should have answered";
    EXPECT_EQ(t.latencies.select(hop::e2e).count(), 1U);
}

TEST(touched, vehicles_have_anomalies_that_are_meant) {
    struct {
        const char* name;
        anomaly what;
        std::function<void(one_car&)> happens;
        bool provoked;
    } const rows[] = {
        {"of the open request", anomaly::command_repeated,
         [](one_car& c) {
             c.request(1);
             c.ledger.touched(c.car, tunnel, {}, meant(anomaly::command_repeated));
             c.ledger.passed(c.car, tunnel);
             c.ledger.delivered(c.car, "r1", at(5ms));
             c.ledger.delivered(c.car, "r1", at(6ms));
         },
         true},
        {"of a request that it touched, when that is over", anomaly::command_late,
         [](one_car& c) {
             c.ledger.touched(c.car, garage, outcome::timed_out, meant(anomaly::command_late));
             c.times_out(1);
             c.ledger.passed(c.car, garage);
             c.ledger.delivered(c.car, "r1", at(60s));
         },
         true},
        {"of no request", anomaly::let_in,
         [](one_car& c) {
             c.ledger.touched(c.car, tunnel, {}, meant(anomaly::let_in));
             c.ledger.note(anomaly::let_in, c.car, "", "a session", at(1s));
         },
         true},
        {"of no request, when it has passed", anomaly::let_in,
         [](one_car& c) {
             c.ledger.touched(c.car, tunnel, {}, meant(anomaly::let_in));
             c.ledger.passed(c.car, tunnel);
             c.ledger.note(anomaly::let_in, c.car, "", "a session", at(1s));
         },
         false},
        {"of another vehicle", anomaly::let_in,
         [](one_car& c) {
             c.ledger.touched(vehicle_id{8}, tunnel, {}, meant(anomaly::let_in));
             c.ledger.note(anomaly::let_in, c.car, "", "a session", at(1s));
         },
         false},
        {"of another kind", anomaly::let_in,
         [](one_car& c) {
             c.ledger.touched(c.car, tunnel, {}, meant(anomaly::command_late));
             c.ledger.note(anomaly::let_in, c.car, "", "a session", at(1s));
         },
         false},
        {"a word lost while it lasts", anomaly::word_lost,
         [](one_car& c) {
             c.ledger.touched(c.car, tunnel, {}, meant(anomaly::word_lost));
             c.ledger.heard(c.car, 2, "r1", at(1s));
             c.ledger.passed(c.car, tunnel);
         },
         true},
        {"a word lost while it lasted, which shows only later", anomaly::word_lost,
         [](one_car& c) {
             c.ledger.heard(c.car, 1, "r1", at(1s));
             c.ledger.touched(c.car, tunnel, {}, meant(anomaly::word_lost));
             c.ledger.passed(c.car, tunnel);
             c.ledger.heard(c.car, 3, "r1", at(1min));
         },
         true},
        {"a word lost long after", anomaly::word_lost,
         [](one_car& c) {
             c.ledger.touched(c.car, tunnel, {}, meant(anomaly::word_lost));
             c.ledger.passed(c.car, tunnel);
             c.ledger.heard(c.car, 1, "r1", at(1min));
             c.ledger.heard(c.car, 3, "r1", at(2min));
         },
         false},
    };
    for (const auto& r : rows) {
        SCOPED_TRACE(r.name);
        one_car c;
        r.happens(c);
        c.ledger.finish(at(1h));
        c.keep(c.ledger.take());
        const one_car::counts one{{r.what, 1}};
        EXPECT_EQ(c.provoked(), r.provoked ? one : one_car::counts{});
        EXPECT_EQ(c.found(), r.provoked ? one_car::counts{} : one);
    }
}

TEST(away, vehicles_have_commands_that_waited) {
    one_car c;
    c.ledger.away(c.car);
    c.request(1);
    c.ledger.back(c.car);
    c.ledger.delivered(c.car, "r1", at(3s));
    c.ledger.finished(c.car, "r1", at(3s));
    c.ledger.ended(c.car, "r1", outcome::executed, "", at(3s));
    c.well(2, 10s); // nobody was away
    c.keep(c.ledger.take());
    EXPECT_EQ(c.all.queued.delivered, 1U);
    EXPECT_EQ(c.all.queued.out_of_order, 0U);
    EXPECT_EQ(c.all.queued.waited.count(), 1U);
    EXPECT_NEAR(static_cast<double>(c.all.queued.waited.max().count()) / 1e6, 2999, 3) << "since it was sent";
    EXPECT_TRUE(c.found().empty());
}

TEST(away, vehicles_may_get_what_waited_out_of_order) {
    one_car c;
    c.provokes.add(anomaly::command_out_of_order);
    c.provokes.add(anomaly::command_late);
    c.ledger.away(c.car);
    for (unsigned n = 1; n <= 3; ++n) c.times_out(n, n * 10s);
    c.ledger.back(c.car);
    c.ledger.delivered(c.car, "r1", at(60s));
    c.ledger.delivered(c.car, "r3", at(61s));
    c.ledger.delivered(c.car, "r2", at(62s));
    c.ledger.finish(at(90s));
    c.keep(c.ledger.take());
    EXPECT_EQ(c.all.queued.delivered, 3U);
    EXPECT_EQ(c.all.queued.out_of_order, 1U);
    EXPECT_EQ(c.provoked(), (one_car::counts{{anomaly::command_late, 2}, {anomaly::command_out_of_order, 1}}));
    EXPECT_TRUE(c.found().empty());
}
