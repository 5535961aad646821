// Bridge that reorders: what it counts as reordered is what a tap finds out of order, whatever the vehicles send.
#include "bridge_core.hpp"

#include <loadsim/base/hash.hpp>
#include <loadsim/base/random.hpp>
#include <loadsim/contract/tap_mapping.hpp>
#include <loadsim/measure/delivery_reconciliation.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

namespace {

struct reordered_message {
    std::uint32_t vehicle = 0;
    std::uint32_t group = 0; ///< position, energy
    std::uint64_t sequence = 0;
};

struct reordered_run {
    std::uint64_t injected = 0;
    measure::delivery_counts found;
};

bridge_fault reorder_each(std::uint32_t every, std::uint32_t distance = 1) {
    return {.what = bridge_fault::kind::reorder,
            .rule = {.every = every, .probability = {}, .window = {}},
            .distance = distance};
}

/// Forwards the messages in the order in which the vehicles send them, and compares them as a tap does.
reordered_run reorder(const std::vector<reordered_message>& messages, std::vector<bridge_fault> faults) {
    constexpr std::uint32_t vehicles = 20;
    const auto mapping =
        contract::tap_mapping::compile({.payload = "/payload", .vehicle = "/vin", .telemetry_group = "/topic"},
                                       {{"position", "v1/+/tlm/position"}, {"energy", "v1/+/tlm/energy"}}, "tap")
            .value();
    constexpr monotonic_time now{1'000s};
    measure::delivery_reconciliation tap({}, {}, vehicles, 2, {});
    bridge_core bridge({.rules = {{.value = bridge_rule::form::envelope}}, .faults = std::move(faults)},
                       {{"telemetry", mapping}}, [&](const bridge_record& r) {
                           const auto m = mapping.read({.topic = r.topic, .key = r.key, .value = r.value});
                           const auto vehicle = vehicle_id{static_cast<std::uint32_t>(std::stoul(m.payload_vehicle))};
                           tap.consumed({.vehicle = vehicle,
                                         .group = m.group.value(),
                                         .sequence = m.sequence.value(),
                                         .hash = m.payload_hash,
                                         .consumed = now});
                       });
    for (const auto& m : messages) {
        const auto payload = fmt::format(R"({{"vin":"{}","seq":{}}})", m.vehicle, m.sequence);
        tap.sent(vehicle_id{m.vehicle}, m.group, m.sequence, content_hash(payload), now);
        bridge.receive(
            {.topic = fmt::format("v1/{}/tlm/{}", m.vehicle, m.group == 0 ? "position" : "energy"), .payload = payload},
            1, 1'700'000'000'000, now);
    }
    bridge.finish();
    tap.finish();
    EXPECT_EQ(bridge.counts().waiting, 0U);
    EXPECT_EQ(tap.total().lost, 0U);
    return {bridge.counts().of(bridge_fault::kind::reorder), tap.total()};
}

} // namespace

TEST(bridge_reorder, a_record_that_no_other_follows_is_not_reordered) {
    const auto run = reorder({{0, 0, 1}, {1, 0, 1}, {0, 0, 2}, {1, 0, 2}}, {reorder_each(2)}); // both of vehicle 1
    EXPECT_EQ(run.injected, 0U);
    EXPECT_EQ(run.found.out_of_order, 0U);
    const auto overtaken = reorder({{1, 0, 1}, {1, 0, 2}, {1, 0, 3}}, {reorder_each(2, 5)});
    EXPECT_EQ(overtaken.injected, 1U) << "by less than the distance";
    EXPECT_EQ(overtaken.found.out_of_order, 1U);
}

TEST(bridge_reorder, a_record_follows_those_of_its_own_group) {
    const auto run = reorder({{0, 0, 1}, {0, 0, 2}, {0, 1, 1}, {0, 1, 2}, {0, 0, 3}}, {reorder_each(2)});
    EXPECT_EQ(run.injected, 1U) << "the second one, behind the third of its group";
    EXPECT_EQ(run.found.out_of_order, 1U);
}

TEST(bridge_reorder, a_record_that_is_behind_a_later_one_already_is_not_reordered) {
    // 2 and 3 were in the store while 4 and 5 were sent; 5 is sent again.
    const std::vector<reordered_message> messages{{0, 0, 1}, {0, 0, 4}, {0, 0, 2}, {0, 0, 5},
                                                  {0, 0, 5}, {0, 0, 3}, {0, 0, 6}};
    for (std::uint32_t every = 1; every <= 7; ++every) {
        const auto run = reorder(messages, {reorder_each(every)});
        EXPECT_EQ(run.found.out_of_order, run.injected) << every;
    }
    EXPECT_EQ(reorder(messages, {reorder_each(3)}).injected, 0U) << "2 and the last 3";
}

TEST(bridge_reorder, what_is_reordered_is_out_of_order_whatever_is_sent) {
    std::uint64_t draws = 0;
    const auto below = [&](std::uint64_t bound) {
        return static_cast<std::uint32_t>(random_below(bound, 7, stream_id::template_value, 1, draws++));
    };
    for (int round = 0; round < 200; ++round) {
        std::vector<std::uint64_t> last(40);
        std::vector<reordered_message> messages, stored;
        for (int n = 0; n < 400; ++n) {
            const auto stream = below(last.size());
            const reordered_message next{stream / 2, stream % 2, ++last[stream]};
            const auto choice = below(10);
            (choice == 0 ? stored : messages).push_back(next);
            if (choice == 1) messages.push_back(next); // again
            if (choice == 2 && !stored.empty()) {
                messages.push_back(stored.front());
                stored.erase(stored.begin());
            }
        }
        messages.insert(messages.end(), stored.begin(), stored.end());
        const auto run = reorder(messages, {reorder_each(1 + below(20), 1), reorder_each(1 + below(20), 1 + below(5))});
        ASSERT_EQ(run.found.out_of_order, run.injected) << round;
        ASSERT_GT(run.injected, 0U);
        ASSERT_EQ(run.found.duplicated, 0U) << "those that the vehicles sent again are no duplicates of the bridge";
    }
}
