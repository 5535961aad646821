#include <loadsim/measure/campaigns.hpp>

#include <algorithm>
#include <utility>

namespace loadsim::measure {

void campaign_account::due(std::uint32_t campaign, std::uint64_t addressed, monotonic_time t) {
    auto& c = campaigns_.at(campaign);
    c.due = t;
    c.addressed = addressed;
    c.away = away_;
    seen_[campaign].addressed += addressed;
}

void campaign_account::published(std::uint32_t campaign) { ++seen_[campaign].published; }

void campaign_account::delivered(std::uint32_t campaign, vehicle_id v, monotonic_time t) {
    auto& c = campaigns_.at(campaign);
    if (c.due == never) return;
    auto& counts = seen_[campaign];
    if (!c.had.insert(index(v)).second) {
        ++counts.repeated;
        return;
    }
    ++counts.delivered;
    if (c.away.contains(index(v))) ++counts.returned;
    counts.latency.record(t - c.due);
}

std::uint64_t campaign_account::awaited() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& c : campaigns_) {
        if (c.due == never) continue;
        // Of those that were away some have it by now: counted once.
        const auto hopeless = static_cast<std::uint64_t>(
            std::ranges::count_if(c.away, [&](std::uint32_t v) { return !c.had.contains(v) && away_.contains(v); }));
        const auto settled = c.had.size() + hopeless;
        sum += c.addressed > settled ? c.addressed - settled : 0;
    }
    return sum;
}

std::map<std::uint32_t, campaign_counts> campaign_account::take() { return std::exchange(seen_, {}); }

} // namespace loadsim::measure
