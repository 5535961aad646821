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

bool forecast::lay_out(nanoseconds until, std::uint64_t most) {
    while (!coming_.empty() && coming_.top().at <= until) {
        const auto one = coming_.top();
        auto i = share_.index + looked_at_ * share_.count;
        for (; i < fleet_ && most > 0; i += share_.count, ++looked_at_, --most)
            look_at(one, vehicle_id{static_cast<std::uint32_t>(i)});
        if (i < fleet_) return false;
        coming_.pop();
        looked_at_ = 0;
        const auto& c = conditions_[one.condition];
        if (one.occurrence + 1 < occurrences(c, load_))
            coming_.push({one.at + *c.every, one.condition, one.occurrence + 1});
    }
    return true;
}

void forecast::look_at(const coming& one, vehicle_id v) {
    const auto& c = conditions_[one.condition];
    const auto segment = segments_.segment_of(v);
    if (segment >= befalls_[one.condition].size() || !befalls_[one.condition][segment]) return;
    const auto struck = strike_of(c, one.condition, one.occurrence, seed_, v);
    if (!struck || (struck->until < from_ && c.what != vehicle::condition::kind::power_on)) return;
    turns_.push({struck->from, v, one.condition, one.occurrence, true, struck->until});
}

std::optional<nanoseconds> forecast::next_to_lay_out() const {
    return coming_.empty() ? std::nullopt : std::optional(coming_.top().at);
}

std::optional<nanoseconds> forecast::next() const {
    const auto unseen = next_to_lay_out();
    if (turns_.empty()) return unseen;
    return unseen ? std::min(turns_.top().at, *unseen) : turns_.top().at;
}

std::optional<turn> forecast::take(nanoseconds now) {
    if (turns_.empty() || turns_.top().at > now) return std::nullopt;
    if (!coming_.empty() && coming_.top().at <= turns_.top().at) return std::nullopt;
    const auto t = turns_.top();
    turns_.pop();
    if (t.begins && t.until > t.at) turns_.push({t.until, t.vehicle, t.condition, t.occurrence, false, t.until});
    return t;
}

void forecast::cut() {
    coming_ = {};
    looked_at_ = 0;
    decltype(turns_) to_pass;
    for (; !turns_.empty(); turns_.pop())
        if (!turns_.top().begins) to_pass.push(turns_.top());
    turns_ = std::move(to_pass);
}

} // namespace loadsim::fleet
