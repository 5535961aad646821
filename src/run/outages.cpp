#include "outages.hpp"

#include <algorithm>

namespace loadsim::run {

outages::outages(const std::vector<vehicle::condition>& conditions, nanoseconds load) {
    struct outage {
        turn begin;
        nanoseconds lasts;
    };
    std::vector<outage> all;
    for (std::uint32_t c = 0; c < conditions.size(); ++c) {
        const auto& one = conditions[c];
        if (one.what != vehicle::condition::kind::outage) continue;
        for (std::uint32_t n = 0; n < vehicle::occurrences(one, load); ++n)
            all.push_back(
                {{vehicle::beginning(one, n), c, n, true, one.way},
                 one.lasts.a});
    }
    std::ranges::stable_sort(all, {}, [](const outage& o) { return o.begin.at; });
    nanoseconds free{0};
    for (auto& [begin, lasts] : all) {
        begin.at = std::max(begin.at, free);
        free = begin.at + lasts;
        turns_.push_back(begin);
        turns_.push_back({free, begin.condition, begin.occurrence, false, begin.way});
    }
    std::ranges::reverse(turns_);
}

std::optional<nanoseconds> outages::next() const {
    return turns_.empty() ? std::nullopt : std::optional{turns_.back().at};
}

std::optional<outages::turn> outages::take(nanoseconds now) {
    if (turns_.empty() || turns_.back().at > now) return std::nullopt;
    const auto t = turns_.back();
    turns_.pop_back();
    return t;
}

void outages::cut() {
    if (turns_.empty()) return;
    const auto next = turns_.back();
    turns_.clear();
    if (!next.begins) turns_.push_back(next);
}

} // namespace loadsim::run
