// Latencies by hop, service and phase.
#pragma once

#include <loadsim/measure/histogram.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>

namespace loadsim::measure {

/// One leg of a request, or several taken together. Defined by the instants of a request (see ledger.hpp).
enum class hop : std::uint8_t {
    lag,      ///< sent - due: our own lateness
    accept,   ///< accepted - due
    dispatch, ///< delivered - due
    vehicle,  ///< finished - delivered
    notify,   ///< observed - finished
    e2e,      ///< observed - due; of a request that never got its end: the time it was waited for
    platform, ///< e2e - vehicle
    expiry,   ///< of a silent vehicle: observed - (last instant before the platform's deadline began + deadline)
};
inline constexpr std::array<std::string_view, 8> hop_names{"lag",    "accept", "dispatch", "vehicle",
                                                           "notify", "e2e",    "platform", "expiry"};
constexpr std::string_view to_string(hop h) { return hop_names[static_cast<std::size_t>(h)]; }

/// Which samples a figure is of. Absent = all.
struct latency_filter {
    std::optional<std::uint32_t> service; ///< index into the scenario's services
    std::optional<std::uint32_t> phase;   ///< index into the scenario's phases
};

/// A histogram for each (hop, service, phase) that has samples. Threads: one; merge across.
class latency_table {
public:
    void record(hop, std::uint32_t service, std::uint32_t phase, nanoseconds sample);
    void merge(const latency_table&);
    histogram select(hop, latency_filter = {}) const; ///< merged over everything that fits
    bool empty() const noexcept { return cells_.empty(); }

    using key = std::tuple<hop, std::uint32_t, std::uint32_t>; ///< hop, service, phase
    void merge(const key&, const histogram&);
    const std::map<key, histogram>& cells() const noexcept { return cells_; }

private:
    std::map<key, histogram> cells_;
};

} // namespace loadsim::measure
