// Tap splitter: records of a batch to the shards of their vehicles.
#pragma once

#include <loadsim/contract/tap_mapping.hpp>
#include <loadsim/kafka/consumer.hpp>
#include <loadsim/measure/delivery_reconciliation.hpp>
#include <loadsim/measure/telemetry_counts.hpp>
#include <loadsim/observer/tap.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace loadsim::observer {

/// Threads: one. Pure.
class tap_splitter {
public:
    /// `compares_keys`: a key of another vehicle than that of the payload is a wrong one.
    tap_splitter(contract::tap_mapping, bool compares_keys, tap_destination);

    /// Passes the records of vehicles of this process to their shards, and adds everything else to the counts: records that cannot be
    /// compared, bytes, partitions. Records of other ranks' vehicles are not counted.
    void split(std::span<const kafka::incoming_record>, measure::tap_counts&);

private:
    struct counted_partition {
        std::string_view topic{};
        std::int32_t number = 0;
        std::uint64_t* count = nullptr; ///< null: none yet
    };

    void add(const kafka::incoming_record&, measure::tap_counts&);
    void count_in_partition(const kafka::incoming_record&, measure::tap_counts&);

    contract::tap_mapping mapping_;
    bool compares_keys_;
    tap_destination to_;
    std::vector<std::vector<measure::consumed_record>> batches_; ///< by shard
    counted_partition partition_;                                ///< of the latest record of the batch
};

} // namespace loadsim::observer
