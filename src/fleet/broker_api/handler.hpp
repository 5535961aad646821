// Request handler of the broker API: HTTP requests to commands and HTTP responses. No sockets, no clock.
#pragma once

#include "broker_api/fault_plan.hpp"

#include <loadsim/base/time.hpp>
#include <loadsim/contract/field_path.hpp>
#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/http/server.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

/// Route pattern of the command endpoint, as "/vehicles/{vin}/commands": matches a path with the same levels; a level in braces is a wildcard.
/// Threads: const, any. Pure.
class route_pattern {
public:
    explicit route_pattern(std::string_view pattern);

    /// True: begins with '/', no empty level, at most one {vin}.
    bool valid() const noexcept { return valid_; }
    bool has_vin() const noexcept { return vin_.has_value(); }

    /// The {vin} level, percent-decoded; empty if the pattern has none; nullopt: no match.
    std::optional<std::string> match(std::string_view path) const;

private:
    struct level {
        std::string text;
        bool wildcard = false;
    };
    std::vector<level> levels_;
    std::optional<std::size_t> vin_;
    bool valid_ = true;
};

/// Threads: one at a time.
class broker_api_handler {
public:
    /// `options` must pass check().
    broker_api_handler(const broker_api_options&, std::uint64_t seed);

    void set_handlers(broker_api::handlers h) { handlers_ = std::move(h); }
    /// `since`: time since the load's start; negative: before it.
    http::server_response handle(const http::request_view&, nanoseconds since_start);

    measure::broker_api_counts counts; ///< read and reset by the owner

private:
    http::server_response accept_command(const http::request_view&, std::string_view vin, nanoseconds since_start);
    http::server_response set_behaviour(const http::request_view&, std::string_view vin);
    http::server_response reject(unsigned status, std::string_view why, std::string_view detail);
    std::string extract_vin(const http::request_view&) const;

    const broker_api_options options_;
    const route_pattern route_;
    const route_pattern behaviour_route_{"/vehicles/{vin}/behaviour"};
    const contract::field_path vin_path_;
    fault_plan<fault> faults_;
    broker_api::handlers handlers_;
};

} // namespace loadsim::fleet
