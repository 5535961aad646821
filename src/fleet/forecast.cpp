#include "forecast.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace loadsim::fleet {
namespace {

auto order_of(const turn& t) { return std::tuple(t.at, index(t.vehicle), t.condition, t.occurrence, !t.begins); }

} // namespace

bool forecast::coming::operator>(const coming& other) const {
    return std::tie(at, condition, occurrence) > std::tie(other.at, other.condition, other.occurrence);
}

bool forecast::later::operator()(const turn& a, const turn& b) const { return order_of(a) > order_of(b); }

forecast::forecast(const std::vector<vehicle::condition>& conditions, const vehicle::segmentation& segments,
                   const std::vector<std::string>& segment_names, std::uint64_t seed, std::uint32_t fleet,
                   shard_share share, nanoseconds load)
    : conditions_(conditions), segments_(segments), seed_(seed), fleet_(fleet), share_(share), load_(load) {
    for (std::uint32_t c = 0; c < conditions.size(); ++c) {
        auto& by_segment = befalls_.emplace_back();
        for (const auto& name : segment_names) by_segment.push_back(vehicle::befalls(conditions[c], name));
        if (vehicle::strikes_vehicles(conditions[c].what) && occurrences(conditions[c], load) > 0)
            coming_.push({conditions[c].at, c, 0});
    }
}

void forecast::lay_out_until(nanoseconds until) {
    while (!coming_.empty() && coming_.top().at <= until) {
        const auto next = coming_.top();
        coming_.pop();
        lay_out(next);
        const auto& c = conditions_[next.condition];
        if (next.occurrence + 1 < occurrences(c, load_))
            coming_.push({next.at + *c.every, next.condition, next.occurrence + 1});
    }
}

void forecast::lay_out(const coming& one) {
    const auto& c = conditions_[one.condition];
    for (std::uint64_t i = share_.index; i < fleet_; i += share_.count) {
        const vehicle_id v{static_cast<std::uint32_t>(i)};
        const auto segment = segments_.segment_of(v);
        if (segment >= befalls_[one.condition].size() || !befalls_[one.condition][segment]) continue;
        const auto struck = strike_of(c, one.condition, one.occurrence, seed_, v);
        if (!struck || (struck->until < from_ && c.what != vehicle::condition::kind::power_on)) continue;
        turns_.push({struck->from, v, one.condition, one.occurrence, true, struck->until});
    }
}

std::optional<nanoseconds> forecast::next() {
    if (turns_.empty() && !coming_.empty()) return coming_.top().at;
    if (turns_.empty()) return std::nullopt;
    return coming_.empty() ? turns_.top().at : std::min(turns_.top().at, coming_.top().at);
}

std::optional<turn> forecast::take(nanoseconds now) {
    lay_out_until(now);
    if (turns_.empty() || turns_.top().at > now) return std::nullopt;
    const auto t = turns_.top();
    turns_.pop();
    if (t.begins && t.until > t.at)
        turns_.push({t.until, t.vehicle, t.condition, t.occurrence, false, t.until});
    return t;
}

void forecast::cut() {
    coming_ = {};
    decltype(turns_) to_pass;
    for (; !turns_.empty(); turns_.pop())
        if (!turns_.top().begins) to_pass.push(turns_.top());
    turns_ = std::move(to_pass);
}

} // namespace loadsim::fleet
