// Latency histograms by hop and group of requests.
#pragma once

#include <loadsim/base/enum_names.hpp>
#include <loadsim/measure/histogram.hpp>
#include <loadsim/measure/request_group.hpp>

#include <boost/describe/class.hpp>

#include <compare>
#include <cstdint>
#include <map>
#include <string_view>

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

/// Key of a histogram in a latency_table.
struct latency_key {
    hop section{};
    request_group group{};

    friend auto operator<=>(const latency_key&, const latency_key&) = default;
};
BOOST_DESCRIBE_STRUCT(latency_key, (), (section, group))

/// One histogram for each hop and group of requests with samples. Threads: one; merge() the tables of several threads.
class latency_table {
public:
    void record(const latency_key&, nanoseconds sample);
    /// The same for the first segment.
    void record(hop h, std::uint32_t service, std::uint32_t phase, nanoseconds sample) {
        record({h, {.service = service, .phase = phase}}, sample);
    }
    void merge(const latency_table&);
    histogram select(hop, const group_selection& = {}) const; ///< merged over all matching cells
    bool empty() const noexcept { return cells_.empty(); }
    void erase_phase(std::uint32_t phase); ///< removes its samples

    void merge(const latency_key&, const histogram&);
    const std::map<latency_key, histogram>& cells() const noexcept { return cells_; }

private:
    std::map<latency_key, histogram> cells_;
};

} // namespace loadsim::measure
