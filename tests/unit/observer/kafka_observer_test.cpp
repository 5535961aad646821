// Observer of a topic with the Kafka API, as far as it needs no connection.
#include "kafka_observer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::observer;

TEST(kafka_observer, a_record_has_the_fields_of_a_message) {
    const kafka::record_header headers[]{{"state", "executed"}};
    const auto m = message_view_of({.topic = "events", .key = "VIN1", .value = R"({"id":"r1"})", .headers = headers});
    EXPECT_EQ(m.topic, "events");
    EXPECT_EQ(m.payload, R"({"id":"r1"})");
    EXPECT_EQ(m.correlation, "VIN1");
    EXPECT_EQ(m.property("state"), "executed");
    EXPECT_EQ(m.property("none"), "");
}

TEST(kafka_observer, names_the_option_that_is_wrong) {
    const auto start = [](const kafka_observer_options& options) {
        const auto started = kafka_observer(options, {}, {}, 2).start();
        return started ? std::string() : to_string(started.error());
    };
    EXPECT_EQ(start({.consumer = {.topics = {"events"}}}),
              "load.observers[2].kafka.brokers: no Kafka broker is given; write [\"host:9092\"]");
    EXPECT_THAT(start({.consumer = {.connection = {.brokers = {"localhost:1"}}}}),
                testing::HasSubstr("load.observers[2].kafka.topics: "));
    kafka_observer_options without_id{.consumer = {.topics = {"events"}}};
    without_id.reading.id.clear();
    EXPECT_THAT(start(without_id), testing::HasSubstr("load.observers[2].kafka.id: "));
}
