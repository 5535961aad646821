#include "activity.hpp"

namespace loadsim::fleet {
namespace {
/// A car that has something to say and cannot (no network, a full queue) looks again after this.
constexpr nanoseconds look_again = std::chrono::milliseconds{100};
} // namespace

void activity::go_on(monotonic_time now) {
    while (step_ < behaviour_.steps.size()) {
        const auto& step = behaviour_.steps[step_];
        if (step.what == vehicle::step::kind::wait) {
            ++step_;
            return owner_.loop_.arm(*this, now + sample(step.after, draws_));
        }
        if (!owner_.answer(*this, step)) return owner_.loop_.arm(*this, now + look_again);
        ++step_;
    }
    owner_.end(*this);
}

} // namespace loadsim::fleet
