#include "redelivery_filter.hpp"

#include <gtest/gtest.h>

#include <string>

using loadsim::observer::redelivery_filter;

TEST(redelivery_filter, recognises_a_message_that_is_sent_again_with_the_flag) {
    redelivery_filter filter;
    EXPECT_FALSE(filter.is_redelivery("a/evt", "1", false));
    EXPECT_TRUE(filter.is_redelivery("a/evt", "1", true)) << "sent again, or the retained copy";
    EXPECT_FALSE(filter.is_redelivery("a/evt", "1", false)) << "a duplicate of the platform";
    EXPECT_FALSE(filter.is_redelivery("a/evt", "2", true)) << "the first delivery was lost";
    EXPECT_FALSE(filter.is_redelivery("b/evt", "1", true)) << "another topic";
}

TEST(redelivery_filter, remembers_the_last_messages_only) {
    redelivery_filter filter;
    for (std::size_t i = 0; i <= redelivery_filter::max_messages; ++i)
        EXPECT_FALSE(filter.is_redelivery("a/evt", std::to_string(i), false));
    EXPECT_FALSE(filter.is_redelivery("a/evt", "0", true)) << "forgotten";
    EXPECT_TRUE(filter.is_redelivery("a/evt", std::to_string(redelivery_filter::max_messages), true));
}
