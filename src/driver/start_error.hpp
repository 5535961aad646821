// Error sentence of a session that cannot start.
#pragma once

#include <loadsim/net/mqtt_client.hpp>

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

namespace loadsim::driver {

/// `name`: whose session, such as "the driver". Empty: it has started.
inline std::string start_error(std::string_view name, const std::optional<net::start_failure>& failure) {
    if (!failure) return {};
    if (failure->filter.empty())
        return fmt::format("{}'s session cannot connect: {}: {}; check the broker and its access rules", name,
                           failure->why.message(), mqtt::to_string(failure->reason));
    if (failure->why)
        return fmt::format("{} cannot subscribe to {}: {}", name, failure->filter, failure->why.message());
    return fmt::format("the broker refuses {}'s subscription to {} ({}); check the broker and its access rules", name,
                       failure->filter, mqtt::to_string(failure->reason));
}

} // namespace loadsim::driver
