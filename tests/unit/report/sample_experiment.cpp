#include "sample_experiment.hpp"

#include <loadsim/base/units.hpp>

#include <chrono>
#include <utility>

using namespace loadsim;
using namespace loadsim::experiment;
using namespace std::chrono_literals;

namespace sample_experiment {
namespace {

/// 10,000 samples from half of the mean to one and a half of it.
step_latency latency(std::string name, nanoseconds mean) {
    step_latency made{std::move(name), {}};
    for (int i = 0; i < 100; ++i) made.samples.record(mean / 2 + mean * i / 100, 100);
    return made;
}

step_result step(std::uint32_t number, double load, nanoseconds e2e, step_end end) {
    step_result made;
    made.number = number;
    made.load = load;
    made.achieved = load * 0.999;
    made.repetitions = end == step_end::broken ? 1 : 2;
    made.measured = 10s * made.repetitions;
    made.end = end;
    made.why = number == 1 ? "first load" : "twice the load";
    made.requests.due = made.requests.sent = static_cast<std::uint64_t>(load * 10);
    made.requests.outcomes[0] = made.requests.due;
    made.lag_p99 = 90us;
    made.loop_delay_p99 = 120us;
    made.latencies = {latency("lag", 50us), latency("dispatch", e2e / 4), latency("vehicle", e2e / 2),
                      latency("notify", e2e / 4), latency("e2e", e2e)};
    verdict::budget_result budget;
    budget.expression = "e2e.p99 < 200ms";
    budget.metric = "e2e.p99";
    budget.op = "<";
    budget.limit = 200;
    budget.unit = "ms";
    budget.observed = loadsim::milliseconds(made.latencies.back().samples.percentile(99));
    budget.samples = 10'000;
    budget.interval_low = *budget.observed * 0.99;
    budget.interval_high = *budget.observed * 1.01;
    budget.verdict = end == step_end::broken ? verdict::budget_verdict::fail : verdict::budget_verdict::pass;
    budget.sentence = budget.expression + " was asked";
    made.budgets = {budget};
    if (end == step_end::broken) {
        made.decisive = 0;
        made.reason = "e2e.p99 < 200ms was missed <by far>";
    }
    return made;
}

variant_round round(bool meets, nanoseconds p99, double throughput, std::string folder) {
    return {.meets_budgets = meets,
            .latency_p99 = p99,
            .latency_p50 = p99 / 4,
            .throughput = throughput,
            .error_share = meets ? 0 : 0.02,
            .missed = meets ? "" : "unexpected == 0",
            .report_folder = std::move(folder)};
}

} // namespace

report::experiment_origin origin() {
    return {.version = "1.2.3",
            .scenario = "quickstart",
            .target = "embedded",
            .seed = 7,
            .started = std::chrono::system_clock::time_point{1'800'000'000s},
            .elapsed = 125s,
            .code = verdict::exit_code::pass};
}

capacity_result capacity() {
    capacity_result made;
    made.highest_holding = 400;
    made.lowest_broken = 800;
    made.at_least = 300;
    made.precision = 1;
    made.end = search_end::found;
    made.sentence = "the bounds are within 100%";
    made.steps = {step(1, 100, 20ms, step_end::holds), step(2, 200, 22ms, step_end::holds),
                  step(3, 400, 30ms, step_end::holds), step(5, 800, 900ms, step_end::broken),
                  step(4, 1600, 4s, step_end::broken)};
    made.steps[2].as_observed = true;
    made.first_broken = made.steps[3].budgets[0];
    made.curve = curve_of(made.metric, made.steps);
    made.knee = knee_of(curve_points(made));
    made.unjudged = {{"recovery.time < 30s", "a step has no conditions"}};
    made.measured = 75s;
    return made;
}

report::tune_result variants() {
    report::tune_result made{.cost_unit = "EUR/month"};
    made.runs = {{.name = "small",
                  .cost = 10,
                  .rounds = {round(true, 500ms, 198, "small-1"), round(false, 700ms, 170, "small-2")}},
                 {.name = "medium",
                  .cost = 20,
                  .rounds = {round(true, 150ms, 200, "medium-1"), round(true, 160ms, 200, "medium-2")}},
                 {.name = "large <b>",
                  .cost = 80,
                  .rounds = {round(true, 100ms, 200, "large-1"), round(true, 105ms, 199, "large 2")}}};
    made.choice = choose(made.runs);
    return made;
}

} // namespace sample_experiment
