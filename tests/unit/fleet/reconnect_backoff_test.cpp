#include "reconnect_backoff.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace std::chrono_literals;
using fleet::reconnect_options;
using fleet::reconnect_wait;
using backoff_kind = reconnect_options::kind;

namespace {

TEST(reconnect_backoff, waits_as_the_options_say) {
    struct row {
        backoff_kind backoff;
        std::uint32_t attempt;
        double unit;
        nanoseconds wait;
    };
    const row table[] = {
        {backoff_kind::full_jitter, 0, 0, 0s},
        {backoff_kind::full_jitter, 0, 0.5, 1s},
        {backoff_kind::full_jitter, 1, 0.5, 2s},
        {backoff_kind::full_jitter, 2, 0.25, 2s},
        {backoff_kind::full_jitter, 255, 0.5, 30s}, // no more than the cap
        {backoff_kind::fixed, 0, 0.1, 2s},
        {backoff_kind::fixed, 9, 0.9, 2s},
        {backoff_kind::none, 0, 0.9, 0s},
        {backoff_kind::none, 1, 0.9, 100ms}, // avoids a tight loop while the broker is down
        {backoff_kind::none, 255, 0.9, 100ms},
    };
    for (const auto& r : table) {
        const reconnect_options options{.base = 2s, .cap = 60s, .backoff = r.backoff};
        EXPECT_EQ(reconnect_wait(options, r.attempt, r.unit), r.wait)
            << static_cast<int>(r.backoff) << " " << r.attempt << " " << r.unit;
    }
    EXPECT_EQ(reconnect_wait({.base = 5ms, .cap = 1s, .backoff = backoff_kind::none}, 3, 0.5), nanoseconds{5ms});
}

} // namespace
