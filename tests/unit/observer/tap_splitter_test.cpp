// Records of a tap: which shard gets them, and what is counted of those that no shard gets.
#include "tap_splitter.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

using namespace loadsim;
using namespace loadsim::observer;
using namespace std::chrono_literals;

namespace {

/// Ten vehicles, "V0" to "V9": of two ranks, of which this one has two shards.
class split_fleet {
public:
    explicit split_fleet(bool counts_unknown = true, contract::tap_mapping_options mapping = two_groups())
        : splitter_(contract::tap_mapping::compile(
                        mapping, {{"position", "v1/+/tlm/position"}, {"charge", "v1/+/tlm/charge"}}, "taps[0].kafka")
                        .value(),
                    !mapping.key.empty(), destination(counts_unknown)) {}

    static contract::tap_mapping_options two_groups() {
        return {.payload = "/payload", .vehicle = "/vin", .telemetry_group = "/topic"};
    }

    void split(std::span<const kafka::incoming_record> batch) { splitter_.split(batch, counts); }

    std::array<std::vector<measure::consumed_record>, 2> received;
    int calls = 0;
    measure::tap_counts counts;

private:
    tap_destination destination(bool counts_unknown) {
        return {.find_vehicle = [](std::string_view vin) -> std::optional<vehicle_id> {
                    if (vin.size() != 2 || vin[0] != 'V') return std::nullopt;
                    return vehicle_id{static_cast<std::uint32_t>(vin[1] - '0')};
                },
                .shards = 2,
                .shard_of = [](vehicle_id v) -> std::optional<std::uint32_t> {
                    if (index(v) % 2 != 0) return std::nullopt; // of the other rank
                    return index(v) / 2 % 2;
                },
                .counts_unknown = counts_unknown,
                .on_records =
                    [this](std::uint32_t shard, std::vector<measure::consumed_record> records) {
                        ++calls;
                        auto& all = received.at(shard);
                        all.insert(all.end(), records.begin(), records.end());
                    }};
    }

    tap_splitter splitter_;
};

std::string envelope(const std::string& vin, const std::string& sequence, const std::string& group = "position") {
    return R"({"topic":"v1/)" + vin + "/tlm/" + group + R"(","payload":"{\"vin\":\")" + vin + R"(\",\"seq\":)" +
           sequence + R"(}"})";
}

kafka::incoming_record record(std::string_view key, std::string_view value, std::int32_t partition = 0) {
    return {.topic = "telemetry",
            .partition = partition,
            .key = key,
            .value = value,
            .timestamp_of = kafka::timestamp_type::append,
            .timestamp = monotonic_time{4s},
            .consumed = monotonic_time{5s}};
}

} // namespace

TEST(tap_splitter, passes_each_record_to_the_shard_of_its_vehicle) {
    split_fleet fleet;
    const auto v0 = envelope("V0", "7"), v2 = envelope("V2", "8", "charge"), v4 = envelope("V4", "9");
    const kafka::incoming_record batch[]{record("V0", v0), record("V2", v2, 3), record("V4", v4)};
    fleet.split(batch);
    EXPECT_EQ(fleet.calls, 2) << "one for each shard";
    ASSERT_EQ(fleet.received[0].size(), 2U);
    ASSERT_EQ(fleet.received[1].size(), 1U);
    EXPECT_EQ(fleet.received[0][0].vehicle, vehicle_id{0});
    EXPECT_EQ(fleet.received[0][1].sequence, 9U);
    const auto& charge = fleet.received[1][0];
    EXPECT_EQ(charge.vehicle, vehicle_id{2});
    EXPECT_EQ(charge.group, 1U);
    EXPECT_EQ(charge.sequence, 8U);
    EXPECT_NE(charge.hash, 0U);
    EXPECT_EQ(charge.consumed, monotonic_time{5s});
    EXPECT_EQ(charge.appended, monotonic_time{4s});
    EXPECT_FALSE(charge.wrong_key);
    EXPECT_EQ(fleet.counts.partitions, (std::map<std::string, std::uint64_t>{{"telemetry/0", 2}, {"telemetry/3", 1}}));
    EXPECT_EQ(fleet.counts.append_times, 3U);
    EXPECT_EQ(fleet.counts.bytes, 6 + v0.size() + v2.size() + v4.size());
    EXPECT_EQ(fleet.counts.unassigned, measure::delivery_counts{}) << "the shards count these";
}

TEST(tap_splitter, a_shard_without_records_is_not_called) {
    split_fleet fleet;
    const auto v4 = envelope("V4", "9");
    const kafka::incoming_record batch[]{record("V4", v4)};
    fleet.split(batch);
    EXPECT_EQ(fleet.calls, 1);
    fleet.split({});
    EXPECT_EQ(fleet.calls, 1);
}

TEST(tap_splitter, a_record_of_another_ranks_vehicle_is_counted_there) {
    split_fleet fleet;
    const auto v1 = envelope("V1", "1");
    const kafka::incoming_record batch[]{record("V1", v1)};
    fleet.split(batch);
    EXPECT_EQ(fleet.calls, 0);
    EXPECT_EQ(fleet.counts, measure::tap_counts{});
}

TEST(tap_splitter, records_of_no_vehicle_are_counted_by_one_rank) {
    for (const bool counts_unknown : {true, false}) {
        split_fleet fleet(counts_unknown);
        const auto stranger = envelope("X", "1");
        const kafka::incoming_record batch[]{record("X", stranger), record("", "no JSON")};
        fleet.split(batch);
        EXPECT_EQ(fleet.counts.unassigned.unknown_vehicle, counts_unknown ? 2U : 0U);
        EXPECT_EQ(fleet.counts.unassigned.consumed, counts_unknown ? 2U : 0U);
        EXPECT_EQ(fleet.counts.partitions.empty(), !counts_unknown);
    }
}

TEST(tap_splitter, counts_records_without_a_sequence_and_of_no_group) {
    split_fleet fleet;
    const auto text = envelope("V0", "true"), alien = envelope("V0", "1", "weather");
    const kafka::incoming_record batch[]{record("V0", text), record("V0", alien)};
    fleet.split(batch);
    EXPECT_EQ(fleet.calls, 0);
    EXPECT_EQ(fleet.counts.unassigned.without_sequence, 1U);
    EXPECT_EQ(fleet.counts.unassigned.foreign, 1U);
    EXPECT_EQ(fleet.counts.unassigned.consumed, 2U);
}

TEST(tap_splitter, a_key_is_compared_with_the_vehicle_of_the_payload) {
    split_fleet fleet;
    const auto v0 = envelope("V0", "7");
    const kafka::incoming_record batch[]{record("V2", v0), record("", v0), record("V0", v0)};
    fleet.split(batch);
    ASSERT_EQ(fleet.received[0].size(), 3U) << "the payload's vehicle decides";
    EXPECT_TRUE(fleet.received[0][0].wrong_key);
    EXPECT_TRUE(fleet.received[0][1].wrong_key);
    EXPECT_FALSE(fleet.received[0][2].wrong_key);

    auto without_key = split_fleet::two_groups();
    without_key.key.clear();
    split_fleet not_compared(true, without_key);
    not_compared.split(std::span(batch).first(1));
    ASSERT_EQ(not_compared.received[0].size(), 1U);
    EXPECT_FALSE(not_compared.received[0][0].wrong_key);
}

TEST(tap_splitter, reads_headers) {
    split_fleet fleet(true, {.telemetry_group = "header:topic"});
    const kafka::record_header headers[]{{"qos", "1"}, {"topic", "v1/V0/tlm/charge"}};
    auto one = record("V0", R"({"seq":3})");
    one.headers = headers;
    fleet.split({&one, 1});
    ASSERT_EQ(fleet.received[0].size(), 1U);
    EXPECT_EQ(fleet.received[0][0].group, 1U);
}
