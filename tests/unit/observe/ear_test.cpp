#include "ear.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::observe;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

namespace {

struct stand {
    std::vector<final_event> ends;
    std::vector<std::string> whys;
    ear listens{[this](std::optional<final_event> seen, const std::string& why) {
                    if (seen)
                        ends.push_back(*seen);
                    else
                        whys.push_back(why);
                },
                3};
    contract::reading reading = *reading_of_events(contract::event_reading(), place_of(3, "mqtt"));

    void hear(std::string_view payload) {
        listens.hear(reading, {.topic = "v1/VIN1/evt", .payload = payload}, "a message", monotonic_time{1s});
    }
};

} // namespace

TEST(ear, tells_ends_and_what_is_no_event_and_no_other_states) {
    stand s;
    s.hear(R"({"id":"r-1","state":"running"})");
    s.hear(R"({"id":"r-1","state":"executed"})");
    s.hear("{\n\x01");
    ASSERT_EQ(s.ends.size(), 1U);
    EXPECT_EQ(s.ends[0].vin, "VIN1");
    EXPECT_EQ(s.ends[0].request, "r-1");
    EXPECT_EQ(s.ends[0].end, outcome::executed);
    EXPECT_EQ(s.ends[0].at, monotonic_time{1s});
    EXPECT_EQ(s.ends[0].observer, 3U);
    EXPECT_THAT(s.whys, ElementsAre("a message says of no request: {.."));
}

TEST(ear, hears_each_event_of_a_list) {
    stand s;
    auto options = contract::event_reading();
    options.each = "payload";
    s.reading = *reading_of_events(options, place_of(3, "mqtt"));
    s.hear(R"([{"id":"r-1","state":"executed"},{"state":"executed"},{"id":"r-2","state":"failed","reason":"x"}])");
    ASSERT_EQ(s.ends.size(), 2U);
    EXPECT_EQ(s.ends[0].request, "r-1");
    EXPECT_EQ(s.ends[1].request, "r-2");
    EXPECT_EQ(s.ends[1].vin, "VIN1") << "of the topic that they share";
    EXPECT_THAT(s.whys, ElementsAre("a message says of no request: {\"state\":\"executed\"}"));
    EXPECT_EQ(s.listens.take().messages, 3U);
    s.hear(R"({"id":"r-1","state":"executed"})");
    EXPECT_EQ(s.ends.size(), 2U) << "it is no list";
    for (std::uint32_t i = 0; i < contract::fit::after; ++i) s.hear("{}");
    EXPECT_TRUE(s.listens.take().misfits.empty()) << "there was a list once";
}

TEST(ear, says_once_that_there_is_never_a_list) {
    stand s;
    auto options = contract::event_reading();
    options.each = "/events";
    s.reading = *reading_of_events(options, place_of(3, "mqtt"));
    for (std::uint32_t i = 0; i < contract::fit::after; ++i) s.hear(R"({"id":"r-1","state":"executed"})");
    EXPECT_THAT(s.listens.take().misfits, ElementsAre(HasSubstr("load.observers[3].mqtt.each")));
}

TEST(ear, counts_since_it_was_asked_last) {
    stand s;
    s.hear(R"({"id":"r-1","state":"running"})");
    s.hear(R"({"id":"r-1","state":"executed"})");
    s.hear("{");
    s.listens.refuse("no signature");
    s.listens.refuse("no signature", 2);
    s.listens.refuse("nothing", 0);
    s.listens.reconnected();
    auto all = s.listens.take();
    EXPECT_EQ(all.messages, 3U);
    EXPECT_EQ(all.ends, 1U);
    EXPECT_EQ(all.reconnects, 1U);
    EXPECT_THAT(all.refused, ElementsAre(Pair("no event", 1U), Pair("no signature", 3U)));
    all = s.listens.take();
    EXPECT_EQ(all.messages, 0U);
    EXPECT_TRUE(all.refused.empty());
}

TEST(ear, says_once_which_pointer_never_fits) {
    stand s;
    for (std::uint32_t i = 0; i < contract::fit::after; ++i) s.hear(R"({"request":"r-1"})");
    EXPECT_THAT(s.listens.take().misfits, testing::Contains(HasSubstr("load.observers[3].mqtt.id")));
    EXPECT_TRUE(s.listens.take().misfits.empty());
}

TEST(ear, an_event_must_say_its_request) {
    auto options = contract::event_reading();
    options.id.clear();
    const auto made = reading_of_events(options, "load.observers[0].mqtt");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().list.front().place, "load.observers[0].mqtt.id");
}
