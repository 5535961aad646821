#include "event_bus.hpp"

#include <gtest/gtest.h>

using loadsim::backend::event_bus;

TEST(event_bus, delivers_accepted_messages_to_each_queue_in_order) {
    event_bus<int> numbers;
    auto& all = numbers.subscribe([](const int&) { return true; });
    auto& even = numbers.subscribe([](const int& n) { return n % 2 == 0; });
    for (const int n : {1, 2, 3, 4}) numbers.publish(n);
    EXPECT_EQ(all.size(), 4U);
    EXPECT_EQ(even.size(), 2U);
    EXPECT_EQ(even.pop(), 2);
    EXPECT_EQ(even.pop(), 4);
    EXPECT_EQ(even.pop(), std::nullopt);
    EXPECT_FALSE(numbers.idle());
    for (const int n : {1, 2, 3, 4}) EXPECT_EQ(all.pop(), n);
    EXPECT_TRUE(numbers.idle());
}

TEST(event_bus, a_subscriber_may_publish_while_it_processes_a_message) {
    event_bus<int> numbers;
    auto& all = numbers.subscribe([](const int&) { return true; });
    numbers.publish(3);
    int sum = 0;
    while (const auto n = all.pop()) {
        sum += *n;
        if (*n > 1) numbers.publish(*n - 1);
    }
    EXPECT_EQ(sum, 6);
}
