// Everybody who takes part in a run, as its course sees them: ordered about together, heard as one.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/snapshot.hpp>

#include <string>

namespace loadsim::run {

/// The parts of a run: this process alone, or all ranks.
/// Threads: one.
class parts {
public:
    virtual ~parts() = default;

    virtual void connect() = 0; ///< vehicles, driver and observer
    virtual void begin_load(monotonic_time start) = 0;
    virtual void cut() = 0;          ///< no more arrivals
    virtual void give_up_open() = 0; ///< what is in flight ends as unanswered
    virtual void stop() = 0;         ///< closes all sessions

    /// Sum of the parts: what they have seen since it was asked last, and how each stands by its latest word.
    virtual measure::snapshot collect() = 0;
    /// Everybody has done what was ordered, and said so.
    virtual bool settled() const = 0;
    /// How long they may be left alone; then attend() has something to do.
    virtual nanoseconds attention() const = 0;
    virtual void attend() = 0;

    /// How a signal to any part wants the run to end.
    struct wishes {
        bool interrupt = false;
        bool terminate = false;
    };
    virtual wishes asked_elsewhere() const = 0;
    /// Who has fallen silent, half a sentence; empty: nobody.
    virtual std::string lost() const = 0;

    virtual std::uint32_t shards() const = 0; ///< of each part
    virtual std::uint32_t count() const = 0;
    /// How far ahead of the order that starts the load it has to lie.
    virtual nanoseconds ahead() const = 0;
};

} // namespace loadsim::run
