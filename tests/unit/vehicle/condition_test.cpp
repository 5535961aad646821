// Whom conditions befall, when and how long; and which of them make no sense.
#include <loadsim/vehicle/condition.hpp>

#include <loadsim/base/draw.hpp>

#include <gmock/gmock.h>

#include <set>

using namespace loadsim;
using namespace loadsim::vehicle;
using namespace std::chrono_literals;

namespace {

using enum condition::kind;
constexpr std::uint32_t fleet = 10'000;
constexpr delay twenty_seconds{delay::kind::fixed, 20s, {}, {}};

condition like(condition::kind what) {
    condition c;
    c.name = "c";
    c.what = what;
    c.at = 60s;
    if (lasts(what) && what != handover) c.lasts = twenty_seconds;
    if (what == slow) c.bytes_per_second = 1000;
    if (what == lossy) c.loss = share{0.1};
    if (what == spike) c.factor = 40;
    return c;
}

constexpr condition::kind all_kinds[] = {tunnel, garage, handover,        half_open, slow,
                                         lossy,  outage, reconnect_storm, power_on,  spike};

std::vector<strike> strikes(const condition& c, std::uint32_t place = 0, std::uint32_t n = 0, std::uint64_t seed = 1) {
    std::vector<strike> all;
    for (std::uint32_t v = 0; v < fleet; ++v)
        if (const auto s = strike_of(c, place, n, seed, vehicle_id{v})) all.push_back(*s);
    return all;
}

std::set<std::uint32_t> struck(const condition& c, std::uint32_t place = 0, std::uint32_t n = 0,
                               std::uint64_t seed = 1) {
    std::set<std::uint32_t> all;
    for (std::uint32_t v = 0; v < fleet; ++v)
        if (strike_of(c, place, n, seed, vehicle_id{v})) all.insert(v);
    return all;
}

std::vector<std::string> found(const condition& c) {
    std::vector<std::string> all;
    for (const auto& f : check(c)) all.push_back(f.place + ": " + f.text);
    return all;
}

} // namespace

TEST(condition, befalls_the_segments_that_it_names_or_all) {
    auto c = like(tunnel);
    EXPECT_TRUE(befalls(c, "city"));
    c.segments = {"land", "sea"};
    EXPECT_FALSE(befalls(c, "city"));
    EXPECT_TRUE(befalls(c, "sea"));
}

TEST(condition, begins_again_and_again) {
    auto c = like(tunnel);
    EXPECT_EQ(beginning(c, 0), 60s);
    c.every = 100s;
    EXPECT_EQ(beginning(c, 0), 60s);
    EXPECT_EQ(beginning(c, 3), 360s);
}

TEST(strike, befalls_everybody_at_once_unless_told_otherwise) {
    for (const auto k : all_kinds) {
        const auto all = strikes(like(k));
        ASSERT_EQ(all.size(), fleet) << to_string(k);
        for (const auto& s : all) {
            EXPECT_EQ(s.from, 60s) << to_string(k);
            EXPECT_EQ(s.until, 60s + like(k).lasts.a) << to_string(k);
        }
    }
}

TEST(strike, befalls_a_share_drawn_anew_each_time) {
    auto c = like(tunnel);
    c.part = share{0.2};
    c.every = 100s;
    const auto first = struck(c);
    EXPECT_NEAR(static_cast<double>(first.size()), fleet * 0.2, 200); // five standard deviations
    EXPECT_EQ(struck(c), first) << "the same for whoever asks";
    EXPECT_NE(struck(c, 0, 1), first) << "another occurrence";
    EXPECT_NE(struck(c, 1, 0), first) << "another condition";
    EXPECT_NE(struck(c, 0, 0, 2), first) << "another seed";
}

TEST(strike, comes_late_by_the_jitter_and_lasts_as_drawn) {
    auto c = like(tunnel);
    c.jitter = 10s;
    c.every = 100s;
    c.lasts = {delay::kind::uniform, 5s, 25s, {}};
    std::set<nanoseconds> begins;
    for (const auto& s : strikes(c, 0, 3)) {
        EXPECT_GE(s.from, 360s);
        EXPECT_LT(s.from, 370s);
        EXPECT_GE(s.until - s.from, 5s);
        EXPECT_LE(s.until - s.from, 25s);
        begins.insert(s.from);
    }
    EXPECT_GT(begins.size(), fleet / 2) << "each at its own time";
    EXPECT_LT(*begins.begin(), 361s);
    EXPECT_GT(*begins.rbegin(), 369s);
}

TEST(strike, of_a_storm_is_spread_evenly) {
    for (const auto k : {reconnect_storm, power_on}) {
        auto c = like(k);
        c.within = 10s;
        int early = 0;
        for (const auto& s : strikes(c)) {
            EXPECT_GE(s.from, 60s);
            EXPECT_LT(s.from, 70s);
            EXPECT_EQ(s.until, s.from);
            early += s.from < 65s ? 1 : 0;
        }
        EXPECT_NEAR(early, fleet / 2, 250);
    }
}

TEST(strike, never_shares_a_draw_with_another) {
    // The last draw of one occurrence, a lognormal's second, is before the first of the next.
    auto c = like(tunnel);
    c.jitter = 1s;
    c.part = share{0.999999};
    c.lasts = {delay::kind::lognormal, 5s, 25s, {}};
    constexpr std::uint64_t apart = 8;
    for (std::uint32_t n : {0U, 1U, 7U}) {
        draws same(1, stream::condition, 5, n * apart);
        EXPECT_LT(same.unit(), 0.999999);
        const auto late = nanoseconds{static_cast<std::int64_t>(1e9 * same.unit())};
        const auto length = sample(c.lasts, same);
        EXPECT_LE(same.counter(), (n + 1) * apart);
        c.every = 100s;
        const auto s = strike_of(c, 0, n, 1, vehicle_id{5});
        ASSERT_TRUE(s);
        EXPECT_EQ(s->from, 60s + n * 100s + late);
        EXPECT_EQ(s->until, s->from + length);
    }
}

TEST(occurrences, are_counted_to_the_end_of_the_load) {
    auto c = like(tunnel);
    EXPECT_EQ(occurrences(c, 61s), 1U);
    EXPECT_EQ(occurrences(c, 60s), 0U) << "its end is no part of the load";
    c.every = 30s;
    EXPECT_EQ(occurrences(c, 60s), 0U);
    EXPECT_EQ(occurrences(c, 61s), 1U);
    EXPECT_EQ(occurrences(c, 90s), 1U);
    EXPECT_EQ(occurrences(c, 90s + 1ns), 2U);
    EXPECT_EQ(occurrences(c, 1h), 118U);
}

TEST(check_condition, lets_each_kind_pass) {
    for (const auto k : all_kinds) EXPECT_THAT(found(like(k)), testing::IsEmpty()) << to_string(k);
    auto quick = like(tunnel);
    quick.every = 21s + 1ns;
    quick.jitter = 1s;
    EXPECT_THAT(found(quick), testing::IsEmpty());
    auto gap = like(handover);
    gap.lasts.a = 50ms;
    EXPECT_THAT(found(gap), testing::IsEmpty());
    EXPECT_EQ(strikes(gap).front().until, 60s + 50ms);
    auto late = like(slow);
    late.bytes_per_second = 0;
    late.added.a = 1s;
    EXPECT_THAT(found(late), testing::IsEmpty()) << "one of the two is enough";
    auto less = like(spike);
    less.factor = 0.5;
    EXPECT_THAT(found(less), testing::IsEmpty()) << "a dip";
}

TEST(check_condition, names_what_makes_no_sense_and_where) {
    const auto changed = [](condition::kind k, void (*change)(condition&)) {
        auto c = like(k);
        change(c);
        return c;
    };
    const std::pair<condition, const char*> rows[] = {
        {changed(tunnel, [](condition& c) { c.name.clear(); }), "name: a condition needs a name"},
        {changed(tunnel, [](condition& c) { c.at = -1s; }), "at: nothing begins before the load"},
        {changed(tunnel, [](condition& c) { c.part = share{0}; }), "share: a share of 0% befalls nobody"},
        {changed(tunnel, [](condition& c) { c.every = 20s; }), "every: it comes again after 20s, before it has passed"},
        {changed(tunnel,
                 [](condition& c) {
                     c.every = 21s;
                     c.jitter = 1s;
                 }),
         "every: it comes again after 21s, before it has passed (after 21s, with jitter)"},
        {changed(tunnel,
                 [](condition& c) {
                     c.every = 30s;
                     c.lasts = {delay::kind::uniform, 1s, 30s, {}};
                 }),
         "every: it comes again after 30s"},
        {changed(tunnel,
                 [](condition& c) {
                     c.every = 30s;
                     c.lasts = {delay::kind::lognormal, 1s, 40s, {}};
                 }),
         "every: it comes again after 30s, before it has passed (after 40s"},
        {changed(reconnect_storm,
                 [](condition& c) {
                     c.every = 5s;
                     c.within = 5s;
                 }),
         "every: it comes again after 5s"},
        {changed(handover, [](condition& c) { c.every = 0s; }), "every: it comes again after 0s"},
        {changed(tunnel, [](condition& c) { c.lasts.a = 0s; }), "for: how long?"},
        {changed(tunnel,
                 [](condition& c) {
                     c.lasts = {delay::kind::uniform, 2s, 1s, {}};
                 }),
         "for: max is less than min"},
        {changed(outage,
                 [](condition& c) {
                     c.lasts = {delay::kind::uniform, 1s, 2s, {}};
                 }),
         "for: it befalls everybody"},
        {changed(spike, [](condition& c) { c.lasts.most = 1s; }), "for: it befalls everybody"},
        {changed(slow, [](condition& c) { c.bytes_per_second = 0; }), ": what is slow about it?"},
        {changed(slow,
                 [](condition& c) {
                     c.added = {delay::kind::uniform, 2s, 1s, {}};
                 }),
         "delay: max is less than min"},
        {changed(lossy, [](condition& c) { c.loss = share{0}; }), "loss: a loss of 0%"},
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
