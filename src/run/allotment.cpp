#include "allotment.hpp"

#include <algorithm>

namespace loadsim::run {

allotment::allotment(const shared_plan& plan, shard_share share, measure::ledger& ledger, const fleet::roster& vehicles,
                     drive::driver& driver)
    : plan_(plan), share_(share), ledger_(ledger), vehicles_(vehicles), driver_(driver), cursor_(plan.schedule) {}

void allotment::begin(monotonic_time start) {
    start_ = start;
    next_ = cursor_.next();
}

bool allotment::is_ours(const load::arrival& a) const {
    if (plan_.only) return std::ranges::binary_search(plan_.only->arrivals, a.id);
    return share_.owns(load::candidates(plan_.scenario.seed, a.id, plan_.scenario.fleet.vehicles).first());
}

monotonic_time allotment::take_due(monotonic_time now) {
    for (; next_ && !all_due_; next_ = cursor_.next()) {
        if (!is_ours(*next_)) continue;
        const auto due = start_ + next_->due;
        if (due > now) return due;
        take(*next_);
    }
    all_due_ = true;
    return never;
}

void allotment::take(const load::arrival& arrival) {
    const load::candidates order(plan_.scenario.seed, arrival.id, plan_.scenario.fleet.vehicles);
    const auto& max_vusers = plan_.schedule.phases()[arrival.phase].max_vusers;
    const bool full = max_vusers && ledger_.open_count() >= load::part_of(*max_vusers, share_);
    const auto free = full ? std::nullopt : free_vehicle(order);
    auto due = plan_.due_of(arrival, free.value_or(plan_.only ? plan_.only->vehicle : order.first()));
    due.due = start_ + arrival.due;
    if (full) return ledger_.skip(due, "maxVusers reached", true);
    if (!free) return ledger_.skip(due, "no vehicle was on line and free", false);
    ledger_.begin(due);
    driver_.send({due.id, due.vehicle}, plan_.vin_of(due.vehicle), plan_.names.services[due.service]);
}

std::optional<vehicle_id> allotment::free_vehicle(const load::candidates& order) const {
    const auto is_free = [this](vehicle_id v) { return !ledger_.open(v) && vehicles_.reachable(v); };
    if (plan_.only) return is_free(plan_.only->vehicle) ? std::optional{plan_.only->vehicle} : std::nullopt;
    // Spares walking the whole order, which would take what a fleet needs to come back.
    if (ledger_.open_count() >= vehicles_.size() || vehicles_.reachable() == 0) return std::nullopt;
    return load::first_free(order, share_, is_free);
}

} // namespace loadsim::run
