#include "process/outage_schedule.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace loadsim::run {

outage_schedule::outage_schedule(const std::vector<vehicle::condition>& conditions, nanoseconds load_duration) {
    for (std::uint32_t c = 0; c < conditions.size(); ++c) {
        const auto& condition = conditions[c];
        if (condition.type != vehicle::condition::kind::outage) continue;
        for (std::uint32_t n = 0; n < vehicle::occurrence_count(condition, load_duration); ++n) {
            const auto begin = vehicle::start_of(condition, n);
            events_.push_back({begin, c, n, true, condition.mode});
            events_.push_back({begin + condition.duration.a, c, n, false, condition.mode});
        }
    }
    // At one instant the end of an outage precedes the begin of the next.
    std::ranges::stable_sort(events_, std::greater{}, [](const outage_event& e) { return std::pair(e.at, e.begins); });
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
