// Where a platform sends the triggers that wake vehicles: a UDP port of ours, and a stand-in for the SMS gateway.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/fleet/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace loadsim::fleet {

/// UDP: a datagram that is a VIN. SMS: POST /sms with {"to": VIN}, answered 202.
/// Threads: one of its own; `on_trigger` is called on it, and returns at once. Everything else from one.
/// Errors:  what is no trigger is counted and answered (HTTP) or left alone (UDP); never more than 16 kB is read of one.
class wake_ports {
public:
    using on_trigger = std::function<void(std::string_view vin)>;

    /// Errors: an address that is none, or not this machine's; a port that somebody has.
    static result<wake_ports> open(const wake_options& = {});
    wake_ports(wake_ports&&) noexcept;
    wake_ports& operator=(wake_ports&&) noexcept;
    ~wake_ports();

    /// Until this has been called, triggers are counted as refused.
    void tell(on_trigger);

    std::string udp() const; ///< host:port
    std::string sms() const; ///< http://host:port
    std::uint64_t triggers() const;
    std::uint64_t refused() const; ///< that were no triggers

private:
    class running;
    explicit wake_ports(std::unique_ptr<running>);
    std::unique_ptr<running> running_;
};

} // namespace loadsim::fleet
