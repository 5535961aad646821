#include <loadsim/contract/topics.hpp>

#include <gtest/gtest.h>

using namespace loadsim;

namespace {
constexpr std::string_view car = "LZ9SMEV05TF000001";
}

// Golden names, never computed: the platform under test is configured with them.
TEST(topics, have_the_documented_names) {
    EXPECT_EQ(contract::command_topic(car, "horn"), "v1/LZ9SMEV05TF000001/cmd/horn");
    EXPECT_EQ(contract::command_filter(car), "v1/LZ9SMEV05TF000001/cmd/#");
    EXPECT_EQ(contract::response_topic(car, "r-1"), "v1/LZ9SMEV05TF000001/rsp/r-1");
    EXPECT_EQ(contract::response_filter(), "v1/+/rsp/+");
    EXPECT_EQ(contract::event_topic(car), "v1/LZ9SMEV05TF000001/evt");
    EXPECT_EQ(contract::event_filter(), "v1/+/evt");
    EXPECT_EQ(contract::presence_topic(car), "v1/LZ9SMEV05TF000001/state");
    EXPECT_EQ(contract::presence_filter(), "v1/+/state");
}

TEST(vin_of, returns_the_vin_level_of_a_topic) {
    for (const auto& topic : {contract::command_topic(car, "horn"), contract::response_topic(car, "r-1"),
                              contract::event_topic(car), contract::presence_topic(car)}) {
        const auto vin = contract::vin_of(topic);
        ASSERT_TRUE(vin) << topic;
        EXPECT_EQ(*vin, car);
        EXPECT_EQ(vin->data(), topic.data() + 3) << "a view into the topic";
    }
}

TEST(vin_of, rejects_topics_of_other_contracts) {
    const std::pair<std::string_view, const char*> rows[] = {
        {"", "empty"},
        {"v1", "no levels"},
        {"v1/", "no vin"},
        {"v1/X", "nothing after the vin"},
        {"v1/X/", "an empty branch"},
        {"v1//evt", "an empty vin"},
        {"v2/X/evt", "another version"},
        {"/v1/X/evt", "a leading level"},
        {"v1/X/evt/more", "levels after the event"},
        {"v1/X/events", "another word"},
        {"v1/X/state/", "a trailing slash"},
        {"v1/X/cmd", "a command without a service"},
        {"v1/X/cmd/", "an empty service"},
        {"v1/X/cmd/horn/now", "one level too many"},
        {"v1/X/rsp/", "an empty request"},
        {"v1/X/tlm/drive", "telemetry is not of the contract yet"},
        {"v1/+/evt", "a filter"},
        {"v1/X/cmd/#", "a filter"},
        {"$SYS/broker/uptime", "the broker's own"},
    };
    for (const auto& [topic, why] : rows) EXPECT_EQ(contract::vin_of(topic), std::nullopt) << why;
}
