// Validity by phase: what the generator was late for is cut out, and condemns the run only if that is half of it.
#include "validity.hpp"

#include "budget_list.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <gmock/gmock.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

using namespace loadsim;
using namespace loadsim::verdict;
using namespace std::chrono_literals;
using measure::hop;
using measure::run_result;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

namespace {

measure::labels phase_names() {
    measure::labels made;
    made.services = {"horn"};
    made.phases = {"steady", "spike", "pause", "rest"};
    return made;
}

/// Adds requests to a phase: all begun with this lag and ended with this e2e, executed but for the unexpected ones.
void add_requests(run_result& run, std::uint32_t phase, std::uint64_t count, nanoseconds lag, nanoseconds e2e,
                  std::uint64_t unexpected = 0) {
    auto& sum = run.sum;
    if (sum.phases.size() <= phase) sum.phases.resize(phase + 1);
    measure::request_counts counts{.due = count, .sent = count, .outcomes = {}, .unexpected = unexpected};
    counts.outcomes[static_cast<std::size_t>(outcome::executed)] = count - unexpected;
    counts.outcomes[static_cast<std::size_t>(outcome::timed_out)] = unexpected;
    add(sum.phases[phase], counts);
    add(sum.requests, counts);
    measure::histogram samples;
    samples.record(lag, count);
    sum.latencies.merge({hop::lag, {.service = 0, .phase = phase}}, samples);
    samples.clear();
    samples.record(e2e, count);
    sum.latencies.merge({hop::e2e, {.service = 0, .phase = phase}}, samples);
    run.planned_arrivals += count;
}

void add_loop_delay(run_result& run, std::uint32_t phase, nanoseconds delay, std::uint64_t count) {
    auto& by_phase = run.sum.phase_loop_delay;
    if (by_phase.size() <= phase) by_phase.resize(phase + 1);
    by_phase[phase].record(delay, count);
    run.sum.loop_delay.record(delay, count);
}

/// 1,000 requests of phase 0 in time, and a spike.
run_result run_with_spike(std::uint64_t count, nanoseconds lag) {
    run_result run;
    run.lag_limit = 100ms;
    add_requests(run, 0, 1000, 1ms, 50ms);
    add_requests(run, 1, count, lag, 3s, 20);
    return run;
}

} // namespace

TEST(validity, of_a_run_in_time_has_nothing_to_say) {
    const auto valid = validity_of(run_with_spike(400, 2ms), phase_names());
    EXPECT_EQ(valid.reason, "");
    EXPECT_THAT(valid.late_phases, IsEmpty());
    EXPECT_THAT(valid.notes, IsEmpty());
    EXPECT_EQ(validity_of({}, {}).reason, "") << "a run without requests";
}

TEST(validity, of_a_run_with_a_late_phase_cuts_it_out) {
    const auto valid = validity_of(run_with_spike(400, 2s), phase_names());
    EXPECT_EQ(valid.reason, "");
    EXPECT_THAT(valid.late_phases, ElementsAre(1));
    EXPECT_THAT(valid.notes, ElementsAre("Phase 2 'spike' was not judged: the generator's lag p99 was 2s, above the "
                                         "limit of 100ms.",
                                         "Ask for fewer requests a second, or use more shards (--shards)."));
}

TEST(validity, of_a_run_whose_late_phases_are_half_of_it_is_none) {
    EXPECT_EQ(validity_of(run_with_spike(999, 2s), phase_names()).reason, "");
    const auto half = validity_of(run_with_spike(1000, 2s), phase_names());
    EXPECT_THAT(half.reason, StartsWith("The generator itself was the limit: its lag p99 was 2s, above the limit "
                                        "of 100ms."));
    EXPECT_THAT(half.late_phases, IsEmpty());
    EXPECT_THAT(half.notes, IsEmpty());
}

/// 1.5 % of a phase with half of the requests: 0.75 % of the run, whose own p99 is within the limit.
TEST(validity, of_a_run_that_is_late_in_a_large_phase_only_names_the_phase) {
    auto run = run_with_spike(985, 1ms);
    add_requests(run, 1, 15, 2s, 3s);
    EXPECT_THAT(validity_of(run, phase_names()).reason,
                StartsWith("The generator itself was the limit in phases with half of the requests or more: 2 'spike' "
                           "(lag p99 was 2s); the limit is 100ms."));
}

TEST(validity, needs_enough_samples_to_cut_a_phase_of_a_run_in_time) {
    auto run = run_with_spike(400, 1ms);
    add_requests(run, 3, 10, 2s, 3s);
    EXPECT_THAT(validity_of(run, phase_names()).late_phases, IsEmpty()) << "a p99 of ten samples is their maximum";
    add_requests(run, 3, 40, 2s, 3s);
    EXPECT_THAT(validity_of(run, phase_names()).late_phases, ElementsAre(3)) << "the run's p99 is above the limit, too";
}

TEST(validity, knows_the_loop_delay_of_each_phase) {
    auto run = run_with_spike(400, 1ms);
    add_loop_delay(run, 0, 1ms, 10'000);
    add_loop_delay(run, 1, 500ms, 4'000);
    const auto valid = validity_of(run, phase_names());
    EXPECT_EQ(valid.reason, "");
    EXPECT_THAT(valid.late_phases, ElementsAre(1));
    EXPECT_THAT(valid.notes.front(), HasSubstr("the generator's loop delay p99 was 500ms"));
}

/// The responses to requests of the spike arrive in the pause after it.
TEST(validity, adds_the_loop_delay_of_a_pause_to_the_phase_before_it) {
    auto run = run_with_spike(400, 1ms);
    add_requests(run, 3, 400, 1ms, 50ms);
    add_loop_delay(run, 1, 1ms, 1'000);
    add_loop_delay(run, 2, 500ms, 1'000);
    add_loop_delay(run, 3, 1ms, 1'000);
    EXPECT_THAT(validity_of(run, phase_names()).late_phases, ElementsAre(1));
    const auto rest = without_phases(run, {1});
    EXPECT_LT(rest.sum.loop_delay.max(), 2ms);
    EXPECT_EQ(rest.sum.loop_delay.count(), 1'000U);
}

TEST(without_phases, leaves_what_the_other_phases_have) {
    const auto rest = without_phases(run_with_spike(400, 2s), {1});
    EXPECT_EQ(rest.sum.requests.due, 1000U);
    EXPECT_EQ(rest.sum.requests.unexpected, 0U);
    EXPECT_EQ(rest.sum.phases.at(0).due, 1000U);
    EXPECT_EQ(rest.sum.phases.at(1).due, 0U);
    EXPECT_EQ(rest.sum.latencies.select(hop::e2e).count(), 1000U);
    EXPECT_LT(rest.sum.latencies.select(hop::lag).max(), 2ms);
}

TEST(validity, of_a_phase_decides_what_budgets_see) {
    const auto limits = budgets({"e2e.p99 < 1s", "unexpected == 0", "e2e{phase=steady}.p99 < 1s"});
    const auto passed = evaluate(run_with_spike(400, 2s), limits, phase_names());
    EXPECT_EQ(passed.verdict, run_verdict::pass);
    EXPECT_EQ(passed.code, exit_code::pass);
    EXPECT_THAT(passed.late_phases, ElementsAre(1));
    EXPECT_THAT(passed.reasons, SizeIs(2)) << "a note about the phase, and what to change";

    const auto of_the_spike = budgets({"e2e{phase=spike}.p99 < 1s", "unexpected{phase=spike} == 0"});
    const auto no_data = evaluate(run_with_spike(400, 2s), of_the_spike, phase_names());
    EXPECT_EQ(no_data.code, exit_code::no_data) << "it cannot be known";
    for (const auto& b : no_data.budgets) EXPECT_EQ(b.verdict, budget_verdict::no_data) << b.expression;

    EXPECT_EQ(evaluate(run_with_spike(400, 2ms), limits, phase_names()).code, exit_code::missed)
        << "in time, the spike counts";
    EXPECT_EQ(evaluate(run_with_spike(1000, 2s), limits, phase_names()).code, exit_code::invalid);
}

TEST(validity, says_what_the_machine_did) {
    auto run = run_with_spike(1000, 2s);
    run.generator.machines = {
        {.host = "a", .measured_s = 10, .cores = 2, .cores_usable = 2, .own_share = 0.97, .steal_share = 0}};
    EXPECT_THAT(validity_of(run, phase_names()).reason,
                HasSubstr("above the limit of 100ms. CPU during the load: generator 97% of 2 cores, steal 0%. The "
                          "generator used up its cores: ask for fewer requests a second"));
    run = run_with_spike(400, 2s);
    run.generator.machines = {{.host = "a", .measured_s = 10, .steal_share = 0.2}};
    EXPECT_THAT(validity_of(run, phase_names()).notes.back(), StartsWith("CPU during the load: steal 20%."));
}

TEST(validity, of_a_run_whose_external_programs_failed) {
    const auto reason = [](std::uint64_t asked, std::map<std::string, std::uint64_t> failures) {
        run_result run;
        run.lag_limit = 100ms;
        run.sum.programs.asked = asked;
        run.sum.programs.failures = std::move(failures);
        return validity_of(run, phase_names()).reason;
    };
    EXPECT_EQ(reason(1000, {}), "");
    EXPECT_EQ(reason(1000, {{"exec_timeout", 10}}), "") << "1 % of the questions";
    EXPECT_THAT(reason(1000, {{"exec_bad_answer", 4}, {"exec_timeout", 7}}),
                StartsWith("External programs failed in 11 of 1000 questions (4 exec_bad_answer, 7 exec_timeout)"));
    EXPECT_THAT(reason(0, {{"exec_bad_answer", 1}}), HasSubstr("1 of 0 questions"));
}

TEST(validity, exec_failures_are_a_metric) {
    run_result run;
    run.sum.programs.asked = 1000;
    run.sum.programs.failures = {{"exec_timeout", 4}, {"exec_ended", 1}};
    const auto value = [&run](const char* line) {
        return evaluate_budget(*parse_budget(line), run, phase_names()).observed;
    };
    EXPECT_EQ(value("exec.failures == 0"), 5);
    EXPECT_EQ(value("exec.failures.rate < 1%"), 0.005);
    run.sum.programs = {};
    EXPECT_EQ(value("exec.failures == 0"), std::nullopt) << "no data: nothing was asked";
}
