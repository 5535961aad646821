#include <loadsim/measure/campaign_ledger.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::measure {
namespace {

/// Tolerated clock difference between hosts: another rank may send a campaign this much early.
constexpr std::chrono::milliseconds clock_tolerance{100};

} // namespace

void campaign_ledger::set_due_time(std::uint32_t campaign, monotonic_time due) { campaigns_.at(campaign).due = due; }

void campaign_ledger::start(std::uint32_t campaign, std::uint64_t addressed) {
    auto& c = campaigns_.at(campaign);
    c.addressed = addressed;
    c.unreachable_when_due = unreachable_;
    counts_[campaign].addressed += addressed;
}

void campaign_ledger::published(std::uint32_t campaign) { ++counts_[campaign].published; }

void campaign_ledger::delivered(std::uint32_t campaign, vehicle_id v, monotonic_time t) {
    auto& c = campaigns_.at(campaign);
    if (t < c.due - clock_tolerance) return;
    auto& counts = counts_[campaign];
    if (!c.received.insert(index(v)).second) {
        ++counts.duplicate_deliveries;
        return;
    }
    ++counts.delivered;
    if (c.unreachable_when_due.contains(index(v))) ++counts.delivered_after_reconnect;
    counts.latency.record(std::max(t - c.due, nanoseconds{0}));
}

std::uint64_t campaign_ledger::awaited() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& c : campaigns_) {
        if (c.addressed == 0) continue; // not due yet
        // Vehicles that were unreachable at the due time and have received it by now are counted once.
        const auto still_unreachable =
            static_cast<std::uint64_t>(std::ranges::count_if(c.unreachable_when_due, [&](std::uint32_t v) {
                return !c.received.contains(v) && unreachable_.contains(v);
            }));
        const auto done = c.received.size() + still_unreachable;
        sum += c.addressed > done ? c.addressed - done : 0;
    }
    return sum;
}

std::map<std::uint32_t, campaign_counts> campaign_ledger::take_counts() { return std::exchange(counts_, {}); }

} // namespace loadsim::measure
