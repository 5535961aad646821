// Agenda of due messages: order, memory, and a fleet of which each vehicle sends once a second.
#include "drive_states.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/telemetry/due_agenda.hpp>
#include <loadsim/telemetry/group_schedule.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

using namespace loadsim;
using namespace loadsim::telemetry;
using namespace std::chrono_literals;

namespace {

using agenda_entry = std::tuple<nanoseconds, std::uint32_t>;

std::vector<agenda_entry> drain(due_agenda& agenda) {
    std::vector<agenda_entry> all;
    for (; !agenda.empty(); agenda.replace_front(nanoseconds::max())) all.emplace_back(agenda.next(), agenda.front());
    return all;
}

} // namespace

TEST(due_agenda, is_ordered_by_tick_then_by_slot) {
    due_agenda agenda(6);
    const agenda_entry entries[] = {{3s, 1}, {1s, 5}, {2s, 4}, {1s, 2}, {0s, 7}, {2s - 1us, 9}};
    for (const auto& [due, slot] : entries) agenda.add(slot, due);
    const std::vector<agenda_entry> wanted{{0s, 7}, {1s, 2}, {1s, 5}, {2s, 4}, {2s, 9}, {3s, 1}};
    EXPECT_EQ(drain(agenda), wanted);
    EXPECT_EQ(agenda.next(), nanoseconds::max());
}

TEST(due_agenda, a_slot_is_never_early_and_at_most_a_tick_late) {
    due_agenda agenda(1);
    for (const auto due : {0ns, 1ns, 249'999ns, 250'000ns, 250'001ns, nanoseconds{197 * 24h}}) {
        agenda.add(0, due);
        EXPECT_GE(agenda.next(), due);
        EXPECT_LT(agenda.next() - due, due_agenda::tick_length);
        agenda.replace_front(nanoseconds::max());
    }
}

TEST(due_agenda, a_slot_without_a_next_message_is_left_out) {
    due_agenda agenda(3);
    agenda.add(0, nanoseconds::max());
    EXPECT_TRUE(agenda.empty());
    agenda.add(1, 1s);
    agenda.add(2, 2s);
    agenda.replace_front(3s);
    EXPECT_EQ(agenda.front(), 2U);
    agenda.replace_front(nanoseconds::max());
    EXPECT_EQ(agenda.front(), 1U);
    EXPECT_EQ(agenda.size(), 1U);
}

TEST(due_agenda, is_independent_of_the_order_of_insertion) {
    std::vector<agenda_entry> entries;
    for (std::uint32_t slot = 0; slot < 5'000; ++slot)
        entries.emplace_back(random_below(300, 1, stream_id::behaviour, slot, 0) * due_agenda::tick_length, slot);
    due_agenda upwards(entries.size()), downwards(entries.size());
    for (const auto& [due, slot] : entries) upwards.add(slot, due);
    std::reverse(entries.begin(), entries.end());
    for (const auto& [due, slot] : entries) downwards.add(slot, due);
    std::sort(entries.begin(), entries.end());
    EXPECT_EQ(drain(upwards), entries);
    EXPECT_EQ(drain(downwards), entries);
}

TEST(due_agenda, a_fleet_sends_once_a_second_in_order_of_due_times) {
    constexpr std::uint32_t vehicles = 15'000;
    const rate_factors no_factor;
    const telemetry_test::common_states parked;
    group_options o;
    o.every = period_always(1s);
    const group_schedule schedule(o, 0, 1, vehicles, no_factor, {}, 10s);
    due_agenda agenda(vehicles);
    std::vector<due_message> messages;
    for (std::uint32_t v = 0; v < vehicles; ++v) {
        messages.push_back(schedule.first(parked, vehicle_id{v}));
        agenda.add(v, messages.back().due());
    }
    std::vector<std::uint64_t> per_tenth(101);
    std::uint64_t sent = 0;
    for (auto last = 0ns; !agenda.empty(); ++sent) {
        const auto v = agenda.front();
        ASSERT_GE(agenda.next(), last);
        ASSERT_GE(agenda.next(), messages[v].due());
        last = agenda.next();
        ++per_tenth[static_cast<std::size_t>(last / 100ms)];
        messages[v] = schedule.next(messages[v], parked, vehicle_id{v});
        agenda.replace_front(messages[v].due());
    }
    EXPECT_NEAR(static_cast<double>(sent), 150'000, 15'000 * 0.1 + 1) << "jitter of 10 %";
    for (std::size_t i = 12; i < 100; ++i) EXPECT_NEAR(static_cast<double>(per_tenth[i]), 1'500, 100) << i;
}
