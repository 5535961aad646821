#include "shard/open_requests.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;

TEST(open_requests_over_limit, are_those_of_the_budgets_labels) {
    const measure::labels labels{
        .services = {"horn", "climate"}, .phases = {"steady"}, .segments = {}, .behaviours = {}, .conditions = {}};
    measure::ledger ledger(
        labels, [](vehicle_id) { return std::string("V"); }, 60s);
    measure::due_request horn;
    horn.due = monotonic_time{10s};
    horn.expected = outcome::executed;
    ledger.begin(horn, horn.due);
    const auto count = [&](const char* expression, nanoseconds at) {
        return open_requests_over_limit(ledger, *verdict::parse_budget(expression), labels, monotonic_time{at});
    };
    EXPECT_EQ(count("e2e.p99 < 1s", 10999ms), 0U);
    EXPECT_EQ(count("e2e.p99 < 1s", 11s), 1U);
    EXPECT_EQ(count("e2e{service=horn,phase=steady}.p99 < 1s", 11s), 1U);
    EXPECT_EQ(count("e2e{service=climate}.p99 < 1s", 11s), 0U);
    EXPECT_EQ(open_requests_over_limit(ledger, std::nullopt, labels, monotonic_time{1h}), 0U);
}
