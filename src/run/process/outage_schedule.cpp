#include "process/outage_schedule.hpp"

#include <algorithm>

namespace loadsim::run {

outage_schedule::outage_schedule(const std::vector<vehicle::condition>& conditions, nanoseconds load_duration) {
    struct outage {
        outage_event begin;
        nanoseconds lasts;
    };
    std::vector<outage> all;
    for (std::uint32_t c = 0; c < conditions.size(); ++c) {
        const auto& condition = conditions[c];
        if (condition.type != vehicle::condition::kind::outage) continue;
        for (std::uint32_t n = 0; n < vehicle::occurrence_count(condition, load_duration); ++n)
            all.push_back({{vehicle::start_of(condition, n), c, n, true, condition.mode}, condition.duration.a});
    }
    std::ranges::stable_sort(all, {}, [](const outage& o) { return o.begin.at; });
    nanoseconds earliest{0};
    for (auto& [begin, lasts] : all) {
        begin.at = std::max(begin.at, earliest);
        earliest = begin.at + lasts;
        events_.push_back(begin);
        events_.push_back({earliest, begin.condition, begin.occurrence, false, begin.mode});
    }
    std::ranges::reverse(events_);
}

std::optional<nanoseconds> outage_schedule::next() const {
    return events_.empty() ? std::nullopt : std::optional{events_.back().at};
}

std::optional<outage_schedule::outage_event> outage_schedule::take_due(nanoseconds now) {
    if (events_.empty() || events_.back().at > now) return std::nullopt;
    const auto t = events_.back();
    events_.pop_back();
    return t;
}

void outage_schedule::cancel_pending() {
    if (events_.empty()) return;
    const auto next = events_.back();
    events_.clear();
    if (!next.begins) events_.push_back(next);
}

} // namespace loadsim::run
