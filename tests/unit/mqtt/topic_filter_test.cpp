#include <loadsim/mqtt/packet.hpp>

#include <gtest/gtest.h>

#include <string_view>

using loadsim::mqtt::matches;

TEST(topic_filter, matches_as_in_brokers) {
    struct row {
        std::string_view filter, topic;
        bool fits;
    };
    const row rows[] = {
        {"v1/+/evt", "v1/X/evt", true},
        {"v1/+/evt", "v1/X/rsp", false},
        {"v1/+/evt", "v1/X/evt/more", false},
        {"v1/+/evt", "v1/evt", false},
        {"v1/+/evt", "v1//evt", true}, // a level may be empty
        {"a/b", "a/b", true},
        {"a/b", "a", false},
        {"a", "a/b", false},
        {"a/", "a/", true},
        {"a/", "a", false},
        // 5.0, 4.7.1.2
        {"sport/tennis/player1/#", "sport/tennis/player1", true},
        {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
        {"sport/tennis/player1/#", "sport/tennis", false},
        {"#", "sport", true},
        // 4.7.1.3
        {"sport/+", "sport", false},
        {"sport/+", "sport/", true},
        {"+/+", "/finance", true},
        {"/+", "/finance", true},
        {"+", "/finance", false},
        // 4.7.2
        {"#", "$SYS/monitor", false},
        {"+/monitor", "$SYS/monitor", false},
        {"$SYS/#", "$SYS/monitor", true},
    };
    for (const auto& r : rows) EXPECT_EQ(matches(r.filter, r.topic), r.fits) << r.filter << " " << r.topic;
}
