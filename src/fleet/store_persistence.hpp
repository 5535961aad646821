// Database of a shard's message store.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/telemetry/store_persistence.hpp>

#include <memory>

namespace loadsim::fleet {

/// Limits of one shard: its part of those that hold for a process.
telemetry::store_options store_options_of_shard(const fleet_spec&);

/// Opens the database of the shard in the folder of fleet.store.sqlite, which it makes if there is none. Null: the store is in memory
/// only. `load_start`: since the epoch; for a check before the load any time. Errors: as open_sqlite_persistence(), and a folder that
/// cannot be made.
result<std::unique_ptr<telemetry::store_persistence>> open_store_persistence(const fleet_spec&, nanoseconds load_start);

} // namespace loadsim::fleet
