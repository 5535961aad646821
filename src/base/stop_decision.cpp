#include <loadsim/base/stop_decision.hpp>

#include <utility>

namespace loadsim {

stop_effect stop_decision::on(stop_signal next) {
    if (first_ == stop_signal::none) {
        first_ = next;
        return stop_effect::drain;
    }
    if (next == stop_signal::interrupt && (first_ == stop_signal::interrupt || aborted_))
        return stop_effect::end_process;
    return std::exchange(aborted_, true) ? stop_effect::none : stop_effect::end_drain;
}

stop_effect stop_decision::on_forwarded(stop_signal next) {
    if (first_ == stop_signal::none) return on(next);
    if (next == first_) return stop_effect::none;
    return std::exchange(aborted_, true) ? stop_effect::none : stop_effect::end_drain;
}

} // namespace loadsim
