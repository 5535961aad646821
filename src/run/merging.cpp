#include "merging.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace loadsim::run {
namespace {

std::uint64_t resident_bytes() {
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

void merging::add(std::vector<measure::snapshot> parts) {
    latest_ = {};
    latest_.all_due = latest_.driver_ready = true;
    for (auto& part : parts) latest_.add(std::move(part));
    interval_.add(latest_.seen);
    std::move(latest_.seen.failures.begin(), latest_.seen.failures.end(), std::back_inserter(interval_.failures));
    sum_.add(latest_.seen);
    latest_.seen = {};
    latest_.rss_bytes = resident_bytes();
    sessions_peak_ = std::max(sessions_peak_, latest_.sessions_online);
}

void merging::collect(const std::vector<std::unique_ptr<shard>>& shards) {
    std::vector<std::future<measure::snapshot>> asked;
    for (const auto& s : shards) asked.push_back(s->report());
    std::vector<measure::snapshot> reports;
    for (auto& a : asked) reports.push_back(a.get());
    add(std::move(reports));
}

void merging::collect_last(const std::vector<std::unique_ptr<shard>>& shards) {
    std::vector<measure::snapshot> reports;
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
    p.generator = {.cpu_s = latest_.cpu_s, .rss_bytes = latest_.rss_bytes};
    p.interval = std::exchange(interval_, {});
    p.sum = &sum_;
    return p;
}

} // namespace loadsim::run
