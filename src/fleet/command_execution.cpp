#include "command_execution.hpp"

#include <algorithm>

namespace loadsim::fleet {
namespace {

/// Retry interval for a response that cannot be sent now (no network, full queue).
constexpr nanoseconds retry_interval = std::chrono::milliseconds{100};
/// Poll interval while reconnecting; short, because the following steps are measured.
constexpr nanoseconds session_poll_interval = std::chrono::milliseconds{5};

bool has_step(const vehicle::resolved_behaviour& b, vehicle::step::kind what) {
    return std::ranges::any_of(b.steps, [what](const auto& step) { return step.type == what; });
}

} // namespace

/// True: the behaviour has no execute step; the execution is implied by the first executed response.
bool command_execution::executes_implicitly() const {
    return !executed_ && !has_step(behaviour_, vehicle::step::kind::execute);
}

bool command_execution::disconnects() const { return has_step(behaviour_, vehicle::step::kind::disconnect); }

void command_execution::run_due_actions(monotonic_time now) {
    using kind = vehicle::step::kind;
    while (next_action_ < behaviour_.steps.size()) {
        const auto& a = behaviour_.steps[next_action_];
        switch (a.type) {
        case kind::wait: ++next_action_; return host_.arm(*this, now + a.duration);
        case kind::respond:
            if (a.response->type == vehicle::response_step::kind::executed && executes_implicitly()) {
                executed_ = true;
                host_.execute(*this);
            }
            if (!host_.send_response(*this, *a.response)) return host_.arm(*this, now + retry_interval);
            break;
        case kind::execute: host_.execute(*this); break;
        case kind::disconnect: host_.disconnect(*this, a.disconnect); break;
        case kind::reconnect:
            if (!std::exchange(reconnecting_, true)) host_.reconnect(*this);
            if (!host_.online(vehicle)) return host_.arm(*this, now + session_poll_interval);
            reconnecting_ = false;
            break;
        case kind::takeover: host_.take_over(*this, a.duration); break;
        case kind::stall: host_.stall(*this, a.duration); break;
        case kind::drop: return host_.end_execution(*this);
        case kind::choose: break; // resolved beforehand by resolve()
        }
        ++next_action_;
    }
    host_.end_execution(*this);
}

} // namespace loadsim::fleet
