// Campaign sender of a shard: schedule, publishing and delivery counts of campaigns.
#pragma once

#include "run_plan.hpp"

#include <loadsim/driver/publisher.hpp>
#include <loadsim/measure/campaign_ledger.hpp>
#include <loadsim/net/loop.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::run {

struct target_endpoints;

/// Each shard has the due times of campaigns and counts deliveries to its own vehicles; one shard per broker publishes
/// them. A replay has no campaigns.
/// Threads: the loop's.
class campaign_sender {
public:
    /// Arguments passed by reference must outlive the object. `sends`: this shard publishes.
    campaign_sender(net::loop&, const run_plan&, const time_source&, fleet_partition, const target_endpoints&,
                    bool sends);

    measure::campaign_ledger& ledger() noexcept { return ledger_; }
    bool enabled() const noexcept;

    void start(std::function<void(std::string error)> ready); ///< `ready`: called once; empty, or the error
    void begin_load(monotonic_time start);
    void cancel_pending(); ///< drops all campaigns not yet due
    void stop();

    std::map<std::string, std::uint64_t> take_broker_limits(); ///< see driver::publisher
    /// Counts since the last call; adds one sentence per kind of publishing error to `failures`.
    std::map<std::uint32_t, measure::campaign_counts> take_counts(std::map<std::string, std::uint64_t>& failures);

private:
    void send_due();
    void send(std::uint32_t campaign_index);
    void count_failure(std::uint32_t campaign_index, const std::string& what);

    const run_plan& plan_;
    const time_source& time_;
    fleet_partition partition_;
    measure::campaign_ledger ledger_;
    std::unique_ptr<driver::publisher> publisher_; ///< null: another shard publishes
    net::clock_timer timer_;
    monotonic_time start_ = never;        ///< of the load
    std::vector<std::uint32_t> upcoming_; ///< indices, the next one last
    std::map<std::string, std::uint64_t> failures_;
};

} // namespace loadsim::run
