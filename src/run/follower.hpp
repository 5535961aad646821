// A rank that is not the first: does what it is ordered, and reports.
#pragma once

#include "interrupts.hpp"
#include "part.hpp"

#include <loadsim/cluster/channel.hpp>
#include <loadsim/cluster/letters.hpp>
#include <loadsim/cluster/spool.hpp>

#include <string>

namespace loadsim::run {

/// Threads: one, that of the channel.
class follower {
public:
    follower(cluster::channel&, cluster::spool_writer&, interrupts&, const time_source&);

    /// Follows orders until the one to leave: true. `own`: null when this rank could not set itself up; `trouble` then says why.
    /// False: the first rank can no longer be heard.
    bool follow(part* own, const std::string& trouble);

private:
    bool obey(const cluster::order&, part*); ///< false: to leave
    void report(part*, const std::string& trouble);

    cluster::channel& channel_;
    cluster::spool_writer& spool_;
    interrupts& interrupts_;
    const time_source& time_;
    monotonic_time begun_;
    monotonic_time report_at_;
    nanoseconds report_every_;
    std::uint32_t followed_ = 0;
};

} // namespace loadsim::run
