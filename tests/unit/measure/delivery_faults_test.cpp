// Delivery reconciliation: k injected faults are k findings, for each kind alone, for all together, and for any order of events.
#include "delivery_counts_sums.hpp"

#include <loadsim/measure/delivery_reconciliation.hpp>

#include <loadsim/base/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

using finding_kind = delivery_finding::kind;

constexpr monotonic_time first_due{1'000s};

/// Faults that are injected into a generated stream of records.
struct injected_faults {
    std::uint32_t drop = 0, duplicate = 0, reorder = 0, corrupt = 0, swap_keys = 0, stall = 0, foreign = 0;
    std::uint32_t reorder_distance = 1;
    bool payload_names_vehicle = true;
};

struct sent_message {
    vehicle_id vehicle{};
    std::uint32_t group = 0;
    std::uint64_t sequence = 0, hash = 0;
    monotonic_time at{};
};

constexpr std::uint32_t vehicle_count = 20, group_count = 2, messages_of_stream = 240;
constexpr std::uint32_t block_size = 12; // messages of a stream with one fault at most: no fault changes another
constexpr nanoseconds stall_time = 30s, usual_time = 5ms;

/// Sequences of a stream begin anywhere, those of two vehicles differ.
std::uint64_t first_sequence(std::uint32_t vehicle) { return 1 + vehicle * std::uint64_t{10'000}; }

std::vector<sent_message> generate_sent(std::uint64_t seed) {
    std::vector<sent_message> all;
    for (std::uint32_t n = 0; n < messages_of_stream; ++n)
        for (std::uint32_t v = 0; v < vehicle_count; ++v)
            for (std::uint32_t g = 0; g < group_count; ++g)
                all.push_back({vehicle_id{v}, g, first_sequence(v) + n,
                               random_bits(seed, stream_id::template_value, v * group_count + g, n) | 1U,
                               first_due + n * 100ms + v * 1ms});
    return all;
}

/// Blocks of streams in random order: each fault gets one of its own.
class fault_places {
public:
    explicit fault_places(std::uint64_t seed) : seed_(seed) {
        for (std::uint32_t s = 0; s < vehicle_count * group_count; ++s)
            for (std::uint32_t b = 0; b < messages_of_stream / block_size; ++b) free_.emplace_back(s, b * block_size);
    }
    /// Stream and number of the message.
    std::pair<std::uint32_t, std::uint32_t> take() {
        const auto at = random_below(free_.size(), seed_, stream_id::fault, 0, drawn_++);
        std::swap(free_[at], free_.back());
        const auto place = free_.back();
        free_.pop_back();
        return place;
    }
    /// The same block of the same group of two vehicles.
    std::pair<std::pair<std::uint32_t, std::uint32_t>, std::pair<std::uint32_t, std::uint32_t>> take_pair() {
        for (;;) {
            const auto one = take();
            const auto other = std::ranges::find_if(free_, [&](const auto& p) {
                return p.second == one.second && p.first != one.first &&
                       p.first % group_count == one.first % group_count;
            });
            if (other == free_.end()) continue;
            const auto second = *other;
            free_.erase(other);
            return {one, second};
        }
    }

private:
    std::uint64_t seed_;
    std::uint64_t drawn_ = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> free_;
};

std::vector<consumed_record> generate_consumed(const std::vector<sent_message>& sent, const injected_faults& faults,
                                               std::uint64_t seed) {
    // Records by stream; then they are merged by position, so that each stream keeps its order.
    std::vector<std::vector<std::pair<double, consumed_record>>> streams(vehicle_count * group_count);
    for (const auto& m : sent) {
        auto& stream = streams[index(m.vehicle) * group_count + m.group];
        stream.emplace_back(static_cast<double>(stream.size()), consumed_record{.vehicle = m.vehicle,
                                                                                .group = m.group,
                                                                                .sequence = m.sequence,
                                                                                .hash = m.hash,
                                                                                .consumed = m.at + usual_time,
                                                                                .appended = m.at + usual_time / 5});
    }
    fault_places places(seed);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> dropped;
    std::vector<std::pair<std::uint32_t, std::pair<double, consumed_record>>> added;
    for (std::uint32_t i = 0; i < faults.drop; ++i) dropped.push_back(places.take());
    for (std::uint32_t i = 0; i < faults.duplicate; ++i) {
        const auto [stream, n] = places.take();
        added.emplace_back(stream, std::pair{n + 0.5 + i % 3, streams[stream][n].second});
    }
    for (std::uint32_t i = 0; i < faults.reorder; ++i) {
        const auto [stream, n] = places.take();
        streams[stream][n].first += faults.reorder_distance + 0.5;
    }
    for (std::uint32_t i = 0; i < faults.corrupt; ++i) {
        const auto [stream, n] = places.take();
        streams[stream][n].second.hash ^= 2U;
    }
    for (std::uint32_t i = 0; i < faults.swap_keys; ++i) {
        const auto [one, other] = places.take_pair();
        auto& a = streams[one.first][one.second].second;
        auto& b = streams[other.first][other.second].second;
        if (faults.payload_names_vehicle)
            a.wrong_key = b.wrong_key = true;
        else
            std::swap(a.vehicle, b.vehicle);
    }
    for (std::uint32_t i = 0; i < faults.stall; ++i) {
        const auto [stream, n] = places.take();
        streams[stream][n].second.consumed += stall_time;
    }
    for (std::uint32_t i = 0; i < faults.foreign; ++i) {
        const auto [stream, n] = places.take();
        auto record = streams[stream][n].second;
        record.sequence += 5'000;
        added.emplace_back(stream, std::pair{n + 0.5, record});
    }
    for (const auto& [stream, n] : dropped) streams[stream][n].first = -1;
    for (const auto& [stream, record] : added) streams[stream].push_back(record);

    std::vector<std::pair<double, consumed_record>> merged;
    for (auto& stream : streams)
        for (const auto& record : stream)
            if (record.first >= 0) merged.push_back(record);
    std::ranges::stable_sort(merged, {}, [](const auto& r) { return r.first; });
    std::vector<consumed_record> records;
    for (const auto& [position, record] : merged) records.push_back(record);
    return records;
}

/// When a record is reported: its position among the messages sent, plus this many.
struct event_order {
    std::int64_t records_behind = 0;
    const char* name = "";
};
constexpr event_order event_orders[] = {
    {0, "at once"},
    {1'000, "later"},
    {-400, "before the message is reported as sent"},
    {1'000'000, "after all messages"},
};

struct reconciled {
    delivery_counts counts;
    std::map<finding_kind, std::uint32_t> findings;
    std::uint64_t bridge_samples = 0, deliver_samples = 0, stalled_samples = 0;
    std::uint64_t open_streams = 0;
};

reconciled reconcile(const std::vector<sent_message>& sent, const std::vector<consumed_record>& consumed,
                     const event_order& order) {
    reconciled all;
    delivery_reconciliation checked({}, {}, vehicle_count, group_count,
                                    {.bridge = [&](std::uint32_t, nanoseconds) { ++all.bridge_samples; },
                                     .deliver =
                                         [&](std::uint32_t, nanoseconds latency) {
                                             ++all.deliver_samples;
                                             all.stalled_samples += latency >= stall_time;
                                         },
                                     .finding = [&](const delivery_finding& f) { ++all.findings[f.what]; }});
    std::size_t next_record = 0;
    const auto consume_until = [&](std::int64_t position) {
        for (; next_record < consumed.size() && static_cast<std::int64_t>(next_record) < position; ++next_record)
            checked.consumed(consumed[next_record]);
    };
    for (std::size_t i = 0; i < sent.size(); ++i) {
        consume_until(static_cast<std::int64_t>(i) - order.records_behind);
        checked.sent(sent[i].vehicle, sent[i].group, sent[i].sequence, sent[i].hash, sent[i].at);
    }
    consume_until(static_cast<std::int64_t>(consumed.size()));
    all.open_streams = checked.open_streams();
    checked.finish();
    all.counts = checked.total();
    return all;
}

struct fault_case {
    const char* name;
    injected_faults faults;
};

} // namespace

TEST(delivery_reconciliation, k_faults_are_k_findings) {
    const fault_case cases[] = {
        {"none", {}},
        {"drop", {.drop = 37}},
        {"duplicate", {.duplicate = 41}},
        {"reorder by 1", {.reorder = 23, .reorder_distance = 1}},
        {"reorder by 7", {.reorder = 29, .reorder_distance = 7}},
        {"corrupt", {.corrupt = 31}},
        {"swap keys", {.swap_keys = 19}},
        {"stall", {.stall = 43}},
        {"foreign", {.foreign = 17}},
        {"all",
         {.drop = 50,
          .duplicate = 60,
          .reorder = 70,
          .corrupt = 40,
          .swap_keys = 30,
          .stall = 20,
          .foreign = 10,
          .reorder_distance = 5}},
    };
    for (const auto& [name, faults] : cases)
        for (const auto& order : event_orders)
            for (const std::uint64_t seed : {1U, 2U}) {
                SCOPED_TRACE(std::string(name) + ", records " + order.name + ", seed " + std::to_string(seed));
                const auto sent = generate_sent(seed);
                const auto consumed = generate_consumed(sent, faults, seed);
                const auto [counts, findings, bridge, deliver, stalled, open] = reconcile(sent, consumed, order);
                EXPECT_EQ(counts.sent, sent.size());
                EXPECT_EQ(counts.consumed, consumed.size());
                EXPECT_EQ(counts.lost, faults.drop);
                EXPECT_EQ(counts.duplicated, faults.duplicate);
                EXPECT_EQ(counts.out_of_order, faults.reorder);
                EXPECT_EQ(counts.largest_distance.value, faults.reorder == 0 ? 0 : faults.reorder_distance);
                EXPECT_EQ(counts.corrupted, faults.corrupt);
                EXPECT_EQ(counts.wrong_key, 2 * faults.swap_keys);
                EXPECT_EQ(counts.foreign, faults.foreign);
                EXPECT_EQ(counts.matched, sent.size() - faults.drop - faults.corrupt);
                EXPECT_EQ(counts.sent_not_reconciled, 0U);
                EXPECT_EQ(counts.consumed_not_reconciled, 0U);
                EXPECT_EQ(counts.reissue_duplicates, 0U);
                EXPECT_EQ(stalled, faults.stall);
                EXPECT_EQ(deliver, counts.matched + counts.corrupted);
                EXPECT_EQ(bridge, deliver);
                EXPECT_EQ(sum_of_sent(counts), counts.sent);
                EXPECT_EQ(sum_of_consumed(counts), counts.consumed);
                auto found = findings;
                EXPECT_EQ(found[finding_kind::lost], faults.drop);
                EXPECT_EQ(found[finding_kind::out_of_order], faults.reorder);
                EXPECT_EQ(found[finding_kind::duplicated], faults.duplicate);
                if (faults.drop + faults.foreign == 0) {
                    EXPECT_EQ(open, 0U);
                }
            }
}

TEST(delivery_reconciliation,
     without_a_vehicle_in_the_payload_a_swap_of_keys_is_two_lost_and_two_that_no_message_matches) {
    const auto sent = generate_sent(1);
    const auto consumed = generate_consumed(sent, {.swap_keys = 19, .payload_names_vehicle = false}, 1);
    const auto counts = reconcile(sent, consumed, event_orders[0]).counts;
    EXPECT_EQ(counts.lost, 38U);
    EXPECT_EQ(counts.foreign, 19U) << "above the sequences of the vehicle";
    EXPECT_EQ(counts.consumed_not_reconciled, 19U) << "far below them";
    EXPECT_EQ(counts.wrong_key, 0U);
    EXPECT_EQ(sum_of_consumed(counts), counts.consumed);
}
