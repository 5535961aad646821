// The `poll` observer: asks the platform's API about each request until it says an end.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/observe/event.hpp>
#include <loadsim/observe/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace loadsim::observe {

/// How long it waits before its n-th question about a request, from 0: first * factor^n, no more than the cap.
nanoseconds poll_wait(const poll_options&, std::uint32_t n) noexcept;

/// An answer that is no end, and one that is no answer (404, 5xx, none in time), is asked again, until the request is forgotten.
/// Threads: the loop's. As http::client, it must outlive the loop's run, or be stopped before.
class poller {
public:
    /// Of its client options' bases, tls, proxy, connections and timeout. `sign`: as in surroundings. Errors: as http::client::make().
    static result<std::unique_ptr<poller>> make(net::loop&, const poll_options&, const http::client_options&,
                                                std::function<void(http::request&)> sign, on_end, std::uint32_t index);
    virtual ~poller() = default;

    /// `path`: behind the API's own, rendered. A request that is followed already is followed once.
    virtual void follow(vehicle_id, std::string_view request, std::string path, monotonic_time accepted) = 0;
    virtual void forget(std::string_view request) = 0; ///< what is not followed is fine
    virtual void stop() = 0;
    virtual counts take() = 0;
    virtual void overhear(on_heard) = 0; ///< every answer, from then on
};

} // namespace loadsim::observe
