// Delivery reconciliation: what is one message, what falls out of the window, and what is kept in memory.
#include "delivery_counts_sums.hpp"

#include <loadsim/measure/delivery_reconciliation.hpp>

#include <gtest/gtest.h>

#include <malloc.h>

#include <optional>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

constexpr monotonic_time stream_start{1'000s};
constexpr vehicle_id first_vehicle{0};

/// One vehicle with one group.
class single_stream {
public:
    explicit single_stream(reconciliation_options options = {})
        : checked_(options, {}, 1, 1,
                   {.bridge = [this](std::uint32_t, nanoseconds n) { bridge = n; },
                    .deliver = [this](std::uint32_t, nanoseconds n) { deliver = n; },
                    .finding = {}}) {}
    void sent(std::uint64_t sequence, nanoseconds at = 0s) {
        checked_.sent(first_vehicle, 0, sequence, 77, stream_start + at);
    }
    void consumed(std::uint64_t sequence, nanoseconds at = 0s, std::optional<nanoseconds> appended = {}) {
        consumed_record r{
            .vehicle = first_vehicle, .group = 0, .sequence = sequence, .hash = 77, .consumed = stream_start + at};
        if (appended) r.appended = stream_start + *appended;
        checked_.consumed(r);
    }
    delivery_counts finish() {
        checked_.finish();
        return checked_.total();
    }
    delivery_reconciliation& checked() { return checked_; }
    nanoseconds bridge{-1}, deliver{-1};

private:
    delivery_reconciliation checked_;
};

} // namespace

TEST(delivery_reconciliation, a_reissued_message_is_one_message) {
    single_stream s;
    s.sent(1);
    s.sent(1, 10s); // PUBLISH with DUP after a reconnect
    s.consumed(1, 11s);
    EXPECT_EQ(s.deliver, 11s) << "from the first time";
    s.consumed(1, 12s); // the second copy
    s.consumed(1, 13s); // one more: the platform's
    s.sent(2, 14s);
    s.consumed(2, 14s);
    s.sent(2, 15s); // PUBACK was lost
    s.consumed(2, 15s);
    s.sent(3, 16s);
    s.sent(3, 17s);
    s.consumed(3, 18s); // the first copy never arrived
    s.sent(4, 200s);
    s.consumed(4, 200s);
    EXPECT_EQ(s.checked().in_flight(), 0U) << "the deadline of the copy has passed";
    const auto c = s.finish();
    EXPECT_EQ(c.sent, 4U);
    EXPECT_EQ(c.reissued, 3U);
    EXPECT_EQ(c.matched, 4U);
    EXPECT_EQ(c.reissue_duplicates, 2U);
    EXPECT_EQ(c.duplicated, 1U);
    EXPECT_EQ(c.lost, 0U);
    EXPECT_EQ(c.out_of_order, 0U);
}

TEST(delivery_reconciliation, messages_of_a_store_that_are_sent_behind_live_ones_are_in_order) {
    single_stream s;
    for (const std::uint64_t sequence : {1U, 101U, 2U, 102U, 3U, 103U}) s.sent(sequence);
    for (const std::uint64_t sequence : {1U, 101U, 2U, 102U, 3U, 103U}) s.consumed(sequence);
    s.sent(104);
    s.sent(105);
    s.consumed(105);
    s.consumed(104);
    const auto c = s.finish();
    EXPECT_EQ(c.matched, 8U);
    EXPECT_EQ(c.out_of_order, 1U);
    EXPECT_EQ(c.lost + c.foreign + c.duplicated, 0U);
}

TEST(delivery_reconciliation, what_falls_out_of_the_window_is_lost_after_the_deadline_and_else_not_reconciled) {
    single_stream s({.window = 2, .deadline = 10s});
    s.sent(1, 0s);
    s.sent(2, 1s);
    s.sent(3, 2s); // 1 falls out after two seconds
    EXPECT_EQ(s.checked().total().sent_not_reconciled, 1U);
    s.sent(4, 20s); // 2 after 19
    EXPECT_EQ(s.checked().total().lost, 1U);
    s.consumed(1, 21s);
    s.consumed(3, 21s);
    s.consumed(4, 21s);
    s.consumed(2, 22s);
    const auto c = s.finish();
    EXPECT_EQ(c.matched, 2U);
    EXPECT_EQ(c.consumed_not_reconciled, 2U) << "late or repeated: no more known";
    EXPECT_EQ(c.foreign, 0U);
    EXPECT_EQ(c.duplicated, 0U);
    EXPECT_EQ(sum_of_sent(c), c.sent);
    EXPECT_EQ(sum_of_consumed(c), c.consumed);
}

TEST(delivery_reconciliation, nothing_is_lost_while_the_tap_cannot_consume) {
    single_stream s({.window = 2, .deadline = 10s});
    s.sent(1, 0s);
    s.sent(2, 1s);
    s.checked().set_consuming(false, stream_start + 2s);
    s.sent(3, 20s); // 1 falls out
    EXPECT_EQ(s.checked().total().sent_not_reconciled, 1U);
    s.checked().set_consuming(true, stream_start + 21s);
    s.sent(4, 22s); // 2 falls out, a second after the return
    EXPECT_EQ(s.checked().total().sent_not_reconciled, 2U);
    EXPECT_EQ(s.checked().total().lost, 0U);
    s.sent(5, 31s); // 3 after ten seconds
    EXPECT_EQ(s.checked().total().lost, 1U);
    s.checked().set_consuming(false, stream_start + 40s);
    const auto c = s.finish();
    EXPECT_EQ(c.lost, 1U);
    EXPECT_EQ(c.sent_not_reconciled, 4U) << "4 and 5 as well";
    EXPECT_EQ(sum_of_sent(c), c.sent);
}

TEST(delivery_reconciliation, a_duplicate_older_than_64_sequences_is_not_reconciled) {
    single_stream s;
    for (std::uint64_t n = 1; n <= 65; ++n) {
        s.sent(n);
        s.consumed(n);
    }
    s.consumed(2);
    s.consumed(1);
    const auto c = s.finish();
    EXPECT_EQ(c.duplicated, 1U);
    EXPECT_EQ(c.consumed_not_reconciled, 1U);
}

TEST(delivery_reconciliation, counts_records_that_cannot_be_compared) {
    single_stream s;
    s.checked().consumed_unknown_vehicle();
    s.checked().consumed_without_sequence();
    s.consumed(9);
    s.consumed(9);
    const auto c = s.finish();
    EXPECT_EQ(c.unknown_vehicle, 1U);
    EXPECT_EQ(c.without_sequence, 1U);
    EXPECT_EQ(c.foreign, 2U);
    EXPECT_EQ(c.consumed, 4U);
    EXPECT_EQ(sum_of_consumed(s.finish()), 4U) << "finished once";
}

TEST(delivery_reconciliation, a_sample_that_begins_after_its_end_is_a_difference_of_clocks) {
    single_stream s;
    s.sent(1, 5s);
    s.consumed(1, 6s, 4s);
    EXPECT_EQ(s.bridge, -1ns);
    EXPECT_EQ(s.deliver, 1s);
    s.sent(2, 5s);
    s.consumed(2, 6s, 5500ms);
    EXPECT_EQ(s.bridge, 500ms);
    EXPECT_EQ(s.finish().clock_difference, 1U);
}

TEST(delivery_reconciliation, an_append_time_in_the_millisecond_before_may_be_the_same_instant) {
    single_stream s;
    s.sent(1, 5'000'700us);
    s.consumed(1, 6s, 5s);
    EXPECT_EQ(s.bridge, 0ns);
    s.sent(2, 5'001'000us);
    s.consumed(2, 6s, 5s);
    EXPECT_EQ(s.finish().clock_difference, 1U);
}

TEST(delivery_reconciliation, awaits_messages_until_the_deadline_of_the_last_one) {
    single_stream s({.window = 3, .deadline = 10s});
    const auto awaited = [&](nanoseconds at) { return s.checked().awaited(stream_start + at); };
    s.sent(1, 0s);
    s.sent(2, 1s);
    EXPECT_EQ(awaited(2s), 2U);
    s.sent(2, 2s); // again
    s.consumed(2, 3s);
    EXPECT_EQ(awaited(3s), 1U) << "of the second copy nothing is known";
    s.consumed(9, 3s); // never sent
    EXPECT_EQ(awaited(3s), 1U);
    s.sent(3, 4s); // 1 falls out
    EXPECT_EQ(awaited(5s), 1U);
    EXPECT_EQ(awaited(14s), 0U);
    s.finish();
    EXPECT_EQ(awaited(5s), 0U);
}

TEST(delivery_reconciliation, keeps_nothing_for_streams_whose_messages_are_matched) {
    constexpr std::uint32_t vehicles = 10'000;
    // With sanitizers, whose allocators are not counted, there is nothing to compare.
    const auto heap = [] { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; };
    const auto before = heap();
    delivery_reconciliation checked({}, {.index = 1, .count = 4}, 4 * vehicles, 1, {});
    const auto idle = heap();
    EXPECT_LE(idle - before, 32 * vehicles + 4'096);
    for (std::uint64_t n = 1; n <= 3; ++n) {
        for (std::uint32_t v = 0; v < vehicles; ++v) checked.sent(vehicle_id{4 * v + 1}, 0, n, 1, stream_start);
        EXPECT_EQ(checked.in_flight(), vehicles);
        EXPECT_EQ(checked.open_streams(), vehicles);
        EXPECT_LE(heap() - idle, 200 * vehicles);
        for (std::uint32_t v = 0; v < vehicles; ++v)
            checked.consumed({.vehicle = vehicle_id{4 * v + 1}, .sequence = n, .hash = 1, .consumed = stream_start});
        EXPECT_EQ(checked.in_flight(), 0U);
        EXPECT_EQ(checked.open_streams(), 0U);
        EXPECT_LE(heap(), idle + 4'096);
    }
    EXPECT_EQ(checked.total().matched, 3 * vehicles);
}

TEST(delivery_reconciliation, messages_in_flight_are_bounded) {
    delivery_reconciliation checked({.window = 100, .in_flight_limit = 50}, {}, 10, 1, {});
    for (std::uint64_t n = 1; n <= 1'000; ++n)
        for (std::uint32_t v = 0; v < 10; ++v) {
            checked.sent(vehicle_id{v}, 0, n, 1, stream_start);
            checked.consumed(
                {.vehicle = vehicle_id{v}, .sequence = 1'000'000 + n, .hash = 1, .consumed = stream_start});
            ASSERT_LE(checked.in_flight(), 51U + 10U);
        }
    checked.finish();
    const auto c = checked.total();
    EXPECT_EQ(sum_of_sent(c), c.sent);
    EXPECT_EQ(sum_of_consumed(c), c.consumed);
    EXPECT_EQ(c.matched, 0U);
}
