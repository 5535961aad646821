// Driver interface: sends requests into the target.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/command_content.hpp>
#include <loadsim/measure/totals.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace loadsim::driver {

/// Events of a driver's requests, called on the loop's thread. Each send() that is still wanted gets exactly one of
/// on_accepted, on_rejected and on_errored, preceded by on_sent unless it failed before sending.
class driver_events {
public:
    virtual ~driver_events() = default;
    /// Queried before a queued request is sent. False: the request has been given up and is not sent.
    virtual bool still_wanted(request_key) const = 0;
    /// Before on_sent, from drivers that have the content of the request, not its service alone: see
    /// measure::ledger::requested().
    virtual void on_requested(request_key, std::string_view /*request*/, const measure::command_content&) {}
    /// Before on_sent, from drivers of an API. `head`: method and path; `traceparent`: the header's value, empty if not sent.
    virtual void on_api_request(request_key, std::string_view /*head*/, std::string_view /*body*/,
                                std::string_view /*traceparent*/) {}
    virtual void on_sent(request_key, monotonic_time) = 0;
    /// Before on_accepted, on_rejected or on_errored, if the API has responded.
    virtual void on_api_response(request_key, std::string_view /*status*/, std::string_view /*body*/, monotonic_time) {}
    virtual void on_accepted(request_key, std::string_view request, monotonic_time) = 0;
    virtual void on_rejected(request_key, std::string_view why, monotonic_time) = 0;
    virtual void on_errored(request_key, std::string_view why, monotonic_time) = 0;
    /// Only from drivers that observe completions themselves (mqtt): every final response, duplicates included.
    virtual void on_completed(vehicle_id, std::string_view request, outcome, std::string_view reason,
                              monotonic_time) = 0;
    /// Only from these drivers: a response that cannot be parsed.
    virtual void on_malformed() = 0;
};

/// Request for a service of a vehicle.
struct service_request {
    std::uint32_t service = 0;                 ///< number in the contract
    std::string_view name;                     ///< the platform's: value of {service}
    std::span<const std::string> parameters{}; ///< values of {parameter.NAME}
};

/// Sends the requests of one shard. Threads: the loop's thread.
class driver {
public:
    virtual ~driver() = default;
    /// Connects. Calls `ready` once, with an empty text or with an error sentence; possibly before start() returns.
    virtual void start(std::function<void(std::string error)> ready) = 0;
    virtual void send(request_key, std::string_view vin, const service_request&) = 0;
    /// Closes the connections. No events follow.
    virtual void stop() = 0;
    /// HTTP connection counts since the previous call; all zero for drivers without HTTP.
    virtual measure::http_counts take_counts() { return {}; }
    /// Missing features of the broker, one sentence each; each is reported once.
    virtual std::map<std::string, std::uint64_t> take_broker_limits() { return {}; }
};

} // namespace loadsim::driver
