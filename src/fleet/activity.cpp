#include "activity.hpp"

#include <algorithm>

namespace loadsim::fleet {
namespace {

/// A car that has something to say and cannot (no network, a full queue) looks again after this.
constexpr nanoseconds look_again = std::chrono::milliseconds{100};
/// Coming back is waited for more closely: what follows is measured.
constexpr nanoseconds look_for_session = std::chrono::milliseconds{5};

} // namespace

/// Without a step of its own, doing goes before saying that it is done.
bool activity::executes_by_itself() const {
    return !executed_ && std::ranges::none_of(script_.actions, [](const vehicle::action& a) {
        return a.what == vehicle::step::kind::execute;
    });
}

void activity::go_on(monotonic_time now) {
    using kind = vehicle::step::kind;
    while (next_ < script_.actions.size()) {
        const auto& a = script_.actions[next_];
        switch (a.what) {
        case kind::wait: ++next_; return owner_.arm(*this, now + a.lasts);
        case kind::say:
            if (a.said->what == vehicle::word::kind::executed && executes_by_itself()) {
                executed_ = true;
                owner_.execute(*this);
            }
            if (!owner_.say(*this, *a.said)) return owner_.arm(*this, now + look_again);
            break;
        case kind::execute: owner_.execute(*this); break;
        case kind::disconnect: owner_.disconnect(*this, a.way); break;
        case kind::reconnect:
            if (!std::exchange(coming_back_, true)) owner_.reconnect(*this);
            if (!owner_.online(vehicle)) return owner_.arm(*this, now + look_for_session);
            coming_back_ = false;
            break;
        case kind::takeover: owner_.take_over(*this, a.lasts); break;
        case kind::stall: owner_.stall(*this, a.lasts); break;
        case kind::drop: return owner_.end(*this);
        case kind::choose: break; // resolve() has chosen
        }
        ++next_;
    }
    owner_.end(*this);
}

} // namespace loadsim::fleet
