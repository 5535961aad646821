#include <loadsim/measure/snapshot.hpp>

#include <utility>

namespace loadsim::measure {

void snapshot::add(snapshot other) {
    // Taken apart by structured binding: a field that is added to the struct and not here no longer compiles.
    auto& [its_seen, its_asked, its_online, its_in_flight, its_awaited, its_all_due, its_driver_ready, its_trouble,
           its_broken, its_cpu_s, its_rss] = other;
    seen.add(its_seen);
    seen.tell(std::move(its_seen));
    sessions_asked += its_asked;
    sessions_online += its_online;
    in_flight += its_in_flight;
    awaited += its_awaited;
    all_due = all_due && its_all_due;
    driver_ready = driver_ready && its_driver_ready;
    if (trouble.empty()) trouble = std::move(its_trouble);
    if (broken.empty()) broken = std::move(its_broken);
    cpu_s += its_cpu_s;
    rss_bytes += its_rss;
}

} // namespace loadsim::measure
