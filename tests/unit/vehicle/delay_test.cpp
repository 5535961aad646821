#include <loadsim/base/units.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <gtest/gtest.h>

#include <algorithm>

using namespace loadsim;
using namespace loadsim::vehicle;
using namespace std::chrono_literals;

namespace {

using kind = delay::kind;

std::vector<nanoseconds> many(const delay& d, int n = 50'000) {
    random_stream random(7, stream_id::behaviour, 1);
    std::vector<nanoseconds> all;
    for (int i = 0; i < n; ++i) all.push_back(sample(d, random));
    std::ranges::sort(all);
    return all;
}

double at(const std::vector<nanoseconds>& sorted, double part) {
    return milliseconds(sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))]);
}

} // namespace

TEST(delay, uses_the_documented_count_of_random_numbers) {
    const std::pair<delay, std::uint64_t> rows[] = {{{kind::fixed, 40ms, {}, {}}, 0},
                                                    {{kind::uniform, 10ms, 20ms, {}}, 1},
                                                    {{kind::normal, 100ms, 20ms, {}}, 2},
                                                    {{kind::lognormal, 40ms, 200ms, {}}, 2}};
    for (const auto& [d, count] : rows) {
        random_stream random(7, stream_id::behaviour, 1, 100);
        sample(d, random);
        EXPECT_EQ(random.counter(), 100 + count);
    }
}

TEST(delay, is_deterministic_for_a_random_stream) {
    const delay d{kind::lognormal, 40ms, 200ms, {}};
    random_stream one(7, stream_id::behaviour, 1);
    random_stream same(7, stream_id::behaviour, 1);
    random_stream other(7, stream_id::behaviour, 2);
    const auto value = sample(d, one);
    EXPECT_EQ(value, sample(d, same));
    EXPECT_NE(value, sample(d, other));
}

TEST(delay, fixed_is_constant) {
    const auto all = many({kind::fixed, 40ms, {}, {}}, 3);
    EXPECT_EQ(all.front(), 40ms);
    EXPECT_EQ(all.back(), 40ms);
}

TEST(delay, uniform_fills_its_range) {
    const auto all = many({kind::uniform, 10ms, 20ms, {}});
    EXPECT_GE(all.front(), 10ms);
    EXPECT_LT(all.back(), 20ms);
    EXPECT_NEAR(at(all, 0.5), 15, 0.1);
    EXPECT_NEAR(at(all, 0.1), 11, 0.1);
}

TEST(delay, normal_has_its_mean_and_deviation) {
    const auto all = many({kind::normal, 100ms, 20ms, {}});
    EXPECT_NEAR(at(all, 0.5), 100, 0.5);
    EXPECT_NEAR(at(all, 0.8413447), 120, 0.7) << "one deviation above the mean";
}

TEST(delay, lognormal_has_its_median_and_p99) {
    const auto all = many({kind::lognormal, 40ms, 200ms, {}});
    EXPECT_NEAR(at(all, 0.5), 40, 0.5);
    EXPECT_NEAR(at(all, 0.99), 200, 6);
}

TEST(delay, is_clamped_at_both_ends) {
    EXPECT_EQ(many({kind::normal, 10ms, 100ms, {}}).front(), 0ns);
    EXPECT_EQ(many({kind::normal, 10ms, 100ms, 50ms}).back(), 50ms);
    EXPECT_EQ(many({kind::lognormal, 40ms, 200ms, 60ms}).back(), 60ms);
    EXPECT_EQ(many({kind::fixed, 40ms, {}, 30ms}, 1).back(), 30ms);
}

TEST(delay, is_safe_for_invalid_parameters) {
    EXPECT_EQ(many({kind::lognormal, 0ns, 200ms, {}}, 10).back(), 0ns);
    EXPECT_GE(many({kind::lognormal, 0ns, 0ns, {}}, 10).front(), 0ns);
    EXPECT_LE(many({kind::normal, nanoseconds::max(), nanoseconds::max(), {}}, 100).back(), nanoseconds::max());
    EXPECT_GE(many({kind::normal, nanoseconds::max(), nanoseconds::max(), {}}, 100).front(), 0ns);
}
