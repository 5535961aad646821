// Topics of the embedded cluster.
#include "process/embedded_kafka.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace loadsim;
using namespace loadsim::run;

TEST(embedded_kafka, has_the_topics_of_its_list_and_of_the_bridge) {
    scenario::embedded_kafka wanted;
    EXPECT_EQ(embedded_topics(wanted), (std::vector<kafka::mock_cluster::topic>{{"telemetry", 4}}));
    wanted.topics = {{"telemetry", 9}, {"other", 2}};
    wanted.bridge.rules = {{.topic = "telemetry"}, {.filter = "v1/+/evt", .topic = "events"}, {.topic = "events"}};
    EXPECT_EQ(embedded_topics(wanted),
              (std::vector<kafka::mock_cluster::topic>{{"telemetry", 9}, {"other", 2}, {"events", 4}}));
}
