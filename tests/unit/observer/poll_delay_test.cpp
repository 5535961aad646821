#include <loadsim/observer/poll_observer.hpp>

#include <gtest/gtest.h>

#include <chrono>

using namespace loadsim;
using namespace loadsim::observer;
using namespace std::chrono_literals;

TEST(poll_delay, grows_by_the_factor_up_to_the_cap) {
    struct row {
        nanoseconds first;
        double factor;
        nanoseconds cap;
        std::uint32_t n;
        nanoseconds wait;
    };
    const row rows[] = {
        {200ms, 2, 5s, 0, 200ms},  {200ms, 2, 5s, 1, 400ms},  {200ms, 2, 5s, 4, 3200ms}, {200ms, 2, 5s, 5, 5s},
        {200ms, 2, 5s, 99, 5s},    {1s, 1.5, 10s, 2, 2250ms}, {1s, 1, 10s, 1'000, 1s}, // factor 1: constant delay
        {10s, 2, 5s, 0, 5s},                                                           // the first delay is capped, too
        {1ms, 2, 1h, ~0U, 1h},                                                         // overflows double
        {100ms, 0.5, 5s, 1, 50ms},
    };
    for (const auto& r : rows)
        EXPECT_EQ(poll_delay({.first = r.first, .factor = r.factor, .cap = r.cap}, r.n), r.wait)
            << r.n << " " << r.factor;
}
