#include <loadsim/observer/vehicle_completion_observer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::observer;
using namespace std::chrono_literals;

namespace {

constexpr auto car = vehicle_id{3};

struct observer_fixture {
    manual_time time;
    net::timer_wheel wheel{time.now()};
    std::vector<std::pair<vehicle_id, completion>> completions;
    vehicle_completion_observer completion_observer{
        {.deadline = 10s},
        [this](net::timer& t, monotonic_time when) { wheel.arm(t, when); },
        [this](vehicle_id v, completion e) { completions.emplace_back(v, std::move(e)); },
        2};

    void advance(nanoseconds step) {
        time.advance(step);
        wheel.advance(time.now());
    }
};

} // namespace

TEST(vehicle_completion_observer, final_response_completes_the_request) {
    observer_fixture s;
    s.completion_observer.on_accepted(car, "r-1", s.time.now());
    s.advance(1s);
    s.completion_observer.on_final_response(car, "r-1", outcome::failed, "door_open", s.time.now());
    ASSERT_EQ(s.completions.size(), 1U);
    const auto& [vehicle, end] = s.completions.front();
    EXPECT_EQ(vehicle, car);
    EXPECT_EQ(end.request, "r-1");
    EXPECT_EQ(end.final_outcome, outcome::failed);
    EXPECT_EQ(end.reason, "door_open");
    EXPECT_EQ(end.at, s.time.now());
    EXPECT_EQ(end.observer, 2U);
    s.advance(1h);
    EXPECT_EQ(s.completions.size(), 1U) << "what has ended does not time out";
}

TEST(vehicle_completion_observer, response_before_acceptance_is_kept) {
    observer_fixture s;
    const auto response_time = s.time.now();
    s.completion_observer.on_final_response(car, "r-1", outcome::executed, {}, response_time);
    EXPECT_TRUE(s.completions.empty());
    s.advance(1s);
    s.completion_observer.on_accepted(car, "r-1", s.time.now());
    ASSERT_EQ(s.completions.size(), 1U);
    EXPECT_EQ(s.completions[0].second.at, response_time);
    EXPECT_EQ(s.completion_observer.open(), 0U);
}

TEST(vehicle_completion_observer, ignores_response_to_another_request) {
    observer_fixture s;
    s.completion_observer.on_final_response(car, "r-0", outcome::executed, {}, s.time.now());
    s.completion_observer.on_accepted(car, "r-1", s.time.now());
    s.completion_observer.on_final_response(vehicle_id{4}, "r-1", outcome::executed, {}, s.time.now());
    EXPECT_TRUE(s.completions.empty());
    EXPECT_EQ(s.completion_observer.open(), 1U);
}

TEST(vehicle_completion_observer, early_response_expires) {
    observer_fixture s;
    s.completion_observer.on_final_response(car, "r-1", outcome::executed, {}, s.time.now());
    s.advance(10s);
    s.completion_observer.on_accepted(car, "r-1", s.time.now());
    EXPECT_TRUE(s.completions.empty());
}

TEST(vehicle_completion_observer, request_without_response_times_out) {
    observer_fixture s;
    const auto start = s.time.now();
    s.completion_observer.on_accepted(car, "r-1", s.time.now());
    s.advance(4s);
    s.completion_observer.on_accepted(vehicle_id{4}, "r-2", s.time.now());
    s.advance(6s - 1ns);
    EXPECT_TRUE(s.completions.empty());
    s.advance(1ns);
    ASSERT_EQ(s.completions.size(), 1U);
    EXPECT_EQ(s.completions[0].second.final_outcome, outcome::timed_out);
    EXPECT_EQ(s.completions[0].second.request, "r-1");
    EXPECT_EQ(s.completions[0].second.at, start + 10s);
    s.advance(4s);
    ASSERT_EQ(s.completions.size(), 2U);
    EXPECT_EQ(s.completions[1].first, vehicle_id{4});
}

TEST(vehicle_completion_observer, forgotten_request_does_not_time_out) {
    observer_fixture s;
    s.completion_observer.on_accepted(car, "r-1", s.time.now());
    s.completion_observer.forget(car, "r-0");
    EXPECT_EQ(s.completion_observer.open(), 1U);
    s.completion_observer.forget(car, "r-1");
    s.advance(1h);
    EXPECT_TRUE(s.completions.empty());
}

TEST(vehicle_completion_observer, request_accepted_without_id_is_identified_later) {
    observer_fixture s;
    s.completion_observer.on_accepted(car, "", s.time.now());
    s.completion_observer.on_final_response(car, "r-0", outcome::failed, {}, s.time.now());
    EXPECT_TRUE(s.completions.empty()) << "of the previous request";
    s.completion_observer.on_identified(car, "r-1");
    s.completion_observer.on_final_response(car, "r-1", outcome::executed, {}, s.time.now());
    ASSERT_EQ(s.completions.size(), 1U);
    EXPECT_EQ(s.completions[0].second.request, "r-1");
    s.completion_observer.on_accepted(car, "", s.time.now());
    s.completion_observer.on_identified(car, "r-2");
    s.advance(10s);
    ASSERT_EQ(s.completions.size(), 2U);
    EXPECT_EQ(s.completions[1].second.request, "r-2");
    EXPECT_EQ(s.completions[1].second.final_outcome, outcome::timed_out);
}

TEST(vehicle_completion_observer, next_request_has_its_own_deadline) {
    observer_fixture s;
    s.completion_observer.on_accepted(car, "r-1", s.time.now());
    s.advance(9s);
    s.completion_observer.on_final_response(car, "r-1", outcome::executed, {}, s.time.now());
    s.completion_observer.on_accepted(car, "r-2", s.time.now());
    s.advance(9s);
    EXPECT_EQ(s.completions.size(), 1U);
    s.advance(1s);
    ASSERT_EQ(s.completions.size(), 2U);
    EXPECT_EQ(s.completions[1].second.request, "r-2");
}

TEST(vehicle_completion_observer, handler_may_add_the_next_request) {
    observer_fixture s;
    vehicle_completion_observer* completion_observer = nullptr;
    int completions = 0;
    vehicle_completion_observer again{{.deadline = 10s},
                                      [&](net::timer& t, monotonic_time when) { s.wheel.arm(t, when); },
                                      [&](vehicle_id v, const completion&) {
                                          if (++completions < 3)
                                              completion_observer->on_accepted(v, "next", s.time.now());
                                      },
                                      0};
    completion_observer = &again;
    again.on_accepted(car, "first", s.time.now());
    s.advance(10s);
    s.advance(10s);
    s.advance(10s);
    EXPECT_EQ(completions, 3);
}
