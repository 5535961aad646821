// Taps of a shard: what its vehicles send, compared with what the taps have consumed.
#pragma once

#include "run_plan.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/fleet/telemetry_listener.hpp>
#include <loadsim/measure/delivery_reconciliation.hpp>
#include <loadsim/measure/totals.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace loadsim::run {

/// Threads: the loop's.
class shard_taps final : public fleet::telemetry_listener {
public:
    static constexpr std::uint64_t max_findings = 10'000; ///< with a record; the others are counted as omitted records

    /// A replay has no taps. Plan and time source must outlive the object.
    shard_taps(const run_plan&, fleet_partition, const time_source&);

    shard_taps(const shard_taps&) = delete;

    bool empty() const noexcept { return taps_.empty(); }
    void begin_load(monotonic_time start);
    void telemetry_sent(vehicle_id, std::uint32_t group, std::uint64_t sequence, std::uint64_t payload_hash,
                        monotonic_time) override;
    /// `tap`: index in the scenario; `group` of a record: index among the tap's groups.
    void consumed(std::uint32_t tap, const std::vector<measure::consumed_record>&);
    /// False: no broker of the tap's cluster answers from now on.
    void set_connected(std::uint32_t tap, bool connected) {
        taps_[tap].reconciliation->set_consuming(connected, time_.now());
    }
    std::uint64_t awaited(monotonic_time now) const; ///< messages that a tap has still to consume
    /// Nothing more is consumed. Idempotent.
    void finish();
    void take_counts(measure::totals&); ///< since the last call

private:
    struct compared_tap {
        std::vector<std::uint32_t> groups;                   ///< of the tap: indexes in labels.telemetry
        std::vector<std::optional<std::uint32_t>> positions; ///< by index in labels.telemetry: in `groups`
        measure::histogram bridge{}, deliver{};
        std::unique_ptr<measure::delivery_reconciliation> reconciliation{};
    };

    void record(std::uint32_t tap, const measure::delivery_finding&);

    const run_plan& plan_;
    const time_source& time_;
    monotonic_time start_{}; ///< of the load
    std::vector<compared_tap> taps_;
    std::vector<measure::telemetry_finding> findings_; ///< since the last take_counts()
    std::uint64_t recorded_ = 0;
    std::uint64_t omitted_ = 0; ///< since the last take_counts()
};

} // namespace loadsim::run
