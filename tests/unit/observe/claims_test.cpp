#include <loadsim/observe/claims.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace loadsim;
using namespace loadsim::observe;
using namespace std::chrono_literals;

namespace {

constexpr auto car = vehicle_id{7};

final_event end_of(const std::string& request, monotonic_time at) {
    return {.vin = {}, .request = request, .end = outcome::executed, .reason = {}, .at = at};
}

} // namespace

TEST(claims, an_end_after_the_answer_is_the_vehicles) {
    claims all(10s);
    const monotonic_time start{};
    EXPECT_TRUE(all.accepted("r-1", car, start).empty());
    EXPECT_EQ(all.claim(end_of("r-1", start + 1s)), car);
    EXPECT_EQ(all.claim(end_of("r-1", start + 2s)), car) << "its repetition is its, too";
    EXPECT_TRUE(all.overdue(start + 100s).empty());
}

TEST(claims, an_end_before_the_answer_waits_for_it) {
    claims all(10s);
    const monotonic_time start{};
    EXPECT_EQ(all.claim(end_of("r-1", start)), std::nullopt);
    EXPECT_EQ(all.claim(end_of("r-2", start)), std::nullopt);
    EXPECT_EQ(all.claim(end_of("r-1", start + 1s)), std::nullopt);
    const auto waited = all.accepted("r-1", car, start + 2s);
    ASSERT_EQ(waited.size(), 2U);
    EXPECT_EQ(waited[0].at, start);
    EXPECT_EQ(waited[1].at, start + 1s);
    EXPECT_EQ(all.claim(end_of("r-1", start + 3s)), car);
    const auto unclaimed = all.overdue(start + 11s);
    ASSERT_EQ(unclaimed.size(), 1U);
    EXPECT_EQ(unclaimed[0].request, "r-2");
    EXPECT_TRUE(all.overdue(start + 11s).empty()) << "it is told once";
}

TEST(claims, an_end_is_overdue_when_its_patience_is_over_and_not_before) {
    claims all(10s);
    const monotonic_time start{};
    (void)all.claim(end_of("r", start));
    (void)all.claim(end_of("r", start + 1s));
    EXPECT_TRUE(all.overdue(start + 10s - 1ns).empty());
    EXPECT_EQ(all.overdue(start + 10s).size(), 1U);
    EXPECT_EQ(all.overdue(start + 11s).size(), 1U);
    EXPECT_TRUE(all.accepted("r", car, start + 12s).empty());
}

TEST(claims, a_request_is_remembered_for_its_patience_after_its_end) {
    claims all(10s);
    const monotonic_time start{};
    (void)all.accepted("heard", car, start);
    (void)all.accepted("told", car, start);
    (void)all.accepted("open", car, start);
    (void)all.claim(end_of("heard", start + 100s));
    all.ended("told", start + 100s);
    (void)all.overdue(start + 110s - 1ns);
    EXPECT_EQ(all.claim(end_of("heard", start + 109s)), car);
    (void)all.overdue(start + 110s);
    EXPECT_EQ(all.claim(end_of("told", start + 110s)), std::nullopt);
    EXPECT_EQ(all.claim(end_of("open", start + 110s)), car) << "one without an end is waited for";
}

TEST(claims, nothing_gets_lost_between_threads) {
    constexpr int requests = 5'000;
    claims all(10s);
    const monotonic_time start{};
    std::atomic<int> claimed{0};
    const auto name = [](int thread, int i) { return std::to_string(thread) + "-" + std::to_string(i); };
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < requests; ++i)
                claimed +=
                    static_cast<int>(all.accepted(name(t, i), vehicle_id{static_cast<std::uint32_t>(t)}, start).size());
        });
        threads.emplace_back([&, t] {
            for (int i = 0; i < requests; ++i)
                if (const auto v = all.claim(end_of(name(t, i), start))) {
                    EXPECT_EQ(index(*v), static_cast<std::uint32_t>(t));
                    ++claimed;
                }
        });
    }
    threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) EXPECT_TRUE(all.overdue(start).empty());
    });
    for (auto& t : threads) t.join();
    EXPECT_EQ(claimed, 3 * requests);
    EXPECT_TRUE(all.overdue(start + 1h).empty());
}
