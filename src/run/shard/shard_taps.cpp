#include "shard/shard_taps.hpp"

#include "tap_groups.hpp"

#include <loadsim/scenario/scenario.hpp>

#include <chrono>
#include <utility>

namespace loadsim::run {

shard_taps::shard_taps(const run_plan& plan, fleet_partition partition, const time_source& time)
    : plan_(plan), time_(time) {
    if (plan.replay) return;
    const auto& options = plan.scenario.taps;
    taps_.resize(options.size()); // of their final number: the reconciliations refer to them
    for (std::uint32_t i = 0; i < taps_.size(); ++i) {
        auto& one = taps_[i];
        one.groups = tap_groups_of(plan, options[i]).indexes;
        one.positions.resize(plan.labels.telemetry.size());
        for (std::uint32_t g = 0; g < one.groups.size(); ++g) one.positions[one.groups[g]] = g;
        one.reconciliation = std::make_unique<measure::delivery_reconciliation>(
            options[i].reconciliation, partition, plan.scenario.fleet.vehicles,
            static_cast<std::uint32_t>(one.groups.size()),
            measure::delivery_reconciliation::outputs{
                .bridge = [&one](std::uint32_t, nanoseconds sample) { one.bridge.record(sample); },
                .deliver = [&one](std::uint32_t, nanoseconds sample) { one.deliver.record(sample); },
                .finding = [this, i](const measure::delivery_finding& f) { record(i, f); }});
    }
}

void shard_taps::begin_load(monotonic_time start) { start_ = start; }

void shard_taps::telemetry_sent(vehicle_id v, std::uint32_t group, std::uint64_t sequence, std::uint64_t payload_hash,
                                monotonic_time at) {
    for (auto& one : taps_)
        if (const auto position = one.positions[group])
            one.reconciliation->sent(v, *position, sequence, payload_hash, at);
}

void shard_taps::consumed(std::uint32_t tap, const std::vector<measure::consumed_record>& records) {
    for (const auto& r : records) taps_[tap].reconciliation->consumed(r);
}

std::uint64_t shard_taps::awaited(monotonic_time now) const {
    std::uint64_t sum = 0;
    for (const auto& one : taps_) sum += one.reconciliation->awaited(now);
    return sum;
}

void shard_taps::finish() {
    for (auto& one : taps_) one.reconciliation->finish();
}

void shard_taps::take_counts(measure::totals& into) {
    for (std::uint32_t i = 0; i < taps_.size(); ++i) {
        auto& one = taps_[i];
        auto& counts = into.taps[i];
        for (std::uint32_t g = 0; g < one.groups.size(); ++g)
            counts.groups[one.groups[g]] = one.reconciliation->take_counts(g);
        counts.bridge = std::exchange(one.bridge, {});
        counts.deliver = std::exchange(one.deliver, {});
    }
    into.telemetry_findings = std::exchange(findings_, {});
    into.omitted_records += std::exchange(omitted_, 0);
}

void shard_taps::record(std::uint32_t tap, const measure::delivery_finding& finding) {
    if (recorded_ == max_findings) {
        ++omitted_;
        return;
    }
    ++recorded_;
    findings_.push_back({.at_ms = std::chrono::duration<double, std::milli>(time_.now() - start_).count(),
                         .finding = finding.what,
                         .vin = plan_.vin_of(finding.vehicle),
                         .group = plan_.labels.telemetry[taps_[tap].groups[finding.group]],
                         .sequence = finding.sequence,
                         .tap = plan_.labels.taps[tap]});
}

} // namespace loadsim::run
