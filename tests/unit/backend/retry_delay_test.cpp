// Retry delays of rejected and failed HTTP requests.
#include "broker_api_adapter.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

namespace {

struct retry_case {
    unsigned status;
    const char* retry_after;
    std::uint32_t tries;
    std::optional<nanoseconds> wait;
    const char* why;
};

const retry_case retry_cases[] = {
    {0, "", 1, 200ms, "no answer"},
    {0, "", 2, 400ms, "twice as long"},
    {0, "", 3, 800ms, "and again"},
    {503, "", 5, 3200ms, "and again"},
    {503, "", 100, 3200ms, "no longer than that"},
    {500, "", 1, 200ms, "their trouble"},
    {408, "", 1, 200ms, "their time-out"},
    {429, "", 1, 200ms, "too many"},
    {429, "2", 1, 2s, "as they want it"},
    {429, "0", 1, 200ms, "not at once, though"},
    {503, "1", 4, 1600ms, "ours is longer"},
    {429, "999999999999", 1, 1h, "within reason"},
    {429, "-5", 1, 200ms, "no time"},
    {429, "Wed, 21 Oct 2026 07:28:00 GMT", 1, 200ms, "a date"},
    {429, "99999999999999999999999", 1, 200ms, "no number"},
    {400, "", 1, std::nullopt, "ours is wrong"},
    {404, "5", 1, std::nullopt, "nobody there"},
    {302, "", 1, std::nullopt, "somewhere else"},
};

TEST(retry_delay, backs_off_exponentially_and_respects_retry_after) {
    for (const auto& r : retry_cases) EXPECT_EQ(retry_delay(r.status, r.retry_after, r.tries), r.wait) << r.why;
}

} // namespace
