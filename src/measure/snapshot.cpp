#include <loadsim/measure/snapshot.hpp>

#include <utility>

namespace loadsim::measure {

void snapshot::add(snapshot other) {
    // Structured binding: a new field that is not handled here does not compile.
    auto& [its_counts, its_asked, its_online, its_in_flight, its_awaited, its_all_due, its_driver_ready,
           its_setup_error, its_fatal_error, its_cpu_s, its_rss] = other;
    counts.add(its_counts);
    counts.move_records_from(std::move(its_counts));
    sessions_asked += its_asked;
    sessions_online += its_online;
    in_flight += its_in_flight;
    awaited += its_awaited;
    all_due = all_due && its_all_due;
    driver_ready = driver_ready && its_driver_ready;
    if (setup_error.empty()) setup_error = std::move(its_setup_error);
    if (fatal_error.empty()) fatal_error = std::move(its_fatal_error);
    cpu_s += its_cpu_s;
    rss_bytes += its_rss;
}

} // namespace loadsim::measure
