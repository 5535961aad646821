#include "store_persistence.hpp"

#include <loadsim/base/hash.hpp>
#include <loadsim/telemetry/sqlite_persistence.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

namespace loadsim::fleet {
namespace {

std::uint64_t part_of(std::uint64_t limit, std::uint32_t shards) {
    return limit == 0 ? 0 : std::max<std::uint64_t>(limit / shards, 1);
}

/// Of what decides which vehicle a number means, and which messages a group has.
std::string digest_of(const fleet_spec& spec) {
    auto text = fmt::format("{}\n{}\n", spec.options.vehicles, spec.registry.vin_of(vehicle_id{0}));
    for (const auto& g : spec.options.telemetry.groups) text += g.name + '\n';
    for (const auto& a : spec.options.telemetry.alarms) text += a.name + '\n';
    return fmt::format("{:016x}", content_hash(text));
}

} // namespace

telemetry::store_options store_options_of_shard(const fleet_spec& spec) {
    auto o = spec.options.telemetry.store.value_or(telemetry::store_options{});
    o.total_bytes = part_of(o.total_bytes, spec.shards_of_process);
    o.disk_bytes = std::max(part_of(o.disk_bytes, spec.shards_of_process), telemetry::disk_bytes_min);
    return o;
}

result<std::unique_ptr<telemetry::store_persistence>> open_store_persistence(const fleet_spec& spec,
                                                                             nanoseconds load_start) {
    const auto o = store_options_of_shard(spec);
    if (!spec.options.telemetry.store || o.sqlite.empty() || !spec.store_on_disk) return nullptr;
    std::error_code error;
    std::filesystem::create_directories(o.sqlite, error);
    if (error)
        return problems{
            "fleet.store.sqlite",
            fmt::format("the folder {} cannot be made: {}; give one that can be written", o.sqlite, error.message())};
    const auto& shard = spec.shard_partition;
    const auto name = fmt::format("telemetry-{}-of-{}.sqlite", shard.index + 1, shard.count);
    return telemetry::open_sqlite_persistence(
        {.path = (std::filesystem::path(o.sqlite) / name).string(),
         .identity = {.scenario = digest_of(spec), .seed = spec.seed, .shard = shard},
         .load_start = load_start,
         .disk_bytes = o.disk_bytes,
         .batch = o.batch,
         .batch_window = o.batch_window});
}

} // namespace loadsim::fleet
