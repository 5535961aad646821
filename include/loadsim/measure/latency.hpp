// Latency histograms by hop, service and phase.
#pragma once

#include <loadsim/base/enum_names.hpp>
#include <loadsim/measure/histogram.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>

namespace loadsim::measure {

/// Section of a request's path, defined by two instants of the request (see ledger.hpp).
enum class hop : std::uint8_t {
    lag,      ///< begun - due: delay caused by the load generator
    accept,   ///< accepted - due
    dispatch, ///< delivered - due
    vehicle,  ///< finished - delivered
    notify,   ///< observed - finished
    e2e,      ///< observed - due; without a completion: the completion timeout at least; without expected time-outs
    platform, ///< e2e - vehicle
    expiry,   ///< expected time-out: observed - (last known instant before the platform started its timeout + timeout)
};
BOOST_DESCRIBE_ENUM(hop, lag, accept, dispatch, vehicle, notify, e2e, platform, expiry)
inline constexpr auto hop_names = enum_names<hop>;
constexpr std::string_view to_string(hop h) { return enum_name(h); }
/// True: the hop contains the lag of its request.
constexpr bool is_counted_from_due(hop h) {
    return h == hop::accept || h == hop::dispatch || h == hop::e2e || h == hop::platform;
}

/// Selection of samples. Absent = all.
struct latency_filter {
    std::optional<std::uint32_t> service; ///< index into the scenario's services
    std::optional<std::uint32_t> phase;   ///< index into the scenario's phases
};

/// One histogram for each (hop, service, phase) with samples. Threads: one; merge() the tables of several threads.
class latency_table {
public:
    void record(hop, std::uint32_t service, std::uint32_t phase, nanoseconds sample);
    void merge(const latency_table&);
    histogram select(hop, latency_filter = {}) const; ///< merged over all matching cells
    bool empty() const noexcept { return cells_.empty(); }
    void erase_phase(std::uint32_t phase); ///< removes its samples

    using key = std::tuple<hop, std::uint32_t, std::uint32_t>; ///< hop, service, phase
    void merge(const key&, const histogram&);
    const std::map<key, histogram>& cells() const noexcept { return cells_; }

private:
    std::map<key, histogram> cells_;
};

} // namespace loadsim::measure
