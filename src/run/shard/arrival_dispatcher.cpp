#include "shard/arrival_dispatcher.hpp"

#include <loadsim/scenario/scenario.hpp>

#include <algorithm>

namespace loadsim::run {

arrival_dispatcher::arrival_dispatcher(const run_plan& plan, fleet_partition partition, fleet_partition process,
                                       measure::ledger& ledger, const fleet::vehicles& vehicles, driver::driver& driver,
                                       const time_source& time)
    : plan_(plan), partition_(partition), process_(process), ledger_(ledger), vehicles_(vehicles), driver_(driver),
      time_(time), cursor_(plan.schedule) {}

void arrival_dispatcher::begin(monotonic_time start) {
    start_ = start;
    next_ = cursor_.next();
}

bool arrival_dispatcher::is_own(const load::arrival& a) const {
    if (plan_.replay) return std::ranges::binary_search(plan_.replay->arrivals, a.id);
    return partition_.owns(load::candidates(plan_.scenario.seed, a.id, plan_.scenario.fleet.vehicles).first());
}

monotonic_time arrival_dispatcher::dispatch_due() {
    for (; next_ && !all_due_; next_ = cursor_.next()) {
        if (!is_own(*next_)) continue;
        const auto due = start_ + next_->due;
        const auto now = time_.now();
        if (due > now) return due;
        dispatch(*next_, now);
    }
    all_due_ = true;
    return never;
}

void arrival_dispatcher::dispatch(const load::arrival& arrival, monotonic_time now) {
    const load::candidates candidates(plan_.scenario.seed, arrival.id, plan_.scenario.fleet.vehicles);
    const auto& max_vusers = plan_.schedule.phases()[arrival.phase].max_vusers;
    const bool full = max_vusers && ledger_.shared_open_count() >= load::divide(*max_vusers, process_);
    const auto free = full ? std::nullopt : free_vehicle(candidates);
    auto due = plan_.due_request_of(arrival, free.value_or(plan_.replay ? plan_.replay->vehicle : candidates.first()));
    due.due = start_ + arrival.due;
    if (full) return ledger_.skip(due, "maxVusers reached", true);
    if (!free) return ledger_.skip(due, "no vehicle was online and free", false);
    ledger_.begin(due, now);
    plan_.parameters.draw(due.id, due.service, parameters_);
    driver_.send(
        {due.id, due.vehicle}, plan_.vin_of(due.vehicle),
        {.service = due.service, .name = plan_.labels.platform_service(due.service), .parameters = parameters_});
}

std::optional<vehicle_id> arrival_dispatcher::free_vehicle(const load::candidates& candidates) const {
    const auto is_free = [this](vehicle_id v) { return !ledger_.is_open(v) && vehicles_.available(v); };
    if (plan_.replay) return is_free(plan_.replay->vehicle) ? std::optional{plan_.replay->vehicle} : std::nullopt;
    // Avoids a walk over all candidates: its CPU time is needed while a whole fleet reconnects.
    if (ledger_.open_count() >= vehicles_.size() || vehicles_.available() == 0) return std::nullopt;
    return load::first_free(candidates, partition_, is_free);
}

} // namespace loadsim::run
