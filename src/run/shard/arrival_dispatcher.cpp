#include "shard/arrival_dispatcher.hpp"

#include <loadsim/scenario/scenario.hpp>

#include <algorithm>
#include <chrono>

namespace loadsim::run {
namespace {

/// The loop's other work waits for so long. Foreign arrivals are cheap, so the clock is read for some only.
constexpr nanoseconds max_dispatch_time = std::chrono::milliseconds{1};
constexpr std::uint32_t foreign_per_clock_read = 4096;

} // namespace

arrival_dispatcher::arrival_dispatcher(const run_plan& plan, fleet_partition partition,
                                       fleet_partition process_partition, measure::ledger& ledger,
                                       const fleet::vehicles& vehicles, driver::driver& driver, const time_source& time)
    : plan_(plan), partition_(partition), process_partition_(process_partition), ledger_(ledger), vehicles_(vehicles),
      driver_(driver), time_(time), free_(plan.scenario.fleet.vehicles, partition) {
    ledger_.set_on_completed([this](vehicle_id v) { update(v); });
    if (vehicles_.available() == 0) return;
    for (std::uint64_t i = partition_.index; i < plan.scenario.fleet.vehicles; i += partition_.count) {
        const vehicle_id v{static_cast<std::uint32_t>(i)};
        free_.set(v, vehicles_.available(v));
    }
}

void arrival_dispatcher::begin(monotonic_time start, const planned_load& load) {
    start_ = start;
    load_ = load;
    cursor_.emplace(*load_.schedule);
    next_ = next_arrival();
    all_due_ = false;
}

std::optional<load::arrival> arrival_dispatcher::next_arrival() {
    auto next = cursor_->next();
    if (next) next->id = arrival_id{load_.first_arrival + number(next->id)};
    return next;
}

void arrival_dispatcher::update(vehicle_id v) {
    free_.set(v, is_free(v));
    if (!begun_late_.empty() && !ledger_.is_open(v)) begun_late_.erase(index(v));
}

bool arrival_dispatcher::is_free(vehicle_id v) const { return !ledger_.is_open(v) && vehicles_.available(v); }

bool arrival_dispatcher::is_own(const load::arrival& a) const {
    if (plan_.replay) return std::ranges::binary_search(plan_.replay->arrivals, a.id);
    return partition_.owns(load::first_vehicle(plan_.scenario.seed, a.id, plan_.scenario.fleet.vehicles));
}

monotonic_time arrival_dispatcher::dispatch_due() {
    const auto dispatch_until = time_.now() + max_dispatch_time;
    std::uint32_t foreign = 0;
    for (; next_ && !all_due_; next_ = next_arrival()) {
        const auto due = start_ + next_->due;
        if (!is_own(*next_)) {
            if (++foreign % foreign_per_clock_read == 0 && time_.now() >= dispatch_until) return due;
            continue;
        }
        const auto now = time_.now();
        if (due > now || now >= dispatch_until) return due;
        dispatch(*next_, now);
    }
    all_due_ = true;
    return never;
}

void arrival_dispatcher::dispatch(const load::arrival& arrival, monotonic_time now) {
    const auto first = plan_.replay
                           ? plan_.replay->vehicle
                           : load::first_vehicle(plan_.scenario.seed, arrival.id, plan_.scenario.fleet.vehicles);
    const auto& max_vusers = load_.schedule->phases()[arrival.phase].max_vusers;
    const bool full = max_vusers && ledger_.shared_open_count() >= load::divide(*max_vusers, process_partition_);
    const auto free = full ? std::nullopt : free_vehicle(arrival.id, first);
    auto due = plan_.due_request_of(arrival, free.value_or(first));
    due.due = start_ + arrival.due;
    const auto lag = now - due.due;
    if (full) return ledger_.skip(due, "maxVusers reached", true, is_skipped_for_lateness(lag));
    if (!free) return ledger_.skip(due, "no vehicle was online and free", false, is_skipped_for_lateness(lag));
    ledger_.begin(due, now);
    free_.set(due.vehicle, false);
    if (lag > plan_.scenario.load.lag_limit) begun_late_.insert(index(due.vehicle));
    plan_.parameters.draw(due.id, due.service, parameters_);
    driver_.send(
        {due.id, due.vehicle}, plan_.vin_of(due.vehicle),
        {.service = due.service, .name = plan_.labels.platform_service(due.service), .parameters = parameters_});
}

bool arrival_dispatcher::is_skipped_for_lateness(nanoseconds lag) {
    if (lag > plan_.scenario.load.lag_limit) return true;
    if (begun_late_.empty()) return false;
    begun_late_.erase(begun_late_.begin());
    return true;
}

std::optional<vehicle_id> arrival_dispatcher::free_vehicle(arrival_id arrival, vehicle_id first) const {
    if (is_free(first)) return first;
    return plan_.replay ? std::nullopt : free_.substitute(plan_.scenario.seed, arrival);
}

} // namespace loadsim::run
