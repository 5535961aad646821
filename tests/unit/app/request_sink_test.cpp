// Sentence about records of requests that did not reach their topic.
#include "request_sink.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::app;

TEST(lost_records_sentence, tells_how_many_and_why) {
    EXPECT_EQ(lost_records_sentence("runs", {.accepted = 500, .delivered = 500}, 0), "");
    EXPECT_EQ(
        lost_records_sentence("runs",
                              {.accepted = 490,
                               .refused = 10,
                               .delivered = 480,
                               .failed = 7,
                               .errors = {{"no delivery report in time", 7}, {"the queue was full", 10}}},
                              3),
        "report.kafka: 20 of 500 records of requests did not reach the topic 'runs', or may not have: no delivery "
        "report in time (7 times), the queue was full (10 times); requests.jsonl has them all");
    EXPECT_EQ(
        lost_records_sentence("runs", {.accepted = 2}, 2),
        "report.kafka: 2 of 2 records of requests did not reach the topic 'runs', or may not have; requests.jsonl has "
        "them all");
}
