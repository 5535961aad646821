// Campaign ledger: deliveries of commands that are sent to many vehicles at once.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/totals.hpp>

#include <cstdint>
#include <map>
#include <unordered_set>
#include <vector>

namespace loadsim::measure {

/// Deliveries to the vehicles of one shard. Threads: one. Reads no clock.
class campaign_ledger {
public:
    explicit campaign_ledger(std::size_t campaigns) : campaigns_(campaigns) {}

    void vehicle_unreachable(vehicle_id v) { unreachable_.insert(index(v)); }
    void vehicle_reachable(vehicle_id v) { unreachable_.erase(index(v)); }

    /// Sets the due time. Earlier deliveries are leftovers of a previous run at the broker and are not counted.
    void set_due_time(std::uint32_t campaign, monotonic_time due);
    /// The campaign is due for `addressed` vehicles of this shard; unreachable ones may receive it when they reconnect.
    /// Another shard may have sent it a moment ago, so that vehicles of this shard may already have received it.
    void start(std::uint32_t campaign, std::uint64_t addressed);
    void published(std::uint32_t campaign);
    void delivered(std::uint32_t campaign, vehicle_id, monotonic_time);

    /// Addressed, reachable vehicles without a delivery so far: the drain waits for these.
    std::uint64_t awaited() const noexcept;
    std::map<std::uint32_t, campaign_counts> take_counts();

private:
    struct campaign_state {
        monotonic_time due = never;
        std::uint64_t addressed = 0;
        std::unordered_set<std::uint32_t> received{};             ///< vehicles that received the command
        std::unordered_set<std::uint32_t> unreachable_when_due{}; ///< vehicles that were unreachable at the due time
    };
    std::vector<campaign_state> campaigns_;
    std::unordered_set<std::uint32_t> unreachable_;
    std::map<std::uint32_t, campaign_counts> counts_;
};

} // namespace loadsim::measure
