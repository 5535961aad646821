#include "sequence_load.hpp"

#include <loadsim/scenario/scenario.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace loadsim::run {
namespace {

constexpr const char* warm_up_phase = "warm-up";
constexpr std::uint32_t warm_up_index = 0;

load::phase phase_of(const char* name, nanoseconds duration) {
    load::phase made;
    made.name = name;
    made.duration = duration;
    return made;
}

load::phase pause_of(const char* name, nanoseconds duration) {
    auto made = phase_of(name, duration);
    made.pause = true;
    return made;
}

} // namespace

scenario::scenario_config scenario_of_sequence(const scenario::scenario_config& original, nanoseconds lasts) {
    auto scenario = original;
    scenario.load.phases = {pause_of(warm_up_phase, lasts), pause_of(measured_phase, lasts)};
    scenario.record = scenario::record::unexpected;
    for (auto& b : scenario.budgets) b.abort_after.reset(); // a load that misses a budget is a result, too
    return scenario;
}

planned_load load_after(const planned_load& before, const load_step& step, const scenario::scenario_config& scenario) {
    const auto first = before.schedule ? before.first_arrival + before.schedule->size() : 0;
    std::vector<load::phase> phases{phase_of(warm_up_phase, step.warm_up), phase_of(measured_phase, step.measured)};
    for (auto& p : phases) p.arrival_rate = step.requests;
    // Seed: or Poisson's gaps of all loads were the same.
    return {std::make_shared<const load::schedule>(std::move(phases), scenario.load.spacing, scenario.seed + first),
            first};
}

measure::run_result without_warm_up(const measure::run_result& ended) {
    auto rest = verdict::without_phases(ended, {warm_up_index});
    if (rest.load_phases.size() > warm_up_index + 1) {
        rest.planned_arrivals = rest.load_phases[warm_up_index + 1].planned;
        rest.load_elapsed = rest.load_phases[warm_up_index + 1].elapsed;
    }
    return rest;
}

} // namespace loadsim::run
