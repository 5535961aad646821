#include <loadsim/telemetry/rate_factors.hpp>

#include <algorithm>

namespace loadsim::telemetry {

void rate_factors::set(nanoseconds from, double factor) { steps_.push_back({from, factor}); }

std::size_t rate_factors::split_at(nanoseconds instant) {
    const auto after = std::upper_bound(steps_.begin(), steps_.end(), instant,
                                        [](nanoseconds t, const step& s) { return t < s.from; });
    const auto position = after - steps_.begin();
    if (position > 0 && steps_[static_cast<std::size_t>(position - 1)].from == instant)
        return static_cast<std::size_t>(position - 1);
    const double factor = position > 0 ? steps_[static_cast<std::size_t>(position - 1)].factor : 1;
    steps_.insert(after, {instant, factor});
    return static_cast<std::size_t>(position);
}

void rate_factors::multiply(nanoseconds from, nanoseconds until, double factor) {
    if (until <= from) return;
    const auto first = split_at(from);
    const auto last = split_at(until);
    for (auto i = first; i < last; ++i) steps_[i].factor *= factor;
}

rate_factors::piece rate_factors::at(nanoseconds since_start) const noexcept {
    const auto after = std::upper_bound(steps_.begin(), steps_.end(), since_start,
                                        [](nanoseconds t, const step& s) { return t < s.from; });
    piece found;
    if (after != steps_.begin()) found.factor = (after - 1)->factor;
    if (after != steps_.end()) found.until = after->from;
    return found;
}

} // namespace loadsim::telemetry
