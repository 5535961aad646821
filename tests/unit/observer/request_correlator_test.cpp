#include <loadsim/observer/request_correlator.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace loadsim;
using namespace loadsim::observer;
using namespace std::chrono_literals;

namespace {

constexpr auto correlated_car = vehicle_id{7};

completion completion_of(const std::string& request, monotonic_time at) {
    return {.vin = {}, .request = request, .final_outcome = outcome::executed, .reason = {}, .at = at};
}

} // namespace

TEST(request_correlator, completion_after_acceptance_yields_the_vehicle) {
    request_correlator correlator(10s);
    const monotonic_time start{};
    EXPECT_TRUE(correlator.on_accepted("r-1", correlated_car, start).empty());
    EXPECT_EQ(correlator.correlate(completion_of("r-1", start + 1s)), correlated_car);
    EXPECT_EQ(correlator.correlate(completion_of("r-1", start + 2s)), correlated_car) << "its repetition is its, too";
    EXPECT_TRUE(correlator.expired(start + 100s).empty());
}

TEST(request_correlator, completion_before_acceptance_is_kept) {
    request_correlator correlator(10s);
    const monotonic_time start{};
    EXPECT_EQ(correlator.correlate(completion_of("r-1", start)), std::nullopt);
    EXPECT_EQ(correlator.correlate(completion_of("r-2", start)), std::nullopt);
    EXPECT_EQ(correlator.correlate(completion_of("r-1", start + 1s)), std::nullopt);
    const auto waited = correlator.on_accepted("r-1", correlated_car, start + 2s);
    ASSERT_EQ(waited.size(), 2U);
    EXPECT_EQ(waited[0].at, start);
    EXPECT_EQ(waited[1].at, start + 1s);
    EXPECT_EQ(correlator.correlate(completion_of("r-1", start + 3s)), correlated_car);
    const auto unclaimed = correlator.expired(start + 11s);
    ASSERT_EQ(unclaimed.size(), 1U);
    EXPECT_EQ(unclaimed[0].request, "r-2");
    EXPECT_TRUE(correlator.expired(start + 11s).empty()) << "it is told once";
}

TEST(request_correlator, completion_expires_at_the_timeout) {
    request_correlator correlator(10s);
    const monotonic_time start{};
    (void)correlator.correlate(completion_of("r", start));
    (void)correlator.correlate(completion_of("r", start + 1s));
    EXPECT_TRUE(correlator.expired(start + 10s - 1ns).empty());
    EXPECT_EQ(correlator.expired(start + 10s).size(), 1U);
    EXPECT_EQ(correlator.expired(start + 11s).size(), 1U);
    EXPECT_TRUE(correlator.on_accepted("r", correlated_car, start + 12s).empty());
}

TEST(request_correlator, request_is_kept_for_the_timeout_after_completion) {
    request_correlator correlator(10s);
    const monotonic_time start{};
    (void)correlator.on_accepted("heard", correlated_car, start);
    (void)correlator.on_accepted("told", correlated_car, start);
    (void)correlator.on_accepted("open", correlated_car, start);
    (void)correlator.correlate(completion_of("heard", start + 100s));
    correlator.on_completed("told", start + 100s);
    (void)correlator.expired(start + 110s - 1ns);
    EXPECT_EQ(correlator.correlate(completion_of("heard", start + 109s)), correlated_car);
    (void)correlator.expired(start + 110s);
    EXPECT_EQ(correlator.correlate(completion_of("told", start + 110s)), std::nullopt);
    EXPECT_EQ(correlator.correlate(completion_of("open", start + 110s)), correlated_car)
        << "one without an end is waited for";
}

TEST(request_correlator, loses_nothing_between_threads) {
    constexpr int requests = 5'000;
    request_correlator correlator(10s);
    const monotonic_time start{};
    std::atomic<int> claimed{0};
    const auto name = [](int thread, int i) { return std::to_string(thread) + "-" + std::to_string(i); };
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < requests; ++i)
                claimed += static_cast<int>(
                    correlator.on_accepted(name(t, i), vehicle_id{static_cast<std::uint32_t>(t)}, start).size());
        });
        threads.emplace_back([&, t] {
            for (int i = 0; i < requests; ++i)
                if (const auto v = correlator.correlate(completion_of(name(t, i), start))) {
                    EXPECT_EQ(index(*v), static_cast<std::uint32_t>(t));
                    ++claimed;
                }
        });
    }
    threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) EXPECT_TRUE(correlator.expired(start).empty());
    });
    for (auto& t : threads) t.join();
    EXPECT_EQ(claimed, 3 * requests);
    EXPECT_TRUE(correlator.expired(start + 1h).empty());
}
