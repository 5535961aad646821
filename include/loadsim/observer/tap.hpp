// Tap: consumes the telemetry that a platform has forwarded to a bus.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/tap_mapping.hpp>
#include <loadsim/measure/delivery_reconciliation.hpp>
#include <loadsim/measure/telemetry_counts.hpp>
#include <loadsim/observer/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::observer {

/// Receivers of a tap's records. The functions are called on the tap's thread.
struct tap_destination {
    std::function<std::optional<vehicle_id>(std::string_view vin)> find_vehicle{}; ///< of the whole fleet
    std::uint32_t shards = 1;                                                      ///< of this process
    std::function<std::optional<std::uint32_t>(vehicle_id)> shard_of{}; ///< nullopt: a vehicle of another rank
    /// Records of no vehicle: several ranks that consume the same topics have them all, and one of them counts them.
    bool counts_unknown = true;
    /// Called once for each shard that has records in a batch; must not block.
    std::function<void(std::uint32_t shard, std::vector<measure::consumed_record>)> on_records{};
};

/// Index in the tap's groups becomes `group` of the records.
///
/// Each rank consumes all partitions of the topics and keeps the records of its own vehicles: a record is compared where its message was
/// sent, and its key decides its partition, not its rank.
/// Threads: members from one thread; its consumer has its own.
class tap {
public:
    /// Consumes what is appended from its return on. `brokers`: of the embedded cluster, for options without brokers. `path`: of the tap in
    /// the scenario.
    /// Errors: one sentence each, as those of tap_mapping and kafka::consumer; nothing is left running then.
    static result<std::unique_ptr<tap>> start(const tap_options&, std::vector<contract::tap_group>,
                                              const std::vector<std::string>& brokers, const std::string& path,
                                              const time_source&, tap_destination);
    virtual ~tap() = default; ///< stop()

    virtual std::string notice() const = 0; ///< what it consumes, for the user

    /// Counts since the last call: records that cannot be compared, bytes, partitions, errors; the consumer's lag as of now.
    virtual measure::tap_counts take_counts() = 0;
    /// Records that the brokers had by their last response and that are not consumed yet.
    virtual std::uint64_t lag() const = 0;
    /// False: no broker answers, so that records may be missed.
    virtual bool connected() const = 0;
    /// Asks a broker, for connected(), and waits at most so long.
    virtual void check_connection(nanoseconds timeout) = 0;
    /// Nothing is passed on after it. Idempotent.
    virtual void stop() = 0;
};

} // namespace loadsim::observer
