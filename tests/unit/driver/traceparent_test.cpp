// The traceparent header: format and identity.
#include "traceparent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

using namespace loadsim;
using namespace loadsim::driver;
using testing::ContainsRegex;

TEST(traceparent, has_the_format_of_version_00) {
    EXPECT_THAT(traceparent(0xabc, 7, arrival_id{3}),
                ContainsRegex("^00-0000000000000abc[0-9a-f]{16}-[0-9a-f]{16}-01$"));
    EXPECT_THAT(traceparent(0, 7, arrival_id{3}), testing::Not(testing::StartsWith("00-0000000000000000")));
}

TEST(traceparent, follows_from_run_seed_and_arrival) {
    EXPECT_EQ(traceparent(1, 7, arrival_id{3}), traceparent(1, 7, arrival_id{3}));
    std::set<std::string> all;
    for (const std::uint64_t run : {1U, 2U})
        for (const std::uint64_t seed : {7U, 8U})
            for (std::uint64_t arrival = 0; arrival < 100; ++arrival)
                all.insert(traceparent(run, seed, arrival_id{arrival}).substr(3, 32));
    EXPECT_EQ(all.size(), 400U) << "each request has a trace of its own";
}
