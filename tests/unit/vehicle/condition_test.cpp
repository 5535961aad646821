// Condition windows and validation of conditions.
#include <loadsim/vehicle/condition.hpp>

#include <loadsim/base/random.hpp>

#include <gmock/gmock.h>

#include <set>

using namespace loadsim;
using namespace loadsim::vehicle;
using namespace std::chrono_literals;

namespace {

using enum condition::kind;
constexpr std::uint32_t fleet_size = 10'000;
constexpr delay twenty_seconds{delay::kind::fixed, 20s, {}, {}};

condition make_condition(condition::kind what) {
    condition c;
    c.name = "c";
    c.type = what;
    c.start = 60s;
    if (has_duration(what) && what != handover) c.duration = twenty_seconds;
    if (what == slow) c.bytes_per_second = 1000;
    if (what == lossy) c.loss = fraction{0.1};
    if (what == spike) c.factor = 40;
    return c;
}

constexpr condition::kind all_kinds[] = {tunnel, garage, handover,        half_open, slow,
                                         lossy,  outage, reconnect_storm, power_on,  spike};

std::vector<condition_window> windows_of(const condition& c, std::uint32_t condition_index = 0, std::uint32_t n = 0,
                                         std::uint64_t seed = 1) {
    std::vector<condition_window> all;
    for (std::uint32_t v = 0; v < fleet_size; ++v)
        if (const auto s = window_of(c, condition_index, n, seed, vehicle_id{v})) all.push_back(*s);
    return all;
}

std::set<std::uint32_t> affected_vehicles(const condition& c, std::uint32_t condition_index = 0, std::uint32_t n = 0,
                                          std::uint64_t seed = 1) {
    std::set<std::uint32_t> all;
    for (std::uint32_t v = 0; v < fleet_size; ++v)
        if (window_of(c, condition_index, n, seed, vehicle_id{v})) all.insert(v);
    return all;
}

std::vector<std::string> found(const condition& c) {
    std::vector<std::string> all;
    for (const auto& f : check(c)) all.push_back(f.path + ": " + f.text);
    return all;
}

} // namespace

TEST(condition, applies_to_its_segments_or_all) {
    auto c = make_condition(tunnel);
    EXPECT_TRUE(applies_to(c, "city"));
    c.segments = {"land", "sea"};
    EXPECT_FALSE(applies_to(c, "city"));
    EXPECT_TRUE(applies_to(c, "sea"));
}

TEST(condition, starts_periodically) {
    auto c = make_condition(tunnel);
    EXPECT_EQ(start_of(c, 0), 60s);
    c.interval = 100s;
    EXPECT_EQ(start_of(c, 0), 60s);
    EXPECT_EQ(start_of(c, 3), 360s);
}

TEST(condition_window, is_the_same_for_all_vehicles_by_default) {
    for (const auto k : all_kinds) {
        const auto all = windows_of(make_condition(k));
        ASSERT_EQ(all.size(), fleet_size) << to_string(k);
        for (const auto& s : all) {
            EXPECT_EQ(s.from, 60s) << to_string(k);
            EXPECT_EQ(s.until, 60s + make_condition(k).duration.a) << to_string(k);
        }
    }
}

TEST(condition_window, affects_a_fraction_drawn_for_each_occurrence) {
    auto c = make_condition(tunnel);
    c.affected_fraction = fraction{0.2};
    c.interval = 100s;
    const auto first = affected_vehicles(c);
    EXPECT_NEAR(static_cast<double>(first.size()), fleet_size * 0.2, 200); // five standard deviations
    EXPECT_EQ(affected_vehicles(c), first) << "the same for whoever asks";
    EXPECT_NE(affected_vehicles(c, 0, 1), first) << "another occurrence";
    EXPECT_NE(affected_vehicles(c, 1, 0), first) << "another condition";
    EXPECT_NE(affected_vehicles(c, 0, 0, 2), first) << "another seed";
}

TEST(condition_window, start_has_jitter_and_duration_is_sampled) {
    auto c = make_condition(tunnel);
    c.jitter = 10s;
    c.interval = 100s;
    c.duration = {delay::kind::uniform, 5s, 25s, {}};
    std::set<nanoseconds> begins;
    for (const auto& s : windows_of(c, 0, 3)) {
        EXPECT_GE(s.from, 360s);
        EXPECT_LT(s.from, 370s);
        EXPECT_GE(s.until - s.from, 5s);
        EXPECT_LE(s.until - s.from, 25s);
        begins.insert(s.from);
    }
    EXPECT_GT(begins.size(), fleet_size / 2) << "each at its own time";
    EXPECT_LT(*begins.begin(), 361s);
    EXPECT_GT(*begins.rbegin(), 369s);
}

TEST(condition_window, starts_evenly_over_the_spread) {
    for (const auto k : {reconnect_storm, power_on}) {
        auto c = make_condition(k);
        c.spread = 10s;
        int early = 0;
        for (const auto& s : windows_of(c)) {
            EXPECT_GE(s.from, 60s);
            EXPECT_LT(s.from, 70s);
            EXPECT_EQ(s.until, s.from);
            early += s.from < 65s ? 1 : 0;
        }
        EXPECT_NEAR(early, fleet_size / 2, 250);
    }
}

TEST(condition_window, occurrences_use_disjoint_random_numbers) {
    // The last random number of an occurrence, the second of a lognormal, precedes the first of the next occurrence.
    auto c = make_condition(tunnel);
    c.jitter = 1s;
    c.affected_fraction = fraction{0.999999};
    c.duration = {delay::kind::lognormal, 5s, 25s, {}};
    constexpr std::uint64_t apart = 8;
    for (std::uint32_t n : {0U, 1U, 7U}) {
        random_stream same(1, stream_id::condition, 5, n * apart);
        EXPECT_LT(same.unit(), 0.999999);
        const auto late = nanoseconds{static_cast<std::int64_t>(1e9 * same.unit())};
        const auto length = sample(c.duration, same);
        EXPECT_LE(same.counter(), (n + 1) * apart);
        c.interval = 100s;
        const auto s = window_of(c, 0, n, 1, vehicle_id{5});
        ASSERT_TRUE(s);
        EXPECT_EQ(s->from, 60s + n * 100s + late);
        EXPECT_EQ(s->until, s->from + length);
    }
}

TEST(occurrence_count, is_counted_to_the_end_of_the_load) {
    auto c = make_condition(tunnel);
    EXPECT_EQ(occurrence_count(c, 61s), 1U);
    EXPECT_EQ(occurrence_count(c, 60s), 0U) << "its end is no part of the load";
    c.interval = 30s;
    EXPECT_EQ(occurrence_count(c, 60s), 0U);
    EXPECT_EQ(occurrence_count(c, 61s), 1U);
    EXPECT_EQ(occurrence_count(c, 90s), 1U);
    EXPECT_EQ(occurrence_count(c, 90s + 1ns), 2U);
    EXPECT_EQ(occurrence_count(c, 1h), 118U);
}

TEST(check_condition, accepts_each_kind) {
    for (const auto k : all_kinds) EXPECT_THAT(found(make_condition(k)), testing::IsEmpty()) << to_string(k);
    auto quick = make_condition(tunnel);
    quick.interval = 21s + 1ns;
    quick.jitter = 1s;
    EXPECT_THAT(found(quick), testing::IsEmpty());
    auto gap = make_condition(handover);
    gap.duration.a = 50ms;
    EXPECT_THAT(found(gap), testing::IsEmpty());
    EXPECT_EQ(windows_of(gap).front().until, 60s + 50ms);
    auto late = make_condition(slow);
    late.bytes_per_second = 0;
    late.added_delay.a = 1s;
    EXPECT_THAT(found(late), testing::IsEmpty()) << "one of the two is enough";
    auto less = make_condition(spike);
    less.factor = 0.5;
    EXPECT_THAT(found(less), testing::IsEmpty()) << "a dip";
}

TEST(check_condition, reports_issues_with_their_paths) {
    const auto changed = [](condition::kind k, void (*change)(condition&)) {
        auto c = make_condition(k);
        change(c);
        return c;
    };
    const std::pair<condition, const char*> rows[] = {
        {changed(tunnel, [](condition& c) { c.name.clear(); }), "name: a condition needs a name"},
        {changed(tunnel, [](condition& c) { c.start = -1s; }), "at: nothing begins before the load"},
        {changed(tunnel, [](condition& c) { c.affected_fraction = fraction{0}; }),
         "share: a share of 0% affects no vehicle"},
        {changed(tunnel, [](condition& c) { c.interval = 20s; }),
         "every: it comes again after 20s, before it has passed"},
        {changed(tunnel,
                 [](condition& c) {
                     c.interval = 21s;
                     c.jitter = 1s;
                 }),
         "every: it comes again after 21s, before it has passed (after 21s, with jitter)"},
        {changed(tunnel,
                 [](condition& c) {
                     c.interval = 30s;
                     c.duration = {delay::kind::uniform, 1s, 30s, {}};
                 }),
         "every: it comes again after 30s"},
        {changed(tunnel,
                 [](condition& c) {
                     c.interval = 30s;
                     c.duration = {delay::kind::lognormal, 1s, 40s, {}};
                 }),
         "every: it comes again after 30s, before it has passed (after 40s"},
        {changed(reconnect_storm,
                 [](condition& c) {
                     c.interval = 5s;
                     c.spread = 5s;
                 }),
         "every: it comes again after 5s"},
        {changed(handover, [](condition& c) { c.interval = 0s; }), "every: it comes again after 0s"},
        {changed(tunnel, [](condition& c) { c.duration.a = 0s; }), "for: how long?"},
        {changed(tunnel,
                 [](condition& c) {
                     c.duration = {delay::kind::uniform, 2s, 1s, {}};
                 }),
         "for: max is less than min"},
        {changed(outage,
                 [](condition& c) {
                     c.duration = {delay::kind::uniform, 1s, 2s, {}};
                 }),
         "for: it affects all vehicles"},
        {changed(spike, [](condition& c) { c.duration.max = 1s; }), "for: it affects all vehicles"},
        {changed(slow, [](condition& c) { c.bytes_per_second = 0; }), ": what is slow about it?"},
        {changed(slow,
                 [](condition& c) {
                     c.added_delay = {delay::kind::uniform, 2s, 1s, {}};
                 }),
         "delay: max is less than min"},
        {changed(lossy, [](condition& c) { c.loss = fraction{0}; }), "loss: a loss of 0%"},
        {changed(spike, [](condition& c) { c.factor = 0; }), "factor: a spike is more than 0"},
        {changed(spike, [](condition& c) { c.factor = 10'001; }), "factor: a spike is more than 0"},
        {changed(garage,
                 [](condition& c) {
                     c.expected = {outcome::timed_out, outcome::skipped};
                 }),
         "expect: a request is"},
    };
    for (const auto& [c, what] : rows) EXPECT_THAT(found(c), testing::ElementsAre(testing::StartsWith(what)));
}
