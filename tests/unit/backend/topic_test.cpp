#include "topic.hpp"

#include <gtest/gtest.h>

using loadsim::backend::topic;

TEST(topic, gives_each_queue_what_its_filter_lets_through_in_order) {
    topic<int> numbers;
    auto& all = numbers.subscribe([](const int&) { return true; });
    auto& even = numbers.subscribe([](const int& n) { return n % 2 == 0; });
    for (const int n : {1, 2, 3, 4}) numbers.publish(n);
    EXPECT_EQ(all.size(), 4U);
    EXPECT_EQ(even.size(), 2U);
    EXPECT_EQ(even.take(), 2);
    EXPECT_EQ(even.take(), 4);
    EXPECT_EQ(even.take(), std::nullopt);
    EXPECT_FALSE(numbers.idle());
    for (const int n : {1, 2, 3, 4}) EXPECT_EQ(all.take(), n);
    EXPECT_TRUE(numbers.idle());
}

TEST(topic, a_subscriber_may_publish_while_it_works) {
    topic<int> numbers;
    auto& all = numbers.subscribe([](const int&) { return true; });
    numbers.publish(3);
    int sum = 0;
    while (const auto n = all.take()) {
        sum += *n;
        if (*n > 1) numbers.publish(*n - 1);
    }
    EXPECT_EQ(sum, 6);
}
