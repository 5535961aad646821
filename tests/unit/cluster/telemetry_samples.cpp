#include "samples.hpp"

#include <loadsim/base/counters.hpp>

#include <chrono>
#include <cstdint>
#include <type_traits>

namespace loadsim::cluster::samples {
namespace {

/// Sets each counter to another value, from `first` on.
template <class Counts>
void number_counters(Counts& counts, std::uint64_t first) {
    auto next = first;
    each_field(
        [&next]<class Field>(const char*, Field& field) {
            if constexpr (std::is_same_v<Field, std::uint64_t>) field = next++;
        },
        counts);
}

measure::delivery_counts sample_deliveries(std::uint64_t from) {
    measure::delivery_counts counts;
    number_counters(counts, from);
    counts.largest_distance.value = from + 50;
    return counts;
}

} // namespace

void add_telemetry(measure::totals& t, std::uint64_t from) {
    auto& group = t.telemetry[1];
    number_counters(group, 70 * from);
    group.publish.record(std::chrono::milliseconds{from});
    group.lag.record(std::chrono::milliseconds{from + 1});
    group.reasons["packet too large"] = 71 * from;
    t.backlogs = {.begun = 72 * from, .drained = {}, .errors = 73 * from, .reasons = {{"disk full", 74 * from}}};
    t.backlogs.drained.record(std::chrono::seconds{from});
    auto& tap = t.taps[3];
    tap.groups[1] = sample_deliveries(75 * from);
    tap.unassigned = sample_deliveries(76 * from);
    tap.bridge.record(std::chrono::milliseconds{from});
    tap.deliver.record(std::chrono::milliseconds{from + 2});
    tap.bytes = 77 * from;
    tap.partitions["telemetry/0"] = 78 * from;
    tap.consumer_lag["telemetry/0"].value = 79 * from;
    tap.errors["timed out"] = 80 * from;
    tap.append_times = 81 * from;
}

} // namespace loadsim::cluster::samples
