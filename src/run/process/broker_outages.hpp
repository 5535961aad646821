// Outages of the embedded broker, executed.
#pragma once

#include "process/outage_schedule.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/target/mosquitto.hpp>

#include <functional>
#include <utility>

namespace loadsim::run {

/// Stops or freezes the broker when an outage begins, and restarts it when it ends.
/// Threads: the one that started the broker: PDEATHSIG ties the child process to that thread.
class broker_outages {
public:
    using outage_handler = std::function<void(const outage_schedule::outage_event&)>;

    explicit broker_outages(outage_schedule schedule) : schedule_(std::move(schedule)) {}

    /// Executes what is due. Does not wait for a broker that stops slowly, so that a rank reports meanwhile. `on_down` is called
    /// before the broker goes down, `on_up` after it has come back. Errors: it did not come back.
    result<void> execute(target::mosquitto&, nanoseconds since_start, const outage_handler& on_down,
                         const outage_handler& on_up);
    /// Time until execute() has something to do; nanoseconds::max(): nothing is to come.
    nanoseconds wait(nanoseconds since_start) const;
    const outage_schedule& schedule() const noexcept { return schedule_; }
    /// Drops all outages not yet begun; a current one still ends.
    void cancel_pending() { schedule_.cancel_pending(); }

private:
    outage_schedule schedule_;
    bool stopping_ = false; ///< an outage has begun, and the broker has not ended yet
};

} // namespace loadsim::run
