// Keep alive (3.1.2.10) and the wait for CONNACK.
#include "session_state.hpp"

#include <algorithm>

namespace loadsim::mqtt {
namespace {

/// A server that lives answers a ping in a round trip; ten seconds is a car in a bad cell.
constexpr std::chrono::seconds pingresp_within{10};

} // namespace

monotonic_time session::next_deadline() const noexcept {
    const std::chrono::seconds keep_alive{keep_alive_s_};
    const auto ping_due = keep_alive_s_ != 0 ? last_sent_ + keep_alive : never;
    switch (phase_) {
    case phase::closed: return never;
    // Not the later of the two: with a keep alive shorter than the wait, CONNACK would move the deadline to earlier.
    case phase::connecting: return std::min(answer_due_, ping_due);
    case phase::connected: break;
    }
    return ping_out_ ? answer_due_ : ping_due;
}

std::error_code session::on_timer(monotonic_time now, bytes& out) {
    const bool awaits_answer = phase_ == phase::connecting || (phase_ == phase::connected && ping_out_);
    if (awaits_answer) {
        if (now < answer_due_) {
            // Woken early by a keep alive shorter than the wait for CONNACK: look again one keep alive later.
            if (phase_ == phase::connecting && now >= next_deadline()) last_sent_ = now;
            return {};
        }
        // No DISCONNECT: nobody listens, and the server is to send the will.
        const auto why = phase_ == phase::connecting ? errc::connack_timeout : errc::keep_alive_timeout;
        phase_ = phase::closed;
        return why;
    }
    if (now == never || now < next_deadline()) return {};
    encode_pingreq(out);
    last_sent_ = now;
    ping_out_ = true;
    answer_due_ = now + std::min(std::chrono::seconds{keep_alive_s_}, pingresp_within);
    return {};
}

} // namespace loadsim::mqtt
