#include <loadsim/base/spelling.hpp>

#include <gtest/gtest.h>

#include <array>

using namespace loadsim;

namespace {
constexpr std::array<std::string_view, 4> keys{"duration", "arrivalRate", "rampTo", "pause"};
}

TEST(nearest_name, finds_the_nearest_candidate) {
    EXPECT_EQ(nearest_name("arivalRate", keys), "arrivalRate");
    EXPECT_EQ(nearest_name("rampto", keys), "rampTo");
    EXPECT_EQ(nearest_name("arrival_rate", keys), "arrivalRate");
    EXPECT_EQ(nearest_name("zzz", keys), "");
}

TEST(unknown_name, offers_the_nearest_or_all) {
    EXPECT_EQ(unknown_name("key", "duratoin", keys), "unknown key 'duratoin'; did you mean 'duration'?");
    EXPECT_EQ(unknown_name("key", "zzz", keys), "unknown key 'zzz'; there are: duration, arrivalRate, rampTo, pause");
}
