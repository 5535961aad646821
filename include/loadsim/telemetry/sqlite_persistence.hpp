// Persistence of a shard's message store in an SQLite database.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/telemetry/store_persistence.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace loadsim::telemetry {

/// Whose messages a database holds. One of another identity is refused: its vehicles would be others, or in other shards.
struct store_identity {
    std::string scenario; ///< digest of what decides on the vehicles and their groups
    std::uint64_t seed = 0;
    fleet_partition shard{};
};

struct sqlite_persistence_options {
    std::string path; ///< file; made if there is none, its folder must exist
    store_identity identity;
    nanoseconds load_start{0}; ///< start of the load since the epoch: the database has instants of the system clock
    std::uint64_t disk_bytes = 4'000'000'000;                  ///< of the database with its write-ahead log
    std::uint32_t batch = 500;                                 ///< changes per transaction
    nanoseconds batch_window = std::chrono::milliseconds{200}; ///< longest wait of a change
};

/// Opens the database, and locks it until it is destroyed.
///
/// A killed process loses the changes since the last transaction, a power failure may lose more (synchronous = OFF, as the reference
/// backend). Messages that were appended and removed within a batch never reach the disk. When the disk or `disk_bytes` is full,
/// messages are counted as not persisted, and later ones are written as soon as there is room again.
/// Sequences are reserved before they are used: a killed process leaves a gap, and no sequence is used twice.
/// Errors: one problem located by the path: cannot be opened, is locked, no telemetry store, damaged, of another scenario, seed or shard.
/// Threads: the shard's; writing a batch blocks it, for about 3 us a message (written and removed).
result<std::unique_ptr<store_persistence>> open_sqlite_persistence(const sqlite_persistence_options&);

} // namespace loadsim::telemetry
