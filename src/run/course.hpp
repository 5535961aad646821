// One run in progress, from the first connect to the last report.
#pragma once

#include "interrupts.hpp"
#include "merging.hpp"
#include "parts.hpp"
#include "recovery.hpp"
#include "shared_plan.hpp"

#include <loadsim/run/run.hpp>

#include <chrono>
#include <string>

namespace loadsim::run {

/// Takes all parts through the stages of a run, and tells how it stands once a second.
/// Threads: one.
class course {
public:
    course(const shared_plan&, parts&, interrupts&, const listener&, const time_source&);

    /// All of them, and tells the facts. Errors: what kept the load from starting.
    result<void> run();
    bool cut_off() const { return !cut_off_by_.empty(); } ///< there was no time to drain

private:
    result<void>
    connect(); ///< until all vehicles are on line, or a signal came. Errors: what keeps the load from starting
    void load();
    void drain();
    measure::run_facts finish();
    bool cut_short() const; ///< by a signal, here or at another rank
    void step(measure::stage at, monotonic_time until);
    void tell(measure::stage at, monotonic_time now);
    bool news() const;
    bool nothing_to_come() const;
    void look_for_the_lost();
    problems not_connected(nanoseconds waited) const;
    measure::run_facts::ending how_it_ended() const;

    const shared_plan& plan_;
    const scenario::document& scenario_;
    parts& parts_;
    interrupts& interrupts_;
    const listener& tell_;
    const time_source& time_;
    std::chrono::system_clock::time_point begun_wall_ = std::chrono::system_clock::now();
    monotonic_time begun_;
    merging merged_;
    recoveries recoveries_;
    monotonic_time next_tick_;
    monotonic_time start_ = never; ///< of the load
    std::string cut_off_by_;
    bool wish_known_ = false;
};

} // namespace loadsim::run
