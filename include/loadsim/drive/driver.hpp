// What sends requests into the target.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/totals.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace loadsim::drive {

/// What a driver tells of a request, on the loop's thread. Exactly one of accepted, rejected and errored comes for each send()
/// that is still wanted, and sent() before it unless it errored unsent.
class driver_events {
public:
    virtual ~driver_events() = default;
    /// Asked of a request that had to wait: false once it has been given up, and then it is not sent.
    virtual bool still_wanted(request_key) const = 0;
    virtual void on_sent(request_key, monotonic_time) = 0;
    virtual void on_accepted(request_key, std::string_view request, monotonic_time) = 0;
    virtual void on_rejected(request_key, std::string_view why, monotonic_time) = 0;
    virtual void on_errored(request_key, std::string_view why, monotonic_time) = 0;
    /// Only from drivers that see the end themselves (mqtt): every final word, also one that comes twice.
    virtual void on_ended(vehicle_id, std::string_view request, outcome, std::string_view reason, monotonic_time) = 0;
    /// Only from those: an answer that could not be read.
    virtual void on_malformed() = 0;
};

/// Sends the requests of one shard. Threads: the loop's.
class driver {
public:
    virtual ~driver() = default;
    /// Makes ready; calls `ready` once, with an empty text or with the sentence that says why not. May call it at once.
    virtual void start(std::function<void(std::string trouble)> ready) = 0;
    virtual void send(request_key, std::string_view vin, std::string_view service) = 0;
    /// Closes its connections. Nothing is told after that.
    virtual void stop() = 0;
    /// What it has counted of its HTTP connections since the call before; nothing where there are none.
    virtual measure::http_counts take() { return {}; }
};

} // namespace loadsim::drive
