// Queue of stored messages: random changes, compared with a std::deque.
#include "counting_memory.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/telemetry/message_chunks.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <string>

using namespace loadsim;
using namespace loadsim::telemetry;

TEST(message_chunks, is_a_queue_whatever_its_messages_sizes) {
    for (std::uint64_t round = 0; round < 20; ++round) {
        telemetry_test::counting_memory memory;
        {
            message_chunks queue(vehicle_id{3}, &memory);
            std::deque<std::pair<std::int64_t, std::string>> model;
            random_stream random(round, stream_id::behaviour, 1);
            for (std::int64_t n = 1; n <= 3'000; ++n) {
                const double what = random.unit();
                if (what < 0.45 && !model.empty()) {
                    const auto m = queue.front();
                    ASSERT_EQ(m.position, model.front().first);
                    ASSERT_EQ(m.payload, model.front().second);
                    ASSERT_EQ(m.topic, "t/" + std::to_string(m.position));
                    ASSERT_EQ(m.vehicle, vehicle_id{3});
                    queue.pop_front();
                    model.pop_front();
                } else {
                    const auto size = static_cast<std::size_t>(random.unit() * (random.unit() < 0.02 ? 40'000 : 300));
                    const std::string payload(size, static_cast<char>('a' + n % 26));
                    const auto topic = "t/" + std::to_string(n);
                    stored_message m;
                    m.position = n;
                    m.topic = topic;
                    m.payload = payload;
                    if (what < 0.6) {
                        queue.push_front(m);
                        model.emplace_front(n, payload);
                    } else {
                        queue.push_back(m);
                        model.emplace_back(n, payload);
                    }
                }
                ASSERT_EQ(queue.messages(), model.size());
                ASSERT_EQ(queue.empty(), model.empty());
            }
            std::uint64_t bytes = 0;
            for (const auto& [position, payload] : model)
                bytes += stored_header_bytes + payload.size() + 2 + std::to_string(position).size();
            EXPECT_EQ(queue.bytes(), bytes);
            if (round % 2 == 0) {
                while (!queue.empty()) queue.pop_front();
                EXPECT_EQ(memory.bytes(), 0U);
            }
        }
        EXPECT_EQ(memory.bytes(), 0U);
    }
}
