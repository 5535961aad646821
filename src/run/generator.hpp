// The load generator as the run's stages see it: this process, or all ranks behind one interface.
#pragma once

#include "run_plan.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/snapshot.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace loadsim::run {

/// Made by start_local_generator() (one process) and implemented by rank_coordinator (all ranks).
/// Threads: one.
class generator {
public:
    virtual ~generator() = default;

    virtual const run_plan& plan() const = 0;

    /// Runs the hooks before the load; call before connect(). Blocks. `should_stop`: polled; true:
    /// stop. Errors: the first request without the expected response.
    virtual result<void> run_before_hooks(const std::function<bool()>& should_stop) = 0;
    /// Runs the hooks after the load, in the same way.
    virtual result<void> run_after_hooks(const std::function<bool()>& should_stop) = 0;

    virtual void connect() = 0; ///< vehicles, driver and observers
    /// Replaces the load of the next begin_load(). Of one process only; not while a load lasts.
    virtual void set_load(planned_load) = 0;
    virtual void begin_load(monotonic_time start) = 0;
    virtual void stop_arrivals() = 0;        ///< no more arrivals, and no more loads
    virtual void expire_open_requests() = 0; ///< requests in flight end as unanswered
    virtual void flush_records() = 0;        ///< collect() gives records that wait for a late response as they are
    virtual void stop() = 0;                 ///< closes all sessions

    /// Sum over all ranks: totals since the last call, and state by each rank's latest report. With several ranks and once the
    /// load has a start, the totals are those of the timeline's intervals that end by `until`.
    virtual measure::snapshot collect(monotonic_time until) = 0;
    /// Ranks without totals in the interval that ends then: collect() would give them in a later one. Call when it has ended.
    virtual std::uint32_t late_ranks(monotonic_time interval_end) const = 0;
    /// All ranks have executed and confirmed all commands.
    virtual bool idle() const = 0;
    /// Time until poll() must be called next.
    virtual nanoseconds next_deadline() const = 0;
    virtual void poll() = 0;

    /// Stop requests by a signal to any other rank.
    struct stop_request {
        bool interrupt = false;
        bool terminate = false;
    };
    virtual stop_request stop_requested() const = 0;
    /// Half a sentence about a rank that no longer reports; empty: none.
    virtual std::string lost_rank() const = 0;

    virtual std::uint32_t shards() const = 0; ///< per rank
    virtual std::uint32_t rank_count() const = 0;
    /// Minimum delay between the command that starts the load and the start of the load.
    virtual nanoseconds start_delay() const = 0;
};

} // namespace loadsim::run
