#include "aggregator.hpp"

#include <loadsim/scenario/scenario.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

namespace loadsim::run {

measure::run_result::end_reason end_reason_of(stop_signals::kind k) {
    using reason = measure::run_result::end_reason;
    switch (k) {
    case stop_signals::kind::interrupt: return reason::interrupted;
    case stop_signals::kind::terminate: return reason::terminated;
    case stop_signals::kind::none: break;
    }
    return reason::complete;
}

aggregator::aggregator(const run_plan& plan, const run_start& started)
    : plan_(plan),
      recovery_tracker_(plan.scenario.conditions, plan.recovery_budget, plan.labels, plan.schedule().duration()),
      budget_tracker_(plan.replay ? std::vector<verdict::budget>{} : plan.scenario.budgets, plan.labels),
      started_(started), reported_until_(started.at) {}

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

void aggregator::begin_load(monotonic_time start, bool keeps_sessions) {
    auto sessions = std::exchange(sum_, {}).sessions;
    if (keeps_sessions) sum_.sessions = std::move(sessions);
    load_start_ = start;
    load_end_ = never;
}

void aggregator::end_warm_up() {
    auto all = std::exchange(sum_, {});
    sum_.requests = all.requests;
    sum_.phases = std::move(all.phases);
    sum_.groups = std::move(all.groups);
    sum_.latencies = std::move(all.latencies);
    sum_.latencies_from_begun = std::move(all.latencies_from_begun);
    sum_.loop_delay = std::move(all.loop_delay);
    sum_.phase_loop_delay = std::move(all.phase_loop_delay);
    sum_.sessions = std::move(all.sessions);
}

measure::progress aggregator::progress(measure::stage at, monotonic_time start, monotonic_time end,
                                       std::uint32_t late_ranks) {
    const auto begin = std::exchange(reported_until_, end);
    measure::progress p;
    p.current_stage = at;
    p.elapsed = end - started_.at;
    p.time = std::chrono::floor<std::chrono::milliseconds>(started_.utc + p.elapsed);
    p.interval_s = seconds(end - begin);
    p.late_ranks = late_ranks;
    const auto before = std::exchange(online_at_last_progress_, latest_.sessions_online);
    const auto after =
        at == measure::stage::done ? before : latest_.sessions_online; // the sessions were closed at its end
    connection_seconds_ += p.interval_s * (static_cast<double>(before) + after) / 2;
    p.load_duration = plan_.schedule().duration();
    p.planned_arrivals = plan_.replay ? plan_.replay->arrivals.size() : plan_.schedule().size();
    p.drain_elapsed = std::max(end - load_end_, nanoseconds{0});
    p.drain_limit = plan_.scenario.load.drain;
    if (start != never) {
        load_start_ = start;
        p.load_started = utc_of(start);
        p.load_elapsed = std::max(end - start, nanoseconds{0});
        p.phase = static_cast<std::uint32_t>(plan_.schedule().phase_at(begin + (end - begin) / 2 - start));
        p.conditions = recovery_tracker_.conditions_between(begin - start, end - start, load_end_ - start);
        const auto until = std::min(end, load_end_);
        if (p.interval_s > 0)
            p.target_rate = plan_.schedule().average_rate(begin - start, until - start).per_second *
                            std::max(seconds(until - begin), 0.0) / p.interval_s;
    }
    p.sessions_planned = latest_.sessions_planned;
    p.sessions_online = latest_.sessions_online;
    p.vehicles = latest_.vehicles;
    p.in_flight = latest_.in_flight;
    p.waiting = latest_.waiting;
    p.telemetry_waiting = measure::telemetry_waiting(sum_);
    p.generator = {.cpu_s = latest_.cpu_s, .rss_bytes = latest_.rss_bytes};
    p.interval = std::exchange(interval_, {});
    auto& slowest = p.interval.slowest_requests; // of all ranks only at the end
    if (at != measure::stage::done)
        interval_.slowest_requests.swap(slowest);
    else
        std::ranges::move(std::exchange(slowest, {}), std::back_inserter(p.interval.request_records));
    p.cumulative = &sum_;
    if (start != never) recovery_tracker_.add_interval(p.load_elapsed, p.interval, latest_.over_limit);
    budget_tracker::span span;
    if (start != never) span = {.begin = begin - start, .end = end - start};
    if (at == measure::stage::load && p.phase < plan_.labels.phases.size()) span.phase = plan_.labels.phases[p.phase];
    span.is_followed = load_end_ == never && span.end < plan_.end_of_load();
    budget_tracker_.add_interval(span, p.interval, sum_);
    return p;
}

std::chrono::system_clock::time_point aggregator::utc_of(monotonic_time when) const {
    return std::chrono::floor<std::chrono::milliseconds>(started_.utc + (when - started_.at));
}

std::vector<measure::load_phase> aggregator::load_phases(monotonic_time now) const {
    const auto& schedule = plan_.schedule();
    const auto loaded = load_start_ == never ? nanoseconds{0} : std::min(now, load_end_) - load_start_;
    std::vector<measure::load_phase> all;
    for (std::size_t i = 0; i < schedule.phases().size(); ++i) {
        const auto duration = schedule.phases()[i].duration;
        all.push_back({.planned = schedule.size(i),
                       .duration = duration,
                       .elapsed = std::clamp(loaded - schedule.phase_start(i), nanoseconds{0}, duration)});
    }
    return all;
}

measure::run_cost aggregator::cost(nanoseconds duration) const {
    return measure::cost_of(*plan_.scenario.cost, {.requests = sum_.requests.sent,
                                                   .messages_up = sum_.messages.published_steps,
                                                   .messages_down = sum_.messages.received_steps,
                                                   .bytes_up = sum_.messages.bytes_sent,
                                                   .bytes_down = sum_.messages.bytes_received,
                                                   .connection_seconds = connection_seconds_,
                                                   .duration = duration,
                                                   .vehicles = plan_.scenario.fleet.vehicles});
}

measure::run_result aggregator::result(monotonic_time now) const {
    measure::run_result r;
    r.mode = plan_.replay ? plan_.replay->mode : measure::run_mode::run;
    r.scenario = plan_.scenario.name;
    r.seed = plan_.scenario.seed;
    r.started = started_.utc;
    r.elapsed = now - started_.at;
    r.lag_limit = plan_.scenario.load.lag_limit;
    r.planned_arrivals = plan_.replay ? plan_.replay->arrivals.size() : plan_.schedule().size();
    r.sessions_peak = sessions_peak_;
    r.sum = sum_;
    r.recoveries = recovery_tracker_.results(sum_);
    r.budget_parts = budget_tracker_.parts();
    r.abort_reason = early_end();
    r.generator.cpu_s = latest_.cpu_s;
    r.generator.rss_bytes = rss_peak_;
    if (load_start_ != never) r.load_started = utc_of(load_start_);
    if (!plan_.replay) r.load_phases = load_phases(now);
    if (!plan_.replay && plan_.scenario.cost) r.cost = cost(r.elapsed);
    r.generator.machines = measure::machine_loads(latest_.machines);
    return r;
}

} // namespace loadsim::run
