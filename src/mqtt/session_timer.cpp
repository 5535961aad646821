// Keep alive (3.1.2.10) and the wait for CONNACK.
#include "session_state.hpp"

#include <algorithm>

namespace loadsim::mqtt {
namespace {

/// A live server responds within a round trip; ten seconds allow for poor radio coverage.
constexpr std::chrono::seconds pingresp_timeout{10};

} // namespace

monotonic_time session::next_deadline() const noexcept {
    const std::chrono::seconds keep_alive{keep_alive_s_};
    const auto ping_due = keep_alive_s_ != 0 ? last_sent_ + keep_alive : never;
    switch (phase_) {
    case phase::closed: return never;
    // Not the later of the two: with a keep alive shorter than the timeout, CONNACK would move the deadline to an earlier time.
    case phase::connecting: return std::min(reply_deadline_, ping_due);
    case phase::connected: break;
    }
    return ping_pending_ ? reply_deadline_ : ping_due;
}

std::error_code session::on_timer(monotonic_time now, bytes& out) {
    const bool awaits_reply = phase_ == phase::connecting || (phase_ == phase::connected && ping_pending_);
    if (awaits_reply) {
        if (now < reply_deadline_) {
            // Called early because the keep alive is shorter than the CONNACK timeout: next call one keep alive later.
            if (phase_ == phase::connecting && now >= next_deadline()) last_sent_ = now;
            return {};
        }
        // No DISCONNECT: the peer is unreachable, and the server should send the will.
        const auto why = phase_ == phase::connecting ? errc::connack_timeout : errc::keep_alive_timeout;
        phase_ = phase::closed;
        return why;
    }
    if (now == never || now < next_deadline()) return {};
    encode_pingreq(out);
    last_sent_ = now;
    ping_pending_ = true;
    reply_deadline_ = now + std::min(std::chrono::seconds{keep_alive_s_}, pingresp_timeout);
    return {};
}

} // namespace loadsim::mqtt
