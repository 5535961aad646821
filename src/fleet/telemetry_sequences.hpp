// Sequences of telemetry messages that go on behind those of earlier starts of loadsim.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/telemetry/store_persistence.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace loadsim::fleet {

/// A store on disk may hold messages of an earlier start, which are sent among those of this one: a sequence of a vehicle in a group is
/// used once for all starts with that store. Sequences are reserved in blocks, so that a kill leaves a gap, and no sequence twice.
///
/// Shape:   4 bytes and a bit for each vehicle and group.
/// Threads: one.
class telemetry_sequences {
public:
    static constexpr std::uint32_t block = 100; ///< sequences of each vehicle and group

    /// `vehicles`: of the shard. `groups`: with the alarms. The persistence must outlive the object.
    telemetry_sequences(telemetry::store_persistence&, fleet_partition, std::uint32_t vehicles, std::uint32_t groups);

    /// Reads the sequences of earlier starts; before any other call.
    result<void> restore();
    /// Sequence of the next message of the vehicle in the group, which is number `n` of them since the start.
    std::uint32_t next(vehicle_id, std::uint32_t group, std::uint32_t n);
    /// Writes the sequences used; no call of next() may follow.
    void save();

private:
    std::size_t stream_of(vehicle_id, std::uint32_t group) const;

    telemetry::store_persistence& persistence_;
    fleet_partition shard_;
    std::uint32_t groups_;
    std::uint32_t reserved_ = 0;
    std::vector<std::uint32_t> last_; ///< by vehicle of the shard and group
    std::vector<bool> is_used_;       ///< likewise: since the start
};

} // namespace loadsim::fleet
