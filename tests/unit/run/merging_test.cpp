#include "merging.hpp"

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
    s.sessions_asked = 10;
    s.sessions_online = online;
    s.cpu_s = 0.5;
    s.rss_bytes = 1000 * online;
    s.seen.requests.due = due;
    s.seen.requests_told.resize(due);
    s.seen.anomalies_told.resize(2 * due);
    s.seen.sessions_told.resize(3 * due);
    return s;
}

const monotonic_time begun{1h};

} // namespace

TEST(merging, tells_what_has_happened_since_it_was_asked_last) {
    const auto plan = ten_seconds();
    merging all(plan, begun);
    all.take(of(3, 1));
    all.take(of(10, 2));
    auto p = all.progress(measure::stage::load, begun + 2s, begun + 3s);
    EXPECT_EQ(p.interval.requests.due, 3U);
    EXPECT_EQ(p.interval.requests_told.size(), 3U);
    EXPECT_EQ(p.interval.anomalies_told.size(), 6U);
    EXPECT_EQ(p.interval.sessions_told.size(), 9U);
    EXPECT_EQ(p.interval_s, 3);
    EXPECT_EQ(p.elapsed, 3s);
    EXPECT_EQ(p.load_elapsed, 1s);
    EXPECT_EQ(p.asked_rate, 5);
    EXPECT_EQ(p.sessions_online, 10U) << "how it stands is the latest word, not a sum";
    EXPECT_EQ(p.generator.cpu_s, 0.5);

    all.take(of(4, 4));
    p = all.progress(measure::stage::draining, begun + 2s, begun + 4s);
    EXPECT_EQ(p.interval.requests.due, 4U);
    EXPECT_EQ(p.interval.requests_told.size(), 4U) << "told once";
    EXPECT_EQ(p.interval_s, 1);
    EXPECT_EQ(p.sum->requests.due, 7U);
    EXPECT_TRUE(p.sum->requests_told.empty()) << "only counts are kept for the whole run";
    EXPECT_EQ(all.sessions_peak(), 10U);
    EXPECT_EQ(all.rss_peak(), 10'000U);
}

TEST(snapshot, of_two_parts_is_ready_when_both_are) {
    auto one = of(1, 1);
    one.all_due = one.driver_ready = true;
    auto two = of(2, 5);
    two.trouble = "no broker";
    two.in_flight = 3;
    one.add(two);
    EXPECT_FALSE(one.all_due);
    EXPECT_FALSE(one.driver_ready);
    EXPECT_EQ(one.trouble, "no broker");
    EXPECT_EQ(one.sessions_asked, 20U);
    EXPECT_EQ(one.sessions_online, 3U);
    EXPECT_EQ(one.in_flight, 3U);
    EXPECT_EQ(one.seen.requests.due, 6U);
    EXPECT_EQ(one.seen.requests_told.size(), 6U);
    EXPECT_EQ(one.seen.anomalies_told.size(), 12U);
    EXPECT_EQ(one.seen.sessions_told.size(), 18U);
    EXPECT_EQ(one.cpu_s, 1.0);
    EXPECT_EQ(one.rss_bytes, 3000U);
}
