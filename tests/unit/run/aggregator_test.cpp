#include "aggregator.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;

namespace {

load::schedule ten_seconds() {
    load::phase p;
    p.name = "steady";
    p.duration = 10s;
    p.arrival_rate = rate{5};
    return {{p}, load::spacing::uniform, 1};
}

measure::snapshot of(std::uint32_t online, std::uint64_t due) {
    measure::snapshot s;
    s.sessions_planned = 10;
    s.sessions_online = online;
    s.cpu_s = 0.5;
    s.rss_bytes = 1000 * online;
    s.counts.requests.due = due;
    s.counts.request_records.resize(due);
    s.counts.anomaly_records.resize(2 * due);
    s.counts.session_records.resize(3 * due);
    return s;
}

const monotonic_time begun{1h};

} // namespace

TEST(aggregator, progress_has_the_totals_since_the_last_call) {
    const auto plan = ten_seconds();
    aggregator all(plan, begun);
    all.add(of(3, 1));
    all.add(of(10, 2));
    auto p = all.progress(measure::stage::load, begun + 2s, begun + 3s);
    EXPECT_EQ(p.interval.requests.due, 3U);
    EXPECT_EQ(p.interval.request_records.size(), 3U);
    EXPECT_EQ(p.interval.anomaly_records.size(), 6U);
    EXPECT_EQ(p.interval.session_records.size(), 9U);
    EXPECT_EQ(p.interval_s, 3);
    EXPECT_EQ(p.elapsed, 3s);
    EXPECT_EQ(p.load_elapsed, 1s);
    EXPECT_EQ(p.target_rate, 5);
    EXPECT_EQ(p.sessions_online, 10U) << "how it stands is the latest word, not a sum";
    EXPECT_EQ(p.generator.cpu_s, 0.5);

    all.add(of(4, 4));
    p = all.progress(measure::stage::draining, begun + 2s, begun + 4s);
    EXPECT_EQ(p.interval.requests.due, 4U);
    EXPECT_EQ(p.interval.request_records.size(), 4U) << "told once";
    EXPECT_EQ(p.interval_s, 1);
    EXPECT_EQ(p.cumulative->requests.due, 7U);
    EXPECT_TRUE(p.cumulative->request_records.empty()) << "only counts are kept for the whole run";
    EXPECT_EQ(all.sessions_peak(), 10U);
    EXPECT_EQ(all.rss_peak(), 10'000U);
}

TEST(snapshot, sum_of_two_is_ready_when_both_are) {
    auto one = of(1, 1);
    one.all_due = one.driver_ready = true;
    auto two = of(2, 5);
    two.setup_error = "no broker";
    two.in_flight = 3;
    one.add(two);
    EXPECT_FALSE(one.all_due);
    EXPECT_FALSE(one.driver_ready);
    EXPECT_EQ(one.setup_error, "no broker");
    EXPECT_EQ(one.sessions_planned, 20U);
    EXPECT_EQ(one.sessions_online, 3U);
    EXPECT_EQ(one.in_flight, 3U);
    EXPECT_EQ(one.counts.requests.due, 6U);
    EXPECT_EQ(one.counts.request_records.size(), 6U);
    EXPECT_EQ(one.counts.anomaly_records.size(), 12U);
    EXPECT_EQ(one.counts.session_records.size(), 18U);
    EXPECT_EQ(one.cpu_s, 1.0);
    EXPECT_EQ(one.rss_bytes, 3000U);
}
