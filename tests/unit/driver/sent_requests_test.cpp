#include "sent_requests.hpp"

#include <gtest/gtest.h>

using namespace loadsim;

namespace {

using requests = driver::sent_requests<int>;

} // namespace

TEST(sent_requests, stay_open_however_many_follow) {
    requests sent;
    for (std::uint64_t n = 1; n <= requests::completed_capacity + 2; ++n) {
        sent.open(n, 5);
        if (n > 1) sent.complete(n, vehicle_id{8});
    }
    ASSERT_NE(sent.find_open(1), nullptr) << "or its final response would be ignored and the request time out";
    EXPECT_EQ(*sent.find_open(1), 5);
    sent.complete(1, vehicle_id{7});
    EXPECT_EQ(sent.vehicle_of_completed(1), vehicle_id{7});
}

TEST(sent_requests, are_kept_for_a_second_final_response) {
    requests sent;
    sent.open(1, 5);
    EXPECT_FALSE(sent.vehicle_of_completed(1)) << "still open";
    sent.complete(1, vehicle_id{7});
    EXPECT_EQ(sent.find_open(1), nullptr);
    for (std::uint64_t n = 2; n <= requests::completed_capacity; ++n) sent.complete(n, vehicle_id{8});
    EXPECT_EQ(sent.vehicle_of_completed(1), vehicle_id{7});
    sent.complete(1 + requests::completed_capacity, vehicle_id{9});
    EXPECT_FALSE(sent.vehicle_of_completed(1));
    EXPECT_EQ(sent.vehicle_of_completed(1 + requests::completed_capacity), vehicle_id{9});
    EXPECT_FALSE(sent.vehicle_of_completed(0)) << "the number of a foreign id";
}

// One that is given up late must not take the memory of a later one.
TEST(sent_requests, that_are_given_up_are_not_kept) {
    requests sent;
    sent.open(1, 5);
    sent.complete(1 + requests::completed_capacity, vehicle_id{9});
    sent.drop(1);
    EXPECT_FALSE(sent.vehicle_of_completed(1));
    EXPECT_EQ(sent.vehicle_of_completed(1 + requests::completed_capacity), vehicle_id{9});
}
