#include "merging.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace loadsim::run {

void merging::add(std::vector<shard_report> reports) {
    latest_ = {};
    latest_.all_due = latest_.driver_ready = true;
    for (auto& r : reports) {
        interval_.add(r.seen);
        std::move(r.seen.failures.begin(), r.seen.failures.end(), std::back_inserter(interval_.failures));
        sum_.add(r.seen);
        latest_.sessions_asked += r.sessions_asked;
        latest_.sessions_online += r.sessions_online;
        latest_.in_flight += r.in_flight;
        latest_.all_due = latest_.all_due && r.all_due;
        latest_.driver_ready = latest_.driver_ready && r.driver_ready;
        latest_.cpu_s += r.cpu_s;
        if (latest_.trouble.empty()) latest_.trouble = std::move(r.trouble);
    }
    sessions_peak_ = std::max(sessions_peak_, latest_.sessions_online);
}

void merging::collect(const std::vector<std::unique_ptr<shard>>& shards) {
    std::vector<std::future<shard_report>> asked;
    for (const auto& s : shards) asked.push_back(s->report());
    std::vector<shard_report> reports;
    for (auto& a : asked) reports.push_back(a.get());
    add(std::move(reports));
}

void merging::collect_last(const std::vector<std::unique_ptr<shard>>& shards) {
    std::vector<shard_report> reports;
    for (const auto& s : shards) reports.push_back(s->last_report());
    add(std::move(reports));
}

measure::progress merging::progress(measure::stage at, monotonic_time start, monotonic_time now) {
    measure::progress p;
    p.at = at;
    p.elapsed = now - begun_;
    p.load_duration = plan_.schedule.duration();
    if (start != never) {
        p.load_elapsed = std::max(now - start, nanoseconds{0});
        p.phase = static_cast<std::uint32_t>(plan_.schedule.phase_at(p.load_elapsed));
        if (at == measure::stage::load) p.asked_rate = plan_.schedule.asked(p.load_elapsed).per_second;
    }
    p.interval_s = seconds(now - std::exchange(told_, now));
    p.sessions_asked = latest_.sessions_asked;
    p.sessions_online = latest_.sessions_online;
    p.in_flight = latest_.in_flight;
    p.interval = std::exchange(interval_, {});
    p.sum = &sum_;
    return p;
}

} // namespace loadsim::run
