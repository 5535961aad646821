// The `http` driver: sends each request to the platform's API, like the vehicle owner's app.
#pragma once

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/driver/authenticator.hpp>
#include <loadsim/driver/driver.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace loadsim::driver {

struct http_driver_setup {
    http::client_options api;                           ///< connections: of this driver, not of the whole run
    const contract::message_contract& message_contract; ///< builds requests and interprets responses
    std::shared_ptr<authenticator> auth{};              ///< null: no authentication
    std::uint64_t seed = 1;                             ///< seed of {random:...} and of trace ids
    std::optional<std::uint64_t> trace_run{};           ///< the run's part of trace ids; nullopt: no traceparent header
    /// Fills in template values besides VIN, index, service, arrival and now. May be empty.
    std::function<void(request_key, contract::template_values&)> fill_values{};
    /// Called after on_accepted() with the response, which a synchronous API uses to report completion. If set, response
    /// headers are kept. May be empty.
    std::function<void(request_key, const http::response_view&, monotonic_time)> on_response{};
    /// Trace of each request when it is queued, and of each response; the other pointer is null. May be empty.
    std::function<void(const http::request*, const http::response_view*)> trace{};
};

/// Sends the contract's request over at most `api.connections` keep-alive connections. A request waits while none is free;
/// the wait is counted (connection_wait). Status and contract decide the result: accepted with the request's id (empty if the contract has
/// no field for it), rejected, or errored with a short name to count by. A request resent after a timeout (`api.retries`)
/// gets on_sent() once; its rejection names the try, since the platform may have accepted an earlier one.
/// References in `setup` must outlive the driver.
/// Errors: start(): the API's name cannot be resolved, or TLS files cannot be read.
std::unique_ptr<driver> make_http_driver(net::loop&, driver_events&, http_driver_setup);

} // namespace loadsim::driver
