// Partitions of topics and their end offsets, as of the brokers.
#pragma once

#include "client.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/kafka/options.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::kafka {

struct partition_end {
    std::size_t topic = 0; ///< index into consumer_options::topics
    std::int32_t partition = 0;
    std::int64_t end = 0; ///< offset of the next record
};

/// Partitions of the options' topics, by topic and number, without their ends. Asks for no topic by its name: some clusters create it then.
/// Errors: topics that do not exist or may not be read, with a suggestion; the timeout.
result<std::vector<partition_end>> find_partitions(rd_kafka_t*, const consumer_options&);

/// Reads the ends, by one request for each broker. Errors: partitions without a leader; topics that may not be read; the timeout.
result<void> read_ends(rd_kafka_t*, const consumer_options&, std::vector<partition_end>&);

} // namespace loadsim::kafka
