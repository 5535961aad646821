#include "heard_words.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

constexpr vehicle_id car{7};
constexpr monotonic_time some_time{5s};
using place = heard_words::place;
using numbers = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

numbers missing(heard_words& words) {
    numbers all;
    for (const auto& g : words.take_missing()) all.emplace_back(g.first, g.last);
    return all;
}

} // namespace

TEST(heard_words, know_the_place_of_each) {
    struct {
        std::vector<std::pair<std::uint64_t, place>> heard;
        numbers missing;
        const char* reason;
    } const rows[] = {
        {{{1, place::next}, {2, place::next}}, {}, "in order"},
        {{{3, place::next}}, {{1, 2}}, "the first are missing too"},
        {{{1, place::next}, {1, place::repeated}}, {}, "twice"},
        {{{4, place::next}, {1, place::late}}, {{2, 3}}, "the beginning of a gap"},
        {{{4, place::next}, {3, place::late}}, {{1, 2}}, "the end of a gap"},
        {{{4, place::next}, {2, place::late}}, {{1, 1}, {3, 3}}, "the middle of a gap"},
        {{{4, place::next}, {2, place::late}, {3, place::late}, {1, place::late}}, {}, "all of a gap"},
        {{{2, place::next}, {1, place::late}, {1, place::repeated}}, {}, "late, and then again"},
        {{{2, place::next}, {9, place::next}, {5, place::late}}, {{1, 1}, {3, 4}, {6, 8}}, "several gaps"},
    };
    for (const auto& r : rows) {
        heard_words words;
        for (const auto& [n, where] : r.heard)
            EXPECT_EQ(words.heard(car, n, {}, some_time).where, where) << r.reason << ' ' << n;
        EXPECT_EQ(missing(words), r.missing) << r.reason;
        EXPECT_EQ(missing(words), numbers{}) << "told once";
    }
}

TEST(heard_words, are_each_vehicles_own) {
    heard_words words;
    words.heard(vehicle_id{9}, 2, {}, some_time);
    words.heard(vehicle_id{8}, 1, {}, some_time);
    words.heard(vehicle_id{7}, 3, {}, some_time);
    EXPECT_TRUE(words.any_of(vehicle_id{8}));
    EXPECT_FALSE(words.any_of(vehicle_id{6}));
    const auto gaps = words.take_missing();
    ASSERT_EQ(gaps.size(), 2U);
    EXPECT_EQ(gaps[0].vehicle, vehicle_id{7}) << "by vehicle";
    EXPECT_EQ(gaps[1].vehicle, vehicle_id{9});
}

TEST(heard_words, that_are_told_of_elsewhere_are_not_missing) {
    heard_words words;
    words.excuse(car);
    words.heard(car, 3, {}, some_time);
    words.heard(car, 5, {}, some_time);
    EXPECT_EQ(missing(words), (numbers{{2, 2}, {4, 4}}));
}

TEST(heard_words, remember_what_was_meant_since_the_word_before) {
    anomaly_set lossy;
    lossy.add(anomaly::word_lost);
    heard_words words;
    words.heard(car, 1, {}, some_time);
    words.passed(car, lossy);
    words.heard(car, 3, {}, some_time); // lost while the condition was there, or soon after
    words.heard(car, 5, {}, some_time); // lost since
    words.heard(car, 7, lossy, some_time);
    const auto gaps = words.take_missing();
    ASSERT_EQ(gaps.size(), 3U);
    EXPECT_EQ(gaps[0].provokes, lossy);
    EXPECT_TRUE(gaps[1].provokes.empty());
    EXPECT_EQ(gaps[2].provokes, lossy);
}
