// Worker rank: executes control commands of rank 0 and sends status reports.
#pragma once

#include "generator.hpp"
#include "signals.hpp"

#include <loadsim/cluster/channel.hpp>
#include <loadsim/cluster/rank_messages.hpp>
#include <loadsim/cluster/spool.hpp>

#include <cstdint>
#include <string>

namespace loadsim::run {

/// Threads: one, that of the channel.
class rank_worker {
public:
    rank_worker(cluster::channel&, cluster::spool_writer&, stop_signals&, const time_source&);

    /// Executes commands until the one to leave (true) or until the connection to rank 0 is lost (false).
    /// `local`: null if the set-up of this rank failed; `error` is then the reason.
    bool run(generator* local, const std::string& error);
    /// Sends rank 0 a busy report, at most once a second. To be called often during long work without status reports.
    void report_busy();
    /// Sends rank 0 the error of a hook after the load.
    void report_failed_hook(const std::string& error);

private:
    bool execute(const cluster::control_command&, generator*); ///< false: leave the run
    void send_report(generator*, const std::string& error);
    monotonic_time next_report_after(monotonic_time) const;

    cluster::channel& channel_;
    cluster::spool_writer& spool_;
    stop_signals& signals_;
    const time_source& time_;
    monotonic_time started_at_;
    monotonic_time next_report_at_;
    nanoseconds report_interval_;
    monotonic_time load_start_ = never;
    monotonic_time next_busy_report_at_{};
    std::uint32_t executed_commands_ = 0;
};

} // namespace loadsim::run
