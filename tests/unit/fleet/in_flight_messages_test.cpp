// Messages in flight: found by vehicle and packet id, in the order of sending.
#include "in_flight_messages.hpp"
#include "reissue_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

namespace {

void add_message(in_flight_messages& all, std::uint32_t slot, std::uint16_t id) { all.add(slot, id).sequence = id; }

std::vector<std::uint32_t> sequences(const in_flight_messages& all, std::uint32_t slot) {
    std::vector<std::uint32_t> found;
    all.for_each(slot, [&](const in_flight_message& m) { found.push_back(m.sequence); });
    return found;
}

TEST(in_flight_messages_test, are_of_their_vehicle_and_in_order) {
    in_flight_messages all;
    add_message(all, 7, 1);
    add_message(all, 8, 1);
    add_message(all, 7, 2);
    add_message(all, 7, 3);
    EXPECT_EQ(all.size(), 4U);
    EXPECT_EQ(all.count(7), 3U);
    EXPECT_EQ(all.count(9), 0U);
    EXPECT_THAT(sequences(all, 7), ElementsAre(1, 2, 3));
    EXPECT_THAT(sequences(all, 9), IsEmpty());
    ASSERT_NE(all.take(7, 2), nullptr);
    EXPECT_EQ(all.take(7, 2), nullptr) << "once";
    EXPECT_EQ(all.take(9, 1), nullptr);
    add_message(all, 7, 4);
    EXPECT_THAT(sequences(all, 7), ElementsAre(1, 3, 4));
    EXPECT_EQ(all.take(7, 4)->sequence, 4U);
    add_message(all, 7, 5);
    EXPECT_THAT(sequences(all, 7), ElementsAre(1, 3, 5)) << "after the last one is taken";
    EXPECT_THAT(all.slots(), UnorderedElementsAre(7, 8));
    all.remove_all(7);
    all.remove_all(7);
    EXPECT_FALSE(all.has(7));
    EXPECT_TRUE(all.has(8));
    EXPECT_EQ(all.size(), 1U);
}

TEST(in_flight_messages_test, of_a_session_that_has_ended_are_suspended_until_it_is_resumed) {
    in_flight_messages all;
    all.suspend(7);
    EXPECT_FALSE(all.is_suspended(7)) << "there are none";
    add_message(all, 7, 1);
    all.suspend(7);
    EXPECT_TRUE(all.is_suspended(7));
    EXPECT_FALSE(all.is_suspended(8));
    EXPECT_EQ(all.first(8), nullptr);
    all.resume(7, std::chrono::seconds{9});
    EXPECT_FALSE(all.is_suspended(7));
    ASSERT_NE(all.first(7), nullptr);
    EXPECT_EQ(all.first(7)->packet_id, 1);
    EXPECT_EQ(all.first(7)->sent, std::chrono::seconds{9}) << "again";
    all.suspend(7);
    all.take(7, 1);
    add_message(all, 7, 2);
    EXPECT_FALSE(all.is_suspended(7)) << "of the next session";
}

TEST(in_flight_messages_test, are_the_same_as_in_a_map) {
    in_flight_messages all;
    std::map<std::uint32_t, std::vector<std::uint16_t>> expected;
    std::mt19937 random(1);
    std::uint16_t id = 0;
    for (int step = 0; step < 100'000; ++step) {
        const auto slot = static_cast<std::uint32_t>(random() % 300);
        auto& ids = expected[slot];
        if (random() % 2 == 0 || ids.empty()) {
            add_message(all, slot, ++id);
            ids.push_back(id);
            if (id == 60'000) id = 0; // those are no more in flight
        } else {
            const auto which = random() % 4 == 0 ? random() % ids.size() : 0;
            ASSERT_NE(all.take(slot, ids[which]), nullptr);
            ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(which));
        }
        if (random() % 100 == 0) {
            all.remove_all(slot);
            ids.clear();
        }
        ASSERT_EQ(all.count(slot), ids.size());
    }
    for (const auto& [slot, ids] : expected) EXPECT_THAT(sequences(all, slot), testing::ElementsAreArray(ids)) << slot;
}

TEST(reissue_queue_test, gives_vehicles_in_the_order_of_their_instants) {
    reissue_queue queue;
    EXPECT_EQ(queue.next(), nanoseconds::max());
    queue.set(1, 30s);
    queue.set(2, 20s);
    queue.set(3, 20s);
    queue.set(1, 10s);
    queue.set(2, nanoseconds::max()); // waits for an event
    EXPECT_EQ(queue.next(), 10s);
    EXPECT_EQ(queue.take(), 1U);
    EXPECT_EQ(queue.take(), 3U);
    EXPECT_EQ(queue.next(), nanoseconds::max());
}

} // namespace
