// The `http` driver: sends each request to the platform's API, as the owner's app does.
#pragma once

#include <loadsim/contract/terms.hpp>
#include <loadsim/drive/auth.hpp>
#include <loadsim/drive/driver.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace loadsim::drive {

struct http_driver_setup {
    http::client_options api;       ///< of this driver: its connections, not the run's
    const contract::terms& terms;   ///< how requests are made, and what answers say
    std::shared_ptr<door> way_in{}; ///< null: nobody asks who we are
    std::uint64_t seed = 1;         ///< of {random:...}
    /// Fills in what templates may say of a request besides VIN, index, service, arrival and now; empty: nothing.
    std::function<void(request_key, contract::values&)> known{};
    /// Told of each answer that accepts its request, after on_accepted(): a synchronous API says the end with it. Its headers
    /// are kept then. May be empty.
    std::function<void(request_key, const http::answer&, monotonic_time)> answered{};
    /// Shown each request when it is handed over, and each answer; null: the other one. May be empty.
    std::function<void(const http::request*, const http::answer*)> shown{};
};

/// The contract's request over at most `api.connections` kept-alive connections; one for which none is free waits for one, and
/// that shows as lag. What an answer means, its status and the contract say: accepted with the request's id (empty where the
/// contract has no place for it), rejected, or errored by a short name that can be counted. Of a request that is sent
/// again after a time-out (`api.retries`) on_sent() is told once; what is then rejected says on which try, for the platform may have
/// taken an earlier one. What `setup` refers to must outlive the driver.
/// Errors: of start(): an API whose name cannot be looked up, files of TLS that cannot be read.
std::unique_ptr<driver> make_http_driver(net::loop&, driver_events&, http_driver_setup);

} // namespace loadsim::drive
