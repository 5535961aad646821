#include "budget_list.hpp"

#include <loadsim/verdict/verdict.hpp>

#include <gmock/gmock.h>

#include <functional>

using namespace loadsim;
using namespace loadsim::verdict;
using namespace std::chrono_literals;
using measure::run_result;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

/// Ten requests, all executed, on time.
run_result good_run() {
    run_result run;
    run.planned_arrivals = 10;
    run.lag_limit = 100ms;
    run.sum.requests.due = run.sum.requests.sent = 10;
    run.sum.requests.outcomes[static_cast<std::size_t>(outcome::executed)] = 10;
    for (int i = 0; i < 10; ++i) {
        run.sum.latencies.record(measure::hop::lag, 0, 0, 1ms);
        run.sum.latencies.record(measure::hop::e2e, 0, 0, 50us);
        run.sum.latencies_from_begun.record(measure::hop::e2e, 0, 0, 50us);
    }
    return run;
}

using change = std::function<void(run_result&)>;
const change lose_one = [](run_result& r) { --r.sum.requests.outcomes[0]; };
const change leave_open = [](run_result& r) { r.left_open = 1; };
const change plan_more = [](run_result& r) { r.planned_arrivals = 11; };
const change interrupt = [](run_result& r) { r.ended = run_result::end_reason::interrupted; };
const change terminate = [](run_result& r) { r.ended = run_result::end_reason::terminated; };
const change cut_off = [](run_result& r) {
    r.ended = run_result::end_reason::aborted;
    r.abort_reason = "rank 3 is gone";
};
const change interrupt_before = [](run_result& r) { r.aborted_after_interrupt = true; };
const change gain_one = [](run_result& r) { ++r.sum.requests.outcomes[0]; };
const change be_late = [](run_result& r) { r.sum.latencies.record(measure::hop::lag, 0, 0, 250ms); };

} // namespace

TEST(evaluate, uses_the_first_applicable_reason) {
    const auto met = budgets({"e2e.p99 < 1s", "unexpected == 0"});
    const auto missed = budgets({"notify.p99 < 1s", "e2e.p99 > 1s"}); // and one budget without data
    const auto undecided = budgets({"notify.p99 < 1s", "e2e.p99 < 1us"});
    const auto all = budgets({"notify.p99 < 1s", "e2e.p99 < 1us", "e2e.p99 > 1s"});
    const auto dataless = budgets({"e2e.p99 < 1s", "notify.p99 < 1s"});
    struct {
        std::vector<change> changes;
        std::vector<budget> limits;
        run_verdict verdict;
        exit_code code;
        std::size_t reasons;
        const char* reason;
    } const cases[] = {
        {{}, met, run_verdict::pass, exit_code::pass, 0, "all well"},
        {{}, {}, run_verdict::pass, exit_code::pass, 1, "no budgets, and a note"},
        {{}, undecided, run_verdict::invalid, exit_code::invalid, 2, "undecided comes before no data"},
        {{}, all, run_verdict::fail, exit_code::missed, 3, "a miss is one, whatever else is undecided"},
        {{be_late}, undecided, run_verdict::invalid, exit_code::invalid, 3, "late comes before undecided"},
        {{}, dataless, run_verdict::no_data, exit_code::no_data, 1, "no data"},
        {{}, missed, run_verdict::fail, exit_code::missed, 2, "missed comes before no data"},
        {{be_late}, met, run_verdict::invalid, exit_code::invalid, 1, "late"},
        {{be_late}, missed, run_verdict::invalid, exit_code::invalid, 3, "late comes before missed"},
        {{terminate}, met, run_verdict::invalid, exit_code::invalid, 1, "terminated"},
        {{terminate, be_late}, missed, run_verdict::invalid, exit_code::invalid, 4, "terminated comes before late"},
        {{interrupt}, met, run_verdict::invalid, exit_code::interrupted, 1, "interrupted"},
        {{interrupt, be_late},
         missed,
         run_verdict::invalid,
         exit_code::interrupted,
         4,
         "interrupted comes before late"},
        {{lose_one}, met, run_verdict::invalid, exit_code::internal_error, 1, "one without an outcome"},
        {{leave_open}, met, run_verdict::invalid, exit_code::internal_error, 1, "one left open"},
        {{plan_more}, met, run_verdict::invalid, exit_code::internal_error, 1, "one that never came due"},
        {{plan_more, interrupt},
         met,
         run_verdict::invalid,
         exit_code::interrupted,
         1,
         "a part of the plan when interrupted"},
        {{plan_more, terminate},
         met,
         run_verdict::invalid,
         exit_code::invalid,
         1,
         "a part of the plan when terminated"},
        {{plan_more, lose_one, leave_open, cut_off},
         missed,
         run_verdict::invalid,
         exit_code::invalid,
         3,
         "some are under way when a run is cut off"},
        {{lose_one, leave_open, cut_off, interrupt_before},
         met,
         run_verdict::invalid,
         exit_code::interrupted,
         2,
         "the first signal decides"},
        {{gain_one, cut_off}, met, run_verdict::invalid, exit_code::internal_error, 2, "but not fewer than none"},
        {{leave_open, interrupt, be_late},
         missed,
         run_verdict::invalid,
         exit_code::internal_error,
         5,
         "the ledger comes first"},
    };
    for (const auto& c : cases) {
        auto run = good_run();
        for (const auto& change : c.changes) change(run);
        const auto evaluated = evaluate(run, c.limits, {});
        EXPECT_EQ(evaluated.verdict, c.verdict) << c.reason;
        EXPECT_EQ(evaluated.code, c.code) << c.reason;
        EXPECT_EQ(evaluated.reasons.size(), c.reasons) << c.reason;
        EXPECT_EQ(evaluated.budgets.size(), c.limits.size()) << c.reason;
    }
}

TEST(evaluate, gives_a_sentence_for_each_reason) {
    auto run = good_run();
    for (const auto& change : {lose_one, leave_open, plan_more, be_late}) change(run);
    EXPECT_THAT(
        evaluate(run, budgets({"notify.p99 < 1s", "e2e.p99 > 1s"}), {}).reasons,
        ElementsAre(
            "The ledger does not add up, which is a bug in loadsim: requests due: 10, requests with an outcome: 9.",
            "The ledger does not add up, which is a bug in loadsim: requests left open at the end: 1.",
            "The ledger does not add up, which is a bug in loadsim: requests planned: 11, requests that came due in a "
            "complete run: 10.",
            "The generator itself was the limit: its lag p99 was 250ms, above the limit of 100ms. Ask for fewer "
            "requests a second, or use more shards (--shards).",
            "Budget e2e.p99 > 1s missed by 1s (observed 50us in 10 samples, too few to carry p99).",
            "Budget notify.p99 < 1s has no data: the run has no sample of it."));

    const auto met = budgets({"unexpected == 0"});
    auto cut = good_run();
    interrupt(cut);
    EXPECT_THAT(
        evaluate(cut, met, {}).reasons,
        ElementsAre("The run was interrupted (Ctrl-C) before its plan was done: its figures are those of a part."));
    terminate(cut);
    EXPECT_THAT(
        evaluate(cut, met, {}).reasons,
        ElementsAre(
            "The run was terminated (SIGTERM or SIGHUP) before its plan was done: its figures are those of a part."));
}

TEST(evaluate, reports_the_abort_reason_and_requests_in_flight) {
    auto run = good_run();
    for (const auto& change : {lose_one, cut_off}) change(run);
    EXPECT_THAT(evaluate(run, budgets({"unexpected == 0"}), {}).reasons,
                ElementsAre("The run was cut off: rank 3 is gone. This is what had been seen until then; requests "
                            "under way: 1."));
}

/// The requests are in time, but the loop stood still between them: what came back was read late.
TEST(evaluate, a_loop_delay_above_the_limit_makes_a_run_invalid) {
    auto run = good_run();
    run.sum.loop_delay.record(1ms, 985);
    run.sum.loop_delay.record(400ms, 15);
    const auto met = budgets({"unexpected == 0"});
    const auto evaluated = evaluate(run, met, {});
    EXPECT_EQ(evaluated.code, exit_code::invalid);
    EXPECT_THAT(evaluated.reasons,
                ElementsAre("The generator itself was the limit: its loop delay p99 was 400ms, above the limit of "
                            "100ms, so that messages were read that much later than they arrived. Use more "
                            "shards (--shards), or a less busy machine."));
    be_late(run);
    EXPECT_EQ(evaluate(run, met, {}).reasons.size(), 1U) << "lag and loop delay have one cause";
    run = good_run();
    run.sum.loop_delay.record(1ms, 995);
    run.sum.loop_delay.record(400ms, 5);
    EXPECT_EQ(evaluate(run, {}, {}).code, exit_code::pass) << "half a per cent of the time";
}

TEST(evaluate, allows_a_lag_of_exactly_the_limit) {
    auto run = good_run();
    run.lag_limit = run.sum.latencies.select(measure::hop::lag).percentile(99);
    EXPECT_EQ(evaluate(run, {}, {}).verdict, run_verdict::pass);
    run.lag_limit -= 1ns;
    EXPECT_EQ(evaluate(run, {}, {}).verdict, run_verdict::invalid);
}

// All connections busy for seconds: the requests are late because of the platform, and the run is valid.
TEST(evaluate, a_platform_that_stands_still_misses_its_budget) {
    auto run = good_run();
    for (int i = 0; i < 10; ++i) {
        run.sum.http.connection_wait.record(20s);
        run.sum.latencies.record(measure::hop::accept, 0, 0, 24s);
        run.sum.latencies.record(measure::hop::e2e, 0, 0, 25s);
        run.sum.latencies_from_begun.record(measure::hop::e2e, 0, 0, 25s);
    }
    const auto result = evaluate(run, budgets({"e2e.p99 < 1s"}), {});
    EXPECT_EQ(result.verdict, run_verdict::fail);
    EXPECT_EQ(result.code, exit_code::missed);
}

TEST(evaluate, requests_skipped_because_of_a_stall_make_a_run_invalid_and_no_fail) {
    auto run = good_run();
    --run.sum.requests.outcomes[static_cast<std::size_t>(outcome::executed)];
    run.sum.requests.outcomes[static_cast<std::size_t>(outcome::skipped)] = run.sum.requests.unexpected = 1;
    EXPECT_EQ(evaluate(run, budgets({"unexpected == 0"}), {}).code, exit_code::missed);
    run.sum.requests.skipped_late = run.sum.requests.unexpected_late = 1;
    const auto evaluation = evaluate(run, budgets({"unexpected == 0"}), {});
    EXPECT_EQ(evaluation.verdict, run_verdict::invalid);
    EXPECT_EQ(evaluation.code, exit_code::invalid);
}

TEST(evaluate, notes_when_nothing_was_tested) {
    const run_result idle;
    const auto note = evaluate(idle, {}, {});
    EXPECT_EQ(note.verdict, run_verdict::pass);
    EXPECT_EQ(note.code, exit_code::pass);
    EXPECT_THAT(note.reasons, ElementsAre("No request was due and there was no budget: nothing was tested."));
    EXPECT_THAT(evaluate(idle, budgets({"sessions.dropped == 0"}), {}).reasons, IsEmpty())
        << "a soak of sessions alone";
    EXPECT_EQ(evaluate(idle, budgets({"unexpected == 0"}), {}).code, exit_code::no_data);
}

TEST(evaluate, without_a_budget_says_that_nobody_judged) {
    auto run = good_run();
    run.sum.requests.unexpected = 3;
    run.sum.anomalies[0] = 1;
    run.sum.anomalies[1] = 1;
    const auto note = evaluate(run, {}, {});
    EXPECT_EQ(note.verdict, run_verdict::pass);
    EXPECT_THAT(note.reasons,
                ElementsAre("There was no budget: nobody judged this run. Unexpected requests: 3, anomalies: 2."));
}

// A p99 just above the limit is not written as the limit.
TEST(evaluate, shows_a_lag_just_above_the_limit_as_above_it) {
    auto run = good_run();
    run.sum.latencies.record(measure::hop::lag, 0, 0, 100'040us);
    EXPECT_THAT(evaluate(run, budgets({"unexpected == 0"}), {}).reasons,
                ElementsAre(testing::HasSubstr("its lag p99 was 100.1ms, above the limit of 100ms.")));
}

TEST(evaluate, judges_strictly_if_asked) {
    const auto few = budgets({"e2e.p99 < 1s"});
    EXPECT_EQ(evaluate(good_run(), few, {}).code, exit_code::pass);
    EXPECT_EQ(evaluate(good_run(), few, {}, true).code, exit_code::no_data) << "ten samples do not carry p99";
}

TEST(run_verdict, has_names) {
    EXPECT_EQ(to_string(run_verdict::pass), "pass");
    EXPECT_EQ(to_string(run_verdict::fail), "fail");
    EXPECT_EQ(to_string(run_verdict::no_data), "no data");
    EXPECT_EQ(to_string(run_verdict::invalid), "invalid");
}

TEST(exit_code, has_documented_values) {
    EXPECT_EQ(static_cast<int>(exit_code::pass), 0);
    EXPECT_EQ(static_cast<int>(exit_code::internal_error), 1);
    EXPECT_EQ(static_cast<int>(exit_code::usage), 2);
    EXPECT_EQ(static_cast<int>(exit_code::setup), 3);
    EXPECT_EQ(static_cast<int>(exit_code::invalid), 4);
    EXPECT_EQ(static_cast<int>(exit_code::no_data), 5);
    EXPECT_EQ(static_cast<int>(exit_code::missed), 99);
    EXPECT_EQ(static_cast<int>(exit_code::interrupted), 130);
}

TEST(evaluate, a_warning_is_a_note) {
    auto limits = budgets({"outcomes.executed < 5", "notify.p99 < 1s", "e2e.p50 < 1s"});
    for (auto& b : limits) b.severity = budget_severity::warn;
    auto all = evaluate(good_run(), limits, {});
    EXPECT_EQ(all.verdict, run_verdict::pass);
    EXPECT_EQ(all.code, exit_code::pass);
    EXPECT_THAT(all.reasons,
                ElementsAre("Warning: budget outcomes.executed < 5 missed by 5 (observed 10 in 10 requests).",
                            "Warning: budget notify.p99 < 1s has no data: the run has no sample of it."));
    EXPECT_EQ(all.budgets[0].verdict, budget_verdict::fail) << "it is reported as it is";
    EXPECT_EQ(all.budgets[0].severity, budget_severity::warn);

    limits.push_back(*parse_budget("outcomes.executed < 6"));
    all = evaluate(good_run(), limits, {});
    EXPECT_EQ(all.code, exit_code::missed);
    EXPECT_EQ(all.reasons.front(), "Budget outcomes.executed < 6 missed by 4 (observed 10 in 10 requests).")
        << "the decisive one first";
}

TEST(evaluate, an_early_end_by_a_budget_is_a_fail_even_if_it_holds_afterwards) {
    auto run = good_run();
    run.planned_arrivals = 1000;
    run.ended = run_result::end_reason::budget;
    run.abort_reason = "31s of load, because the budget e2e.p99 < 1s was missed (observed 1200ms)";
    const auto all = evaluate(run, budgets({"e2e.p99 < 1s"}), {});
    EXPECT_EQ(all.verdict, run_verdict::fail);
    EXPECT_EQ(all.code, exit_code::missed);
    EXPECT_THAT(all.reasons, ElementsAre("The run ended early after 31s of load, because the budget e2e.p99 < 1s was "
                                         "missed (observed 1200ms). Its figures are those of a part."));
    be_late(run);
    EXPECT_EQ(evaluate(run, budgets({"e2e.p99 < 1s"}), {}).code, exit_code::invalid)
        << "a late generator may have caused the miss";
}
