// The account of commands to many vehicles at once: who of those addressed got it, and when.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/totals.hpp>

#include <cstdint>
#include <map>
#include <unordered_set>
#include <vector>

namespace loadsim::measure {

/// Of one shard's vehicles. Threads: one. Reads no clock.
class campaign_account {
public:
    explicit campaign_account(std::size_t campaigns) : campaigns_(campaigns) {}

    void away(vehicle_id v) { away_.insert(index(v)); }
    void back(vehicle_id v) { away_.erase(index(v)); }

    /// When it will be due: what comes before that is what an earlier run left at the broker, and not counted.
    void expect(std::uint32_t campaign, monotonic_time due);
    /// It is due now: for so many vehicles of this shard. Those that are away may get it on their return. Another shard may have sent
    /// it a moment ago, and vehicles of this one may have it already.
    void due(std::uint32_t campaign, std::uint64_t addressed);
    void published(std::uint32_t campaign);
    void delivered(std::uint32_t campaign, vehicle_id, monotonic_time);

    /// Vehicles that were addressed and are on line, and have not got it yet: what a drain waits for.
    std::uint64_t awaited() const noexcept;
    std::map<std::uint32_t, campaign_counts> take();

private:
    struct one {
        monotonic_time due = never;
        std::uint64_t addressed = 0;
        std::unordered_set<std::uint32_t> had{};  ///< who has got it
        std::unordered_set<std::uint32_t> away{}; ///< who was away when it was due
    };
    std::vector<one> campaigns_;
    std::unordered_set<std::uint32_t> away_;
    std::map<std::uint32_t, campaign_counts> seen_;
};

} // namespace loadsim::measure
