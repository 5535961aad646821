// Messages in the store for vehicles whose link is down.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loadsim::telemetry {

/// A telemetry message, with views of its texts. Instants are since the start of the load; negative: of an earlier start of loadsim.
struct stored_message {
    std::int64_t position =
        0; ///< its place in the order of the store, and its key in the database; 0: it is not in a store
    vehicle_id vehicle{};
    std::uint32_t group = 0;
    std::uint32_t sequence = 0;
    nanoseconds due{0};
    nanoseconds deadline = nanoseconds::max(); ///< due plus message expiry interval; max(): it does not expire
    std::uint8_t qos = 0;
    std::string_view topic; ///< at most 65,535 bytes (MQTT 5.0, 1.5.4)
    std::string_view payload;

    friend bool operator==(const stored_message&, const stored_message&) = default;
};

inline constexpr std::size_t stored_header_bytes = 40;

/// What a message takes of the limits of a store.
constexpr std::uint64_t stored_bytes(const stored_message& m) {
    return stored_header_bytes + m.topic.size() + m.payload.size();
}

/// Message expiry interval to send (MQTT 5.0, 3.3.2.3.3): the whole seconds that are left, rounded up; 0: the message does not expire.
/// Expects: now < deadline.
constexpr std::uint32_t remaining_expiry(const stored_message& m, nanoseconds now) {
    if (m.deadline == nanoseconds::max()) return 0;
    return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(m.deadline - now).count());
}

} // namespace loadsim::telemetry
