#include "conditions.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace loadsim::fleet {
namespace {

auto sort_key(const condition_event& t) {
    return std::tuple(t.at, index(t.vehicle), t.condition, t.occurrence, !t.begins);
}

} // namespace

bool condition_schedule::pending_occurrence::operator>(const pending_occurrence& other) const {
    return std::tie(at, condition, occurrence) > std::tie(other.at, other.condition, other.occurrence);
}

bool condition_schedule::later::operator()(const condition_event& a, const condition_event& b) const {
    return sort_key(a) > sort_key(b);
}

condition_schedule::condition_schedule(const std::vector<vehicle::condition>& conditions,
                                       const vehicle::segmentation& segments,
                                       const std::vector<std::string>& segment_names, std::uint64_t seed,
                                       std::uint32_t vehicle_count, fleet_partition shard, nanoseconds load_duration)
    : conditions_(conditions), segments_(segments), seed_(seed), vehicle_count_(vehicle_count), partition_(shard),
      load_duration_(load_duration) {
    for (std::uint32_t c = 0; c < conditions.size(); ++c) {
        auto& by_segment = affected_segments_.emplace_back();
        for (const auto& name : segment_names) by_segment.push_back(vehicle::applies_to(conditions[c], name));
        if (vehicle::affects_vehicles(conditions[c].type) && occurrence_count(conditions[c], load_duration) > 0)
            pending_.push({conditions[c].start, c, 0});
    }
}

bool condition_schedule::expand(nanoseconds until, std::uint64_t limit) {
    while (!pending_.empty() && pending_.top().at <= until) {
        const auto one = pending_.top();
        auto i = partition_.index + vehicles_checked_ * partition_.count;
        for (; i < vehicle_count_ && limit > 0; i += partition_.count, ++vehicles_checked_, --limit)
            expand_vehicle(one, vehicle_id{static_cast<std::uint32_t>(i)});
        if (i < vehicle_count_) return false;
        pending_.pop();
        vehicles_checked_ = 0;
        const auto& c = conditions_[one.condition];
        if (one.occurrence + 1 < occurrence_count(c, load_duration_))
            pending_.push({one.at + *c.interval, one.condition, one.occurrence + 1});
    }
    return true;
}

void condition_schedule::expand_vehicle(const pending_occurrence& one, vehicle_id v) {
    const auto& c = conditions_[one.condition];
    const auto segment = segments_.segment_of(v);
    if (segment >= affected_segments_[one.condition].size() || !affected_segments_[one.condition][segment]) return;
    const auto window = window_of(c, one.condition, one.occurrence, seed_, v);
    if (!window || (window->until < skip_before_ && c.type != vehicle::condition::kind::power_on)) return;
    events_.push({window->from, v, one.condition, one.occurrence, true, window->until});
}

std::optional<nanoseconds> condition_schedule::next_expansion() const {
    return pending_.empty() ? std::nullopt : std::optional(pending_.top().at);
}

std::optional<nanoseconds> condition_schedule::next() const {
    const auto expansion = next_expansion();
    if (events_.empty()) return expansion;
    return expansion ? std::min(events_.top().at, *expansion) : events_.top().at;
}

std::optional<condition_event> condition_schedule::pop_due(nanoseconds now) {
    if (events_.empty() || events_.top().at > now) return std::nullopt;
    if (!pending_.empty() && pending_.top().at <= events_.top().at) return std::nullopt;
    const auto t = events_.top();
    events_.pop();
    if (t.begins && t.until > t.at) events_.push({t.until, t.vehicle, t.condition, t.occurrence, false, t.until});
    return t;
}

void condition_schedule::cancel_pending() {
    pending_ = {};
    vehicles_checked_ = 0;
    decltype(events_) ends;
    for (; !events_.empty(); events_.pop())
        if (!events_.top().begins) ends.push(events_.top());
    events_ = std::move(ends);
}

using condition_kind = vehicle::condition::kind;

link_actions begin_condition(const vehicle::condition& condition, std::uint32_t index, bool has_duration,
                             bool reachable, condition_state& s) {
    const bool blocked = is_blocked(s);
    switch (condition.type) {
    case condition_kind::tunnel:
    case condition_kind::half_open:
        ++(condition.type == condition_kind::tunnel ? s.tunnels : s.half_open);
        return {.block = blocked ? std::nullopt : std::optional{true}, .affected = reachable};
    case condition_kind::garage:
    case condition_kind::reconnect_storm:
        if (has_duration) ++s.garages;
        return {.disconnect = vehicle::disconnect_kind::abrupt, .affected = reachable};
    case condition_kind::handover:
        if (has_duration) ++s.garages;
        ++s.handovers;
        return {.disconnect = vehicle::disconnect_kind::half_open, .affected = reachable};
    case condition_kind::power_on: {
        const bool was_off = std::exchange(s.powered_off, false);
        return {.connect = was_off, .affected = was_off};
    }
    case condition_kind::slow: s.slow.push_back(index); return {.shape = true};
    case condition_kind::lossy: s.lossy.push_back(index); return {};
    case condition_kind::outage:
    case condition_kind::spike: break; // they do not apply to vehicles
    }
    return {};
}

link_actions end_condition(const vehicle::condition& condition, std::uint32_t index, condition_state& s) {
    const auto remove_one = [index](std::vector<std::uint32_t>& active) {
        if (const auto one = std::ranges::find(active, index); one != active.end()) active.erase(one);
    };
    switch (condition.type) {
    case condition_kind::tunnel:
        --s.tunnels;
        if (is_blocked(s)) return {};
        return {.block = false, .connect = true}; // the session may be lost in the meantime
    case condition_kind::half_open:
        if (--s.half_open > 0) return {};
        return {.disconnect = vehicle::disconnect_kind::half_open,
                .block = s.tunnels > 0 ? std::nullopt : std::optional{false},
                .connect = true};
    case condition_kind::garage:
    case condition_kind::handover: return {.connect = --s.garages == 0};
    case condition_kind::slow: remove_one(s.slow); return {.shape = true};
    case condition_kind::lossy: remove_one(s.lossy); return {};
    default: return {}; // instantaneous conditions have no end
    }
}

} // namespace loadsim::fleet
