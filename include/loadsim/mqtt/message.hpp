// Messages, wills and subscriptions. They hold views, so that nothing is copied.
#pragma once

#include <loadsim/mqtt/options.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::mqtt {

using bytes = std::vector<std::uint8_t>;
using byte_view = std::span<const std::uint8_t>;

inline std::string_view as_text(byte_view b) noexcept { return {reinterpret_cast<const char*>(b.data()), b.size()}; }
inline byte_view as_bytes(std::string_view t) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(t.data()), t.size()};
}

/// An application message. Its views are valid during the call that passes the message.
struct message {
    std::string_view topic;
    std::string_view payload;
    qos quality = qos::at_most_once;
    bool retain = false;
    bool duplicate = false;              ///< incoming: the DUP flag (3.3.1.1); outgoing: ignored
    std::string_view response_topic{};   ///< 5.0, 3.3.2.3.5; empty = absent
    std::string_view correlation_data{}; ///< 5.0, 3.3.2.3.6; empty = absent
    std::string_view content_type{};     ///< 5.0, 3.3.2.3.9
    std::uint32_t expiry_interval = 0;   ///< 5.0, 3.3.2.3.3, seconds; 0 = absent
    /// 5.0, 3.3.2.3.7: name and value, in order. Outgoing only; for incoming messages use user_property().
    std::span<const std::pair<std::string, std::string>> user_properties{};
    byte_view raw_properties{}; ///< 5.0, incoming: all properties, validated; outgoing: ignored
};

/// The first user property of that name of an incoming message; a view, empty when there is none.
std::string_view user_property(const message&, std::string_view name) noexcept;

struct will {
    std::string_view topic;
    std::string_view payload;
    qos quality = qos::at_most_once;
    bool retain = false;
    std::uint32_t delay_interval = 0; ///< 5.0, seconds
};

/// One filter of a SUBSCRIBE. 3.1.1 has the first two fields only.
struct subscription {
    std::string_view filter;
    qos quality = qos::at_least_once;
    bool no_local = false;            ///< 5.0, 3.8.3.1
    bool retain_as_published = false; ///< 5.0, 3.8.3.1
    std::uint8_t retain_handling = 0; ///< 5.0, 3.8.3.1: 0 to 2

    friend bool operator==(const subscription&, const subscription&) = default;
};

} // namespace loadsim::mqtt
