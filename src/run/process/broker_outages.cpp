#include "process/broker_outages.hpp"

#include <algorithm>
#include <chrono>

namespace loadsim::run {
namespace {

constexpr nanoseconds stop_poll_interval = std::chrono::milliseconds{20};

} // namespace

result<void> broker_outages::execute(target::mosquitto& broker, nanoseconds since_start, const outage_handler& on_down,
                                     const outage_handler& on_up) {
    for (;;) {
        if (stopping_ && !broker.continue_termination()) return {};
        stopping_ = false;
        const auto event = schedule_.take_due(since_start);
        if (!event) return {};
        if (event->begins) {
            on_down(*event);
            stopping_ = event->mode == vehicle::condition::outage_mode::restart;
            stopping_ ? broker.begin_termination() : broker.freeze();
            continue;
        }
        if (const auto restarted = broker.restart(); !restarted) return restarted.error();
        on_up(*event);
    }
}

nanoseconds broker_outages::wait(nanoseconds since_start) const {
    if (stopping_) return stop_poll_interval;
    const auto next = schedule_.next();
    return next ? std::max(*next - since_start, nanoseconds{0}) : nanoseconds::max();
}

} // namespace loadsim::run
