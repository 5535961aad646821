// Time and broker of the next connect of a client session.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/mqtt/error.hpp>
#include <loadsim/net/error.hpp>
#include <loadsim/net/tls_session.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace loadsim::net {

/// A lost connection is opened again at the same broker; after a failed connect the next broker is tried. During the start
/// the brokers not yet tried follow without a wait.
///
/// Threads: one. Pure: it reads no clock.
class reconnect_policy {
public:
    /// Condition of a failed start. A refusal by every broker, or that no TLS session is possible, always ends it; other errors may be temporary.
    enum class start_limit : std::uint8_t {
        all_refused, ///< the owner gives up when it has waited long enough
        one_round,   ///< every broker has failed once, or one has closed a connection that it had accepted
    };
    /// `brokers`: number of brokers. `wait`: before all other connects, so that a broker that is starting, or that closes each
    /// connection, is not loaded. `first`: index of the first one to connect to, modulo that number; clients that begin at
    /// different ones are spread over all.
    reconnect_policy(std::size_t brokers, start_limit limit, nanoseconds wait, std::size_t first = 0)
        : limit_(limit), wait_(wait), broker_(first), first_(first) {
        set_brokers(brokers);
    }

    std::size_t broker() const noexcept { return broker_; } ///< index of the broker to connect to
    /// The list of brokers has changed.
    void set_brokers(std::size_t brokers) noexcept {
        brokers_ = std::max<std::size_t>(brokers, 1);
        broker_ %= brokers_;
        first_ %= brokers_;
    }
    void on_online() noexcept { failures_ = refusals_ = 0; }
    /// The start is over: from now on the client reconnects for ever.
    void on_started() noexcept { starting_ = false; }

    struct decision {
        nanoseconds wait{0};       ///< until the next connect
        bool start_failed = false; ///< there is no next connect
    };
    /// The connection has ended or could not be opened. `was_online`: after CONNACK.
    decision on_lost(std::error_code why, bool was_online) noexcept {
        if (!was_online || why == mqtt::errc::use_another_server) broker_ = (broker_ + 1) % brokers_;
        const bool has_no_tls = why.category() == tls_category() || why == errc::no_credentials;
        const bool refused = why == mqtt::errc::connect_refused ||
                             (!was_online && (why == mqtt::errc::use_another_server || has_no_tls));
        if (refused) ++refusals_;
        ++failures_;
        if (starting_) {
            const bool all_refused = refused && refusals_ >= brokers_;
            const bool round_over = limit_ == start_limit::one_round && (was_online || failures_ >= brokers_);
            if (all_refused || round_over) return {.start_failed = true};
            if (broker_ != first_) return {};
        }
        return {.wait = wait_};
    }

private:
    start_limit limit_;
    nanoseconds wait_;
    std::size_t brokers_ = 1;
    std::size_t broker_;
    std::size_t first_;
    std::size_t failures_ = 0; ///< since the last session
    std::size_t refusals_ = 0; ///< since the last session
    bool starting_ = true;
};

} // namespace loadsim::net
