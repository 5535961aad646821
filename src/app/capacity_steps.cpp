#include "capacity_steps.hpp"

#include "capacity_scenario.hpp"

#include <loadsim/run/load_sequence.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace loadsim::app {
namespace {

using experiment::load_metric;
using end_reason = measure::run_result::end_reason;

/// Why the generator could not make so many connects; empty: it did, or the platform was slow.
std::string connect_shortfall(const experiment::step_measurement& m, std::uint32_t connects_in_flight) {
    constexpr double tolerance = 0.9;
    if (m.achieved >= tolerance * m.step.load) return {};
    // Little's law: with fewer in flight than allowed, the broker was not what they waited for.
    const auto in_flight = m.achieved * seconds(m.sum.sessions.connect.mean());
    if (in_flight >= tolerance * connects_in_flight) return {};
    return fmt::format("only {:.0f} connects a second were begun", m.achieved);
}

experiment::step_measurement measurement_of(const experiment::planned_step& step, const measure::run_result& r,
                                            const scenario::scenario_config& scenario, load_metric metric) {
    experiment::step_measurement m{
        .step = step, .sum = r.sum, .measured = r.load_elapsed, .stopped = r.ended != end_reason::complete};
    const auto per_second = [](std::uint64_t count, nanoseconds time) {
        return time.count() > 0 ? static_cast<double>(count) / seconds(time) : 0;
    };
    if (r.mode != measure::run_mode::rehearsal) m.lag_limit = r.lag_limit; // a rehearsal is never late
    switch (metric) {
    case load_metric::rate: m.achieved = per_second(r.sum.requests.sent, r.load_elapsed); break;
    case load_metric::vehicles: m.achieved = r.sessions_peak; break;
    case load_metric::connect_rate:
        m.measured = r.connect_elapsed;
        m.achieved = per_second(r.sum.sessions.connected, r.connect_elapsed);
        m.generator_limit = m.stopped ? std::string{} : connect_shortfall(m, scenario.fleet.connects_in_flight);
        break;
    }
    return m;
}

result<void> run_loads(const scenario::scenario_config& scenario, const step_execution& how,
                       const run::listener& callbacks, const run::load_sequence& sequence) {
    const auto prepared = run::scenario_of_sequence(scenario, how.total_at_most);
    if (how.rehearses) return run::rehearse_loads(prepared, {}, callbacks, sequence);
    return run::execute_loads(prepared, {.folder = how.folder, .shards = how.shards}, callbacks, sequence);
}

/// The scenario of a run for one step.
scenario::scenario_config scenario_of_step(const scenario::scenario_config& original, load_metric metric,
                                           const experiment::planned_step& step) {
    auto scenario = original;
    if (metric == load_metric::vehicles) {
        scenario.fleet.vehicles = static_cast<std::uint32_t>(std::llround(step.load));
    } else {
        scenario.fleet.connect_rate = rate{step.load};
        scenario.fleet.vehicles =
            std::max(1U, static_cast<std::uint32_t>(std::ceil(step.load * seconds(step.measured))));
    }
    return scenario;
}

/// Passes planned steps to runs, and their results to the search.
class step_executor {
public:
    step_executor(const scenario::scenario_config& scenario, const step_execution& how,
                  experiment::capacity_search& all)
        : scenario_(scenario), how_(how), search_(all) {}

    /// Begins the planned step; nullopt: there is none.
    std::optional<experiment::planned_step> begin() {
        step_ = search_.next();
        if (step_) how_.on_begin();
        return step_;
    }
    void end(const measure::run_result& r) {
        if (r.ended == end_reason::aborted)
            search_.stop("the run was cut off: " + r.abort_reason);
        else
            search_.add(measurement_of(*step_, r, scenario_, how_.metric));
        has_result_ = true;
        how_.on_result();
    }
    /// A run has ended, perhaps before its load.
    void finish(const measure::run_result& r) {
        ended_ = r.ended;
        if (r.ended != end_reason::complete) search_.stop("the search was stopped");
    }
    /// A run that could not begin. Errors: it was the first.
    result<void> fail(const problems& errors) {
        if (!has_result_) return errors;
        ended_ = end_reason::aborted;
        search_.stop("the step could not begin: " + to_string(errors));
        return {};
    }
    end_reason ended() const { return ended_; }

private:
    const scenario::scenario_config& scenario_;
    const step_execution& how_;
    experiment::capacity_search& search_;
    std::optional<experiment::planned_step> step_;
    end_reason ended_ = end_reason::complete;
    bool has_result_ = false;
};

} // namespace

result<end_reason> execute_steps(const scenario::scenario_config& scenario, const step_execution& how,
                                 const run::listener& callbacks, experiment::capacity_search& search) {
    step_executor executor(scenario, how, search);
    auto step_listener = callbacks;
    step_listener.on_finished = [&executor](const measure::run_result& r) { executor.finish(r); };
    const auto on_load = [&executor](const measure::run_result& r) { executor.end(r); };
    if (how.metric == load_metric::rate) {
        const auto next = [&executor]() -> std::optional<run::load_step> {
            const auto step = executor.begin();
            if (!step) return std::nullopt;
            return run::load_step{rate{step->load}, step->warm_up, step->measured};
        };
        if (const auto done = run_loads(scenario, how, step_listener, {.next = next, .on_load = on_load}); !done)
            if (const auto failed = executor.fail(done.error()); !failed) return failed.error();
        return executor.ended();
    }
    const auto requests = how.metric == load_metric::vehicles ? highest_rate(scenario) : rate{};
    while (const auto step = executor.begin()) {
        bool given = false;
        const auto next = [&]() -> std::optional<run::load_step> {
            if (std::exchange(given, true)) return std::nullopt;
            if (how.metric == load_metric::connect_rate) return run::load_step{};
            return run::load_step{requests, step->warm_up, step->measured};
        };
        const auto done = run_loads(scenario_of_step(scenario, how.metric, *step), how, step_listener,
                                    {.next = next, .on_load = on_load, .with_connects = true});
        if (done) continue;
        if (const auto failed = executor.fail(done.error()); !failed) return failed.error();
    }
    return executor.ended();
}

} // namespace loadsim::app
