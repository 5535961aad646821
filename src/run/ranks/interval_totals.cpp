#include "ranks/interval_totals.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::run {

std::uint32_t complete_intervals(monotonic_time load_start, monotonic_time now) {
    if (load_start == never || now < load_start) return 0;
    return 1 + static_cast<std::uint32_t>((now - load_start) / std::chrono::seconds{1});
}

interval_totals::interval_totals(std::uint32_t ranks) : complete_by_rank_(ranks, 0) {}

interval_totals::interval& interval_totals::at(std::uint32_t number) {
    const auto position = std::max(number, taken_) - taken_;
    while (open_.size() <= position) open_.emplace_back();
    return open_[position];
}

void interval_totals::add(std::uint32_t rank, std::uint32_t complete, measure::totals counts) {
    const auto before = std::exchange(complete_by_rank_[rank], std::max(complete_by_rank_[rank], complete));
    for (auto number = std::max(before, taken_); number + 1 < complete; ++number) ++at(number).skipped_by;
    auto& own = at(complete > before ? complete - 1 : before).counts;
    own.add(counts);
    own.move_records_from(std::move(counts));
}

std::uint32_t interval_totals::late_ranks(std::uint32_t intervals) const {
    const auto unreported =
        std::ranges::count_if(complete_by_rank_, [=](std::uint32_t complete) { return complete < intervals; });
    const bool is_open = intervals > taken_ && intervals - taken_ <= open_.size();
    return static_cast<std::uint32_t>(unreported) + (is_open ? open_[intervals - taken_ - 1].skipped_by : 0);
}

measure::totals interval_totals::take(std::uint32_t intervals) {
    measure::totals sum;
    for (; taken_ < intervals; ++taken_) {
        if (open_.empty()) continue;
        sum.add(open_.front().counts);
        sum.move_records_from(std::move(open_.front().counts));
        open_.pop_front();
    }
    return sum;
}

measure::totals interval_totals::take_all() {
    measure::totals sum;
    for (auto& one : std::exchange(open_, {})) {
        sum.add(one.counts);
        sum.move_records_from(std::move(one.counts));
    }
    return sum;
}

} // namespace loadsim::run
