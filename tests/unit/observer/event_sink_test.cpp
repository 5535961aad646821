#include "event_sink.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::observer;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

namespace {

struct sink_fixture {
    std::vector<completion> completions;
    std::vector<std::string> errors;
    event_sink sink{[this](std::optional<completion> event, const std::string& why) {
                        if (event)
                            completions.push_back(*event);
                        else
                            errors.push_back(why);
                    },
                    3};
    contract::event_mapping mapping =
        *compile_event_mapping(contract::default_event_mapping(), observer_options_path(3, "mqtt"));

    void receive(std::string_view payload) {
        sink.on_message(mapping, {.topic = "v1/VIN1/evt", .payload = payload}, "a message", monotonic_time{1s});
    }
};

} // namespace

TEST(event_sink, delivers_completions_and_unmapped_messages_only) {
    sink_fixture s;
    s.receive(R"({"id":"r-1","state":"running"})");
    s.receive(R"({"id":"r-1","state":"executed"})");
    s.receive("{\n\x01");
    ASSERT_EQ(s.completions.size(), 1U);
    EXPECT_EQ(s.completions[0].vin, "VIN1");
    EXPECT_EQ(s.completions[0].request, "r-1");
    EXPECT_EQ(s.completions[0].final_outcome, outcome::executed);
    EXPECT_EQ(s.completions[0].at, monotonic_time{1s});
    EXPECT_EQ(s.completions[0].observer, 3U);
    EXPECT_EQ(s.completions[0].message.head, "v1/VIN1/evt");
    EXPECT_EQ(s.completions[0].message.payload, R"({"id":"r-1","state":"executed"})");
    EXPECT_EQ(s.completions[0].message.payload_bytes, 31U);
    EXPECT_THAT(s.errors, ElementsAre("a message holds no id of a request: { \\x01"));
}

TEST(event_sink, delivers_each_event_of_a_batch) {
    sink_fixture s;
    auto options = contract::default_event_mapping();
    options.batch_path = "payload";
    s.mapping = *compile_event_mapping(options, observer_options_path(3, "mqtt"));
    s.receive(R"([{"id":"r-1","state":"executed"},{"state":"executed"},{"id":"r-2","state":"failed","reason":"x"}])");
    ASSERT_EQ(s.completions.size(), 2U);
    EXPECT_EQ(s.completions[0].request, "r-1");
    EXPECT_EQ(s.completions[1].request, "r-2");
    EXPECT_EQ(s.completions[1].message.payload, R"({"id":"r-2","state":"failed","reason":"x"})") << "its item alone";
    EXPECT_EQ(s.completions[1].vin, "VIN1") << "of the topic that they share";
    EXPECT_THAT(s.errors, ElementsAre("a message holds no id of a request: {\"state\":\"executed\"}"));
    EXPECT_EQ(s.sink.take_counts().messages, 3U);
    s.receive(R"({"id":"r-1","state":"executed"})");
    EXPECT_EQ(s.completions.size(), 2U) << "it is no list";
    for (std::uint32_t i = 0; i < contract::field_match_stats::sample_size; ++i) s.receive("{}");
    EXPECT_TRUE(s.sink.take_counts().unmatched_fields.empty()) << "there was a list once";
}

TEST(event_sink, reports_once_that_a_batch_never_matched) {
    sink_fixture s;
    auto options = contract::default_event_mapping();
    options.batch_path = "/events";
    s.mapping = *compile_event_mapping(options, observer_options_path(3, "mqtt"));
    for (std::uint32_t i = 0; i < contract::field_match_stats::sample_size; ++i)
        s.receive(R"({"id":"r-1","state":"executed"})");
    EXPECT_THAT(s.sink.take_counts().unmatched_fields, ElementsAre(HasSubstr("load.observers[3].mqtt.each")));
}

TEST(event_sink, counts_since_the_last_take) {
    sink_fixture s;
    s.receive(R"({"id":"r-1","state":"running"})");
    s.receive(R"({"id":"r-1","state":"executed"})");
    s.receive("{");
    s.sink.count_rejected("no signature");
    s.sink.count_rejected("no signature", 2);
    s.sink.count_rejected("nothing", 0);
    s.sink.count_reconnect();
    auto all = s.sink.take_counts();
    EXPECT_EQ(all.messages, 3U);
    EXPECT_EQ(all.completions, 1U);
    EXPECT_EQ(all.reconnects, 1U);
    EXPECT_THAT(all.refused, ElementsAre(Pair("no event", 1U), Pair("no signature", 3U)));
    all = s.sink.take_counts();
    EXPECT_EQ(all.messages, 0U);
    EXPECT_TRUE(all.refused.empty());
}

TEST(event_sink, reports_once_which_field_never_matched) {
    sink_fixture s;
    for (std::uint32_t i = 0; i < contract::field_match_stats::sample_size; ++i) s.receive(R"({"request":"r-1"})");
    EXPECT_THAT(s.sink.take_counts().unmatched_fields, testing::Contains(HasSubstr("load.observers[3].mqtt.id")));
    EXPECT_TRUE(s.sink.take_counts().unmatched_fields.empty());
}

TEST(event_sink, mapping_needs_a_request_id) {
    auto options = contract::default_event_mapping();
    options.id.clear();
    const auto made = compile_event_mapping(options, "load.observers[0].mqtt");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().list.front().location, "load.observers[0].mqtt.id");
}
