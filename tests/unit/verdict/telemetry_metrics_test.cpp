// Budgets of telemetry, of backlogs and of taps; validity by the lag of telemetry.
#include "validity.hpp"

#include <loadsim/verdict/budget.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <gmock/gmock.h>

#include <string>
#include <string_view>

using namespace loadsim;
using namespace loadsim::verdict;
using namespace std::chrono_literals;
using measure::run_result;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

namespace {

measure::labels telemetry_names() {
    measure::labels made;
    made.phases = {"steady"};
    made.telemetry = {"position", "battery", "tyre"};
    made.taps = {"kafka", "archive"};
    return made;
}

/// Values with exact histogram buckets (below 2048 us).
run_result run_with_telemetry() {
    run_result run;
    run.lag_limit = 100ms;
    auto& position = run.sum.telemetry[0];
    position.due = 1003;
    position.sent = 900;
    position.stored = 99;
    position.unsent = 1;
    position.errored = 3;
    position.reissued = 90;
    position.acknowledged = 970;
    position.refused = 2;
    position.unacknowledged = 4;
    position.overwritten = 6;
    position.expired = 7;
    position.too_old = 5;
    position.in_store = 5;
    position.publish.record(300us, 500);
    position.publish.record(900us, 500);
    position.lag.record(100us, 1000);
    position.reasons = {{"packet too large", 2}, {"payload is no hex", 3}, {"the link is down", 1}};
    auto& battery = run.sum.telemetry[1];
    battery.due = battery.sent = battery.acknowledged = 10;
    battery.publish.record(2ms, 10);
    battery.lag.record(200us, 10);
    run.sum.backlogs.begun = 3;
    run.sum.backlogs.drained.record(500us);
    run.sum.backlogs.drained.record(1500us, 2);
    auto& tap = run.sum.taps[0];
    tap.groups[0] = {.sent = 970, .consumed = 975, .matched = 960, .corrupted = 1, .lost = 7, .sent_not_reconciled = 2};
    tap.groups[0].duplicated = 8;
    tap.groups[0].reissue_duplicates = 4;
    tap.groups[0].consumed_not_reconciled = 3;
    tap.groups[0].foreign = 9;
    tap.groups[0].out_of_order = 11;
    tap.groups[0].wrong_key = 12;
    tap.groups[1] = {.sent = 10, .consumed = 10, .matched = 10};
    tap.unassigned = {.consumed = 30, .unknown_vehicle = 13, .without_sequence = 17};
    tap.bridge.record(700us, 970);
    tap.deliver.record(1100us, 970);
    return run;
}

budget_result evaluated_in(std::string_view text, const run_result& run = run_with_telemetry()) {
    const auto b = parse_budget(text);
    EXPECT_TRUE(b) << text << ": " << to_string(b.error());
    return b ? evaluate_budget(*b, run, telemetry_names()) : budget_result{};
}

std::string error_of(std::string_view text) {
    const auto b = parse_budget(text);
    return b ? "taken" : to_string(b.error());
}

std::vector<std::string> checked(std::string_view text, const measure::labels& known) {
    return check(parse_budget(text).value(), known);
}

} // namespace

TEST(telemetry_budgets, compare_counts_and_durations) {
    struct {
        const char* budget;
        const char* observed;
        budget_verdict verdict;
    } const cases[] = {
        {"telemetry.due == 1013", "1013", budget_verdict::pass},
        {"telemetry.sent{group=position} == 900", "900", budget_verdict::pass},
        {"telemetry.acknowledged == 980", "980", budget_verdict::pass},
        {"telemetry.stored == 99", "99", budget_verdict::pass},
        {"telemetry.reissued == 90", "90", budget_verdict::pass},
        {"telemetry.refused == 2", "2", budget_verdict::pass},
        {"telemetry.unsent == 1", "1", budget_verdict::pass},
        {"telemetry.overwritten == 6", "6", budget_verdict::pass},
        {"telemetry.expired == 7", "7", budget_verdict::pass},
        {"telemetry.too_old == 5", "5", budget_verdict::pass},
        {"telemetry.in_store == 5", "5", budget_verdict::pass},
        {"telemetry.unacknowledged == 4", "4", budget_verdict::pass},
        {"telemetry.errored == 0", "3", budget_verdict::fail},
        {"telemetry.restored == 0", "0", budget_verdict::pass},
        {"telemetry.lost == 0", "28", budget_verdict::fail}, // all that never arrived
        {"telemetry.lost{group=battery} == 0", "0", budget_verdict::pass},
        {"telemetry.publish{group=position}.p50 <= 300us", "0.3ms", budget_verdict::pass},
        {"telemetry.publish.max < 1s", "2ms", budget_verdict::pass},
        {"telemetry.publish.count == 1010", "1010", budget_verdict::pass},
        {"telemetry.lag.p50 <= 100us", "0.1ms", budget_verdict::pass},
        {"telemetry.lag{group=battery}.count == 10", "10", budget_verdict::pass},
        {"telemetry.backlog.drained < 5m", "1.5ms", budget_verdict::pass},
        {"telemetry.backlog.drained.p30 <= 500us", "0.5ms", budget_verdict::pass},
        {"telemetry.backlog.drained.count == 3", "3", budget_verdict::pass},
        {"tap.lost == 0", "7", budget_verdict::fail},
        {"tap.lost < 10", "7", budget_verdict::pass}, // whatever has become of two more
        {"tap.corrupted == 1", "1", budget_verdict::pass},
        {"tap.not_reconciled == 5", "5", budget_verdict::pass},
        {"tap.duplicated == 8", "8", budget_verdict::pass},
        {"tap.reissue_duplicates == 4", "4", budget_verdict::pass},
        {"tap.out_of_order == 11", "11", budget_verdict::pass},
        {"tap.foreign == 9", "9", budget_verdict::pass},
        {"tap.wrong_key == 12", "12", budget_verdict::pass},
        {"tap.unknown_vehicle == 13", "13", budget_verdict::pass},
        {"tap.without_sequence == 17", "17", budget_verdict::pass},
        {"tap.unknown_vehicle{tap=kafka,group=position} == 0", "0", budget_verdict::pass}, // belong to no group
        {"tap.lost{tap=kafka,group=battery} == 0", "0", budget_verdict::pass},
        {"tap.bridge{tap=kafka}.p99 <= 700us", "0.7ms", budget_verdict::pass},
        {"tap.deliver.p50 < 1ms", "1.1ms", budget_verdict::fail},
        {"tap.deliver.count > 0", "970", budget_verdict::pass},
    };
    for (const auto& c : cases) {
        const auto r = evaluated_in(c.budget);
        EXPECT_EQ(r.expression, c.budget);
        EXPECT_EQ(r.observed_text, c.observed) << c.budget;
        EXPECT_EQ(r.verdict, c.verdict) << c.budget << ": " << r.sentence;
    }
}

TEST(telemetry_budgets, say_what_they_were_observed_in) {
    EXPECT_EQ(
        evaluated_in("telemetry.lost == 0").sentence,
        "telemetry.lost == 0 missed by 28 (observed 28 in 1013 messages); most often (3 of 'position'): payload is no "
        "hex");
    EXPECT_EQ(evaluated_in("telemetry.refused == 0").sentence,
              "telemetry.refused == 0 missed by 2 (observed 2 in 1013 messages)")
        << "which reasons are of refused messages is not known";
    auto one_kind = run_with_telemetry();
    one_kind.sum.telemetry[0].refused = one_kind.sum.telemetry[0].unsent = 0;
    one_kind.sum.telemetry[0].reasons = {{"payload is no hex", 3}};
    EXPECT_THAT(evaluated_in("telemetry.errored == 0", one_kind).sentence,
                HasSubstr("; most often (3 of 'position'): payload is no hex"));
    EXPECT_THAT(evaluated_in("tap.lost == 0").sentence, HasSubstr("observed 7 in 980 messages"));
    EXPECT_THAT(evaluated_in("tap.foreign == 0").sentence, HasSubstr("observed 9 in 1015 records"));
    EXPECT_THAT(evaluated_in("telemetry.backlog.drained < 1ms").sentence, HasSubstr("observed 1.5ms in 3 backlogs"));
    EXPECT_THAT(evaluated_in("telemetry.publish{group=battery}.p99 < 1s").sentence, HasSubstr("too few to carry p99"));
}

TEST(telemetry_budgets, have_no_data_without_messages_backlogs_and_records) {
    const run_result nothing;
    for (const auto* text : {"telemetry.lost == 0", "telemetry.in_store == 0", "telemetry.publish.p99 < 1s",
                             "telemetry.publish.count == 0", "telemetry.lag.p99 < 1s", "telemetry.backlog.drained < 5m",
                             "telemetry.backlog.drained.count == 0", "tap.lost == 0", "tap.duplicated == 0",
                             "tap.deliver.p99 < 1s", "tap.bridge.count == 0"})
        EXPECT_EQ(evaluated_in(text, nothing).verdict, budget_verdict::no_data) << text;
    EXPECT_EQ(evaluated_in("telemetry.lost{group=tyre} == 0").verdict, budget_verdict::no_data) << "no alarm was due";
    EXPECT_EQ(evaluated_in("tap.lost{tap=archive} == 0").verdict, budget_verdict::no_data);
    auto silent = run_with_telemetry();
    silent.sum.taps[0].groups = {};
    silent.sum.taps[0].unassigned = {};
    silent.sum.taps[0].groups[0] = {.sent = 970, .lost = 970};
    EXPECT_EQ(evaluated_in("tap.lost == 0", silent).verdict, budget_verdict::fail);
    EXPECT_EQ(evaluated_in("tap.duplicated == 0", silent).verdict, budget_verdict::no_data) << "it consumed no record";
}

TEST(telemetry_budgets, on_lost_messages_have_no_data_if_messages_that_are_not_reconciled_decide) {
    EXPECT_EQ(evaluated_in("tap.lost < 9").verdict, budget_verdict::no_data) << "7 are lost, of 2 it is not known";
    EXPECT_EQ(evaluated_in("tap.lost > 8").verdict, budget_verdict::no_data);
    EXPECT_THAT(evaluated_in("tap.lost < 9").sentence, HasSubstr("see tap.not_reconciled"));
    EXPECT_EQ(evaluated_in("tap.lost{group=battery} == 0").verdict, budget_verdict::pass);
}

TEST(telemetry_budgets, miss_a_backlog_that_is_not_drained) {
    auto run = run_with_telemetry();
    run.sum.backlogs.begun = 4;
    const auto longest = evaluated_in("telemetry.backlog.drained < 5m", run);
    EXPECT_EQ(longest.verdict, budget_verdict::fail);
    EXPECT_EQ(longest.observed_text, "not in this run");
    EXPECT_EQ(longest.samples, 4U);
    EXPECT_EQ(evaluated_in("telemetry.backlog.drained.mean < 5m", run).verdict, budget_verdict::fail);
    EXPECT_EQ(evaluated_in("telemetry.backlog.drained.p75 < 5m", run).verdict, budget_verdict::pass);
    EXPECT_EQ(evaluated_in("telemetry.backlog.drained.p76 < 5m", run).verdict, budget_verdict::fail);
    run.ended = run_result::end_reason::aborted;
    EXPECT_EQ(evaluated_in("telemetry.backlog.drained < 5m", run).verdict, budget_verdict::pass)
        << "the fourth might still have been";
}

TEST(telemetry_budgets, are_undecided_if_the_generator_was_late) {
    auto run = run_with_telemetry();
    EXPECT_EQ(evaluated_in("telemetry.publish{group=position}.p99 < 500us", run).verdict, budget_verdict::fail);
    run.sum.telemetry[0].lag.record(200us, 1000);
    const auto publish = evaluated_in("telemetry.publish{group=position}.p99 < 500us", run);
    EXPECT_EQ(publish.verdict, budget_verdict::undecided);
    EXPECT_THAT(publish.sentence, HasSubstr("lag p99 of these messages 200us"));
    EXPECT_THAT(publish.sentence, HasSubstr("fewer messages a second"));
    const auto lag = evaluated_in("telemetry.lag.max < 1us", run);
    EXPECT_EQ(lag.verdict, budget_verdict::undecided);
    EXPECT_THAT(lag.sentence, HasSubstr("This is the load generator's own lateness"));
    EXPECT_EQ(evaluated_in("tap.deliver.p50 < 1ms", run).verdict, budget_verdict::fail);
    run.sum.loop_delay.record(1ms);
    EXPECT_EQ(evaluated_in("tap.deliver.p50 < 1ms", run).verdict, budget_verdict::undecided);
}

TEST(telemetry_budgets, are_evaluated_on_windows_and_phases) {
    auto b = parse_budget("telemetry.lost == 0").value();
    b.over = 60s;
    EXPECT_TRUE(has_part(b));
    const auto run = run_with_telemetry();
    const auto part = part_of(b, run.sum);
    EXPECT_EQ(part.telemetry, run.sum.telemetry);
    EXPECT_TRUE(part.taps.empty());
    EXPECT_EQ(evaluate_part(b, part, telemetry_names()).observed_text, "28");
    EXPECT_EQ(part_of(parse_budget("tap.lost == 0").value(), run.sum).taps, run.sum.taps);
    const auto drained = parse_budget("telemetry.backlog.drained < 1m").value();
    auto window = part_of(drained, run.sum);
    EXPECT_TRUE(window.telemetry.empty());
    window.backlogs.begun = 9; // the others are drained in a later window
    EXPECT_EQ(evaluate_part(drained, window, telemetry_names()).verdict, budget_verdict::pass);
}

TEST(telemetry_budgets, report_errors_with_suggestions) {
    const char* const cases[][2] = {
        {"telemetry == 0", "telemetry needs the name of a metric, such as telemetry.lost"},
        {"telemetry.lots == 0", "unknown metric of telemetry 'lots'; did you mean 'lost'?"},
        {"telemetry.lost.rate < 1%", "unknown metric of telemetry 'lost.rate'"},
        {"telemetry.publish < 1s", "telemetry.publish needs a statistic, such as telemetry.publish.p99"},
        {"telemetry.backlog < 1s", "unknown metric of telemetry.backlog ''; there are: drained"},
        {"telemetry.backlog.draned < 1s", "unknown metric of telemetry.backlog 'draned'; did you mean 'drained'?"},
        {"telemetry.backlog.drained < 1%", "'1%' is a share, and telemetry.backlog.drained is a duration"},
        {"telemetry.backlog.drained{group=x} < 1s", "telemetry.backlog.drained has no labels"},
        {"telemetry.lost{grup=x} == 0", "unknown label 'grup'; did you mean 'group'?"},
        {"telemetry.lost{tap=x} == 0", "unknown label 'tap'; there are: group"},
        {"telemetry.lost < 1s", "'1s' is not a whole number, and telemetry.lost is a count"},
        {"tap == 0", "tap needs the name of a metric, such as tap.lost"},
        {"tap.dupplicated == 0", "unknown metric of tap 'dupplicated'; did you mean 'duplicated'?"},
        {"tap.bridge{group=x}.p99 < 1s", "unknown label 'group'; there are: tap"},
        {"tap.deliver < 1s", "tap.deliver needs a statistic"},
    };
    for (const auto& [text, says] : cases) EXPECT_THAT(error_of(text), HasSubstr(says)) << text;
}

TEST(telemetry_budgets, need_telemetry_and_taps_of_their_names) {
    EXPECT_THAT(checked("telemetry.lost{group=positon} == 0", telemetry_names()),
                ElementsAre("unknown group 'positon'; did you mean 'position'?"));
    EXPECT_THAT(
        checked("tap.lost{tap=kafak,group=tyer} == 0", telemetry_names()),
        ElementsAre("unknown group 'tyer'; did you mean 'tyre'?", "unknown tap 'kafak'; did you mean 'kafka'?"));
    EXPECT_THAT(checked("tap.lost{tap=kafka,group=tyre} == 0", telemetry_names()), IsEmpty());
    EXPECT_THAT(
        checked("telemetry.lost{group=position} == 0", {}),
        ElementsAre(HasSubstr("telemetry.lost has no data, as no vehicle sends telemetry: give fleet.telemetry")));
    EXPECT_THAT(checked("tap.lost == 0", {}), ElementsAre(HasSubstr("there is no tap: give taps")));
    auto b = parse_budget("telemetry.in_store == 0").value();
    b.over = 60s;
    EXPECT_THAT(check(b, telemetry_names()), ElementsAre(HasSubstr("counted at the end of the run")));
}

TEST(validity_of, needs_telemetry_in_time) {
    auto run = run_with_telemetry();
    EXPECT_THAT(validity_of(run, telemetry_names()).reason, IsEmpty());
    run.sum.telemetry[1].lag.record(250ms, 100);
    EXPECT_THAT(validity_of(run, telemetry_names()).reason,
                StartsWith("The generator itself was the limit: lag p99 of its telemetry was 250ms, above the limit of "
                           "100ms. Ask for fewer messages a second"));
}
