// Listener for wake-up triggers: a UDP port and a simulated SMS gateway (HTTP).
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/fleet/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace loadsim::fleet {

/// UDP: a datagram holding a VIN. SMS: POST /sms with {"to": VIN}; response 202.
/// Threads: one of its own; `on_trigger` is called on it and must not block. All other members: from one thread.
/// Errors:  an invalid trigger is counted, and gets an error response (HTTP) or none (UDP); at most 16 kB of a trigger are read.
class wakeup_listener {
public:
    /// False: no vehicle has this VIN; the trigger is refused. VINs of a table may have any form.
    using on_trigger = std::function<bool(std::string_view vin)>;

    /// Errors: an invalid or non-local address; a port in use.
    static result<wakeup_listener> open(const wakeup_options& = {});
    wakeup_listener(wakeup_listener&&) noexcept;
    wakeup_listener& operator=(wakeup_listener&&) noexcept;
    ~wakeup_listener();

    /// Triggers received before this call are counted as refused.
    void set_handler(on_trigger);

    std::string udp() const; ///< host:port
    std::string sms() const; ///< http://host:port
    std::uint64_t triggers() const;
    std::uint64_t refused() const; ///< invalid triggers, and those for other vehicles

private:
    class impl;
    explicit wakeup_listener(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::fleet
