#include "aggregator.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::run {

void aggregator::add(measure::snapshot s) {
    auto& totals = s.counts;
    interval_.add(totals);
    sum_.add(totals);
    interval_.move_records_from(std::move(totals));
    totals = {};
    latest_ = std::move(s);
    sessions_peak_ = std::max(sessions_peak_, latest_.sessions_online);
    rss_peak_ = std::max(rss_peak_, latest_.rss_bytes);
}

measure::progress aggregator::progress(measure::stage at, monotonic_time start, monotonic_time now) {
    measure::progress p;
    p.current_stage = at;
    p.elapsed = now - started_at_;
    p.load_duration = plan_.duration();
    if (start != never) {
        p.load_elapsed = std::max(now - start, nanoseconds{0});
        p.phase = static_cast<std::uint32_t>(plan_.phase_at(p.load_elapsed));
        if (at == measure::stage::load) p.target_rate = plan_.rate_at(p.load_elapsed).per_second;
    }
    p.interval_s = seconds(now - std::exchange(reported_at_, now));
    p.sessions_planned = latest_.sessions_planned;
    p.sessions_online = latest_.sessions_online;
    p.in_flight = latest_.in_flight;
    p.generator = {.cpu_s = latest_.cpu_s, .rss_bytes = latest_.rss_bytes};
    p.interval = std::exchange(interval_, {});
    p.cumulative = &sum_;
    return p;
}

} // namespace loadsim::run
