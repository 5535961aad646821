#include "request_records.hpp"

#include <gtest/gtest.h>

#include <cmath>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

TEST(format_latency, uses_milliseconds_or_seconds) {
    EXPECT_EQ(format_latency(1234us), "1.2ms");
    EXPECT_EQ(format_latency(0ns), "0.0ms");
    EXPECT_EQ(format_latency(-4s), "-4000.0ms");
    EXPECT_EQ(format_latency(75'349ms), "75.3s");
}

TEST(instant_ms, is_relative_to_the_start_of_the_load) {
    const monotonic_time start{100s};
    EXPECT_DOUBLE_EQ(instant_ms(start + 1500us, start), 1.5);
    EXPECT_DOUBLE_EQ(instant_ms(start - 1s, start), -1000) << "while connecting";
    EXPECT_TRUE(std::isnan(instant_ms(never, start)));
}

TEST(pending_records, keep_all_requests_that_the_platform_gave_one_id) {
    pending_records waiting;
    for (const std::uint64_t arrival : {4U, 3U}) {
        request_record r;
        r.arrival = arrival;
        r.request_id = "one";
        waiting.add(std::move(r), monotonic_time{10s});
    }
    EXPECT_NE(waiting.find("one"), nullptr);
    waiting.expire_by("one", monotonic_time{5s});
    const auto expired = waiting.take_expired(monotonic_time{5s});
    ASSERT_EQ(expired.size(), 2U);
    EXPECT_EQ(expired[0].arrival, 3U);
    EXPECT_EQ(expired[1].arrival, 4U);
}
