// The `poll` observer: polls the platform's API for each request until it reports a completion.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/observer/event.hpp>
#include <loadsim/observer/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace loadsim::observer {

/// Delay before the n-th poll of a request, n from 0: min(first * factor^n, cap).
nanoseconds poll_delay(const poll_options&, std::uint32_t n) noexcept;

/// Polls again after a response without a completion and after a failed one (404, 5xx, timeout), until stop_polling().
/// Threads: the loop's thread. Like http::client: must outlive the loop's run, or be stopped before.
class poll_observer {
public:
    /// Uses bases, tls, proxy, connections and timeout of the client options. `sign`: as in observer_context.
    /// Errors: as http::client::make().
    static result<std::unique_ptr<poll_observer>> make(net::loop&, const poll_options&, const http::client_options&,
                                                       std::function<void(http::request&)> sign, on_vehicle_completion,
                                                       std::uint32_t index);
    virtual ~poll_observer() = default;

    /// `path`: rendered, appended to the API's base path. Ignores a request that is polled already.
    virtual void start_polling(vehicle_id, std::string_view request, std::string path, monotonic_time accepted) = 0;
    virtual void stop_polling(std::string_view request) = 0; ///< ignores unknown requests
    virtual void stop() = 0;
    virtual counts take_counts() = 0;
    virtual void set_trace(on_trace) = 0; ///< of every response from now on
};

} // namespace loadsim::observer
