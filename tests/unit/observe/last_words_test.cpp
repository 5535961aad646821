#include <loadsim/observe/last_words.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::observe;
using namespace std::chrono_literals;

namespace {

constexpr auto car = vehicle_id{3};

struct stand {
    manual_time time;
    net::timer_wheel wheel{time.now()};
    std::vector<std::pair<vehicle_id, final_event>> told;
    last_words words{{.deadline = 10s},
                     [this](net::timer& t, monotonic_time when) { wheel.arm(t, when); },
                     [this](vehicle_id v, final_event e) { told.emplace_back(v, std::move(e)); },
                     2};

    void pass(nanoseconds step) {
        time.advance(step);
        wheel.advance(time.now());
    }
};

} // namespace

TEST(last_words, the_vehicles_last_word_is_the_end) {
    stand s;
    s.words.accepted(car, "r-1", s.time.now());
    s.pass(1s);
    s.words.said(car, "r-1", outcome::failed, "door_open", s.time.now());
    ASSERT_EQ(s.told.size(), 1U);
    const auto& [vehicle, end] = s.told.front();
    EXPECT_EQ(vehicle, car);
    EXPECT_EQ(end.request, "r-1");
    EXPECT_EQ(end.end, outcome::failed);
    EXPECT_EQ(end.reason, "door_open");
    EXPECT_EQ(end.at, s.time.now());
    EXPECT_EQ(end.observer, 2U);
    s.pass(1h);
    EXPECT_EQ(s.told.size(), 1U) << "what has ended does not time out";
}

TEST(last_words, a_word_before_the_answer_waits_for_it) {
    stand s;
    const auto early = s.time.now();
    s.words.said(car, "r-1", outcome::executed, {}, early);
    EXPECT_TRUE(s.told.empty());
    s.pass(1s);
    s.words.accepted(car, "r-1", s.time.now());
    ASSERT_EQ(s.told.size(), 1U);
    EXPECT_EQ(s.told[0].second.at, early);
    EXPECT_EQ(s.words.open(), 0U);
}

TEST(last_words, a_word_of_another_request_ends_nothing) {
    stand s;
    s.words.said(car, "r-0", outcome::executed, {}, s.time.now());
    s.words.accepted(car, "r-1", s.time.now());
    s.words.said(vehicle_id{4}, "r-1", outcome::executed, {}, s.time.now());
    EXPECT_TRUE(s.told.empty());
    EXPECT_EQ(s.words.open(), 1U);
}

TEST(last_words, an_early_word_is_not_kept_for_ever) {
    stand s;
    s.words.said(car, "r-1", outcome::executed, {}, s.time.now());
    s.pass(10s);
    s.words.accepted(car, "r-1", s.time.now());
    EXPECT_TRUE(s.told.empty());
}

TEST(last_words, without_a_word_a_request_times_out) {
    stand s;
    const auto start = s.time.now();
    s.words.accepted(car, "r-1", s.time.now());
    s.pass(4s);
    s.words.accepted(vehicle_id{4}, "r-2", s.time.now());
    s.pass(6s - 1ns);
    EXPECT_TRUE(s.told.empty());
    s.pass(1ns);
    ASSERT_EQ(s.told.size(), 1U);
    EXPECT_EQ(s.told[0].second.end, outcome::timed_out);
    EXPECT_EQ(s.told[0].second.request, "r-1");
    EXPECT_EQ(s.told[0].second.at, start + 10s);
    s.pass(4s);
    ASSERT_EQ(s.told.size(), 2U);
    EXPECT_EQ(s.told[1].first, vehicle_id{4});
}

TEST(last_words, what_is_forgotten_does_not_time_out) {
    stand s;
    s.words.accepted(car, "r-1", s.time.now());
    s.words.forget(car, "r-0");
    EXPECT_EQ(s.words.open(), 1U);
    s.words.forget(car, "r-1");
    s.pass(1h);
    EXPECT_TRUE(s.told.empty());
}

TEST(last_words, the_next_request_has_its_own_deadline) {
    stand s;
    s.words.accepted(car, "r-1", s.time.now());
    s.pass(9s);
    s.words.said(car, "r-1", outcome::executed, {}, s.time.now());
    s.words.accepted(car, "r-2", s.time.now());
    s.pass(9s);
    EXPECT_EQ(s.told.size(), 1U);
    s.pass(1s);
    ASSERT_EQ(s.told.size(), 2U);
    EXPECT_EQ(s.told[1].second.request, "r-2");
}

TEST(last_words, an_end_may_be_answered_by_the_next_request) {
    stand s;
    last_words* words = nullptr;
    int ends = 0;
    last_words again{{.deadline = 10s},
                     [&](net::timer& t, monotonic_time when) { s.wheel.arm(t, when); },
                     [&](vehicle_id v, const final_event&) {
                         if (++ends < 3) words->accepted(v, "next", s.time.now());
                     },
                     0};
    words = &again;
    again.accepted(car, "first", s.time.now());
    s.pass(10s);
    s.pass(10s);
    s.pass(10s);
    EXPECT_EQ(ends, 3);
}
