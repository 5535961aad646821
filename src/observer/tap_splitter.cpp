#include "tap_splitter.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

namespace loadsim::observer {

tap_splitter::tap_splitter(contract::tap_mapping mapping, bool compares_keys, tap_destination to)
    : mapping_(std::move(mapping)), compares_keys_(compares_keys), to_(std::move(to)), batches_(to_.shards) {}

void tap_splitter::split(std::span<const kafka::incoming_record> batch, measure::tap_counts& counts) {
    partition_ = {};
    for (const auto& record : batch) add(record, counts);
    for (std::uint32_t shard = 0; shard < batches_.size(); ++shard)
        if (!batches_[shard].empty()) to_.on_records(shard, std::exchange(batches_[shard], {}));
}

/// Most records of a batch follow one of the same partition.
void tap_splitter::count_in_partition(const kafka::incoming_record& record, measure::tap_counts& counts) {
    if (partition_.count == nullptr || partition_.number != record.partition || partition_.topic != record.topic)
        partition_ = {record.topic, record.partition,
                      &counts.partitions[fmt::format("{}/{}", record.topic, record.partition)]};
    ++*partition_.count;
}

void tap_splitter::add(const kafka::incoming_record& record, measure::tap_counts& counts) {
    const auto header = [&record](std::string_view name) { return kafka::header_value(record.headers, name); };
    const auto message =
        mapping_.read({.topic = record.topic, .key = record.key, .value = record.value, .header = header});
    const auto v = to_.find_vehicle(message.payload_vehicle.empty() ? message.key_vehicle : message.payload_vehicle);
    const auto shard = v ? to_.shard_of(*v) : std::nullopt;
    if (v ? !shard : !to_.counts_unknown) return; // another rank counts it
    count_in_partition(record, counts);
    counts.bytes += record.key.size() + record.value.size();
    if (record.timestamp_of == kafka::timestamp_type::append) ++counts.append_times;
    if (v && message.sequence && message.group) {
        batches_[*shard].push_back({.vehicle = *v,
                                    .group = *message.group,
                                    .sequence = *message.sequence,
                                    .hash = message.payload_hash,
                                    .consumed = record.consumed,
                                    .appended = record.timestamp,
                                    .wrong_key = compares_keys_ && !message.payload_vehicle.empty() &&
                                                 message.key_vehicle != message.payload_vehicle});
        return;
    }
    auto& others = counts.unassigned;
    ++others.consumed;
    if (!v)
        ++others.unknown_vehicle;
    else if (!message.sequence)
        ++others.without_sequence;
    else
        ++others.foreign; // of none of the tap's groups
}

} // namespace loadsim::observer
