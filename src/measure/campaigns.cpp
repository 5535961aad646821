#include <loadsim/measure/campaigns.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::measure {
namespace {

/// Ranks on other hosts may send it by a clock that is ahead of ours by so much.
constexpr std::chrono::milliseconds clocks_apart{100};

} // namespace

void campaign_account::expect(std::uint32_t campaign, monotonic_time due) { campaigns_.at(campaign).due = due; }

void campaign_account::due(std::uint32_t campaign, std::uint64_t addressed) {
    auto& c = campaigns_.at(campaign);
    c.addressed = addressed;
    c.away = away_;
    seen_[campaign].addressed += addressed;
}

void campaign_account::published(std::uint32_t campaign) { ++seen_[campaign].published; }

void campaign_account::delivered(std::uint32_t campaign, vehicle_id v, monotonic_time t) {
    auto& c = campaigns_.at(campaign);
    if (t < c.due - clocks_apart) return;
    auto& counts = seen_[campaign];
    if (!c.had.insert(index(v)).second) {
        ++counts.repeated;
        return;
    }
    ++counts.delivered;
    if (c.away.contains(index(v))) ++counts.returned;
    counts.latency.record(std::max(t - c.due, nanoseconds{0}));
}

std::uint64_t campaign_account::awaited() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& c : campaigns_) {
        if (c.addressed == 0) continue; // not due yet
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
