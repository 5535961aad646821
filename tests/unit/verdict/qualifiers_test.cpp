// Phases, windows and severity of budgets.
#include <loadsim/verdict/budget.hpp>

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::verdict;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

const measure::labels qualifier_names{.services = {"horn"},
                                      .phases = {"warm-up", "steady", "peak"},
                                      .segments = {},
                                      .behaviours = {},
                                      .conditions = {"tunnel"},
                                      .observers = {},
                                      .campaigns = {"recall"}};

budget budget_of(const char* limit) { return parse_budget(limit).value(); }

} // namespace

TEST(qualified_expression, names_what_is_given) {
    auto b = budget_of("e2e.p99<1s");
    EXPECT_EQ(qualified_expression(b), "e2e.p99 < 1s");
    b.over = 60s;
    EXPECT_EQ(qualified_expression(b), "e2e.p99 < 1s over 1m windows");
    b.during = {"steady", "peak"};
    b.except = {"warm-up"};
    EXPECT_EQ(qualified_expression(b), "e2e.p99 < 1s over 1m windows, during steady and peak, except warm-up");
}

TEST(covers_phase, by_label_during_and_except) {
    const struct {
        const char* limit;
        std::vector<std::string> during, except, covered;
    } rows[] = {
        {"e2e.p99 < 1s", {}, {}, {"warm-up", "steady", "peak"}},
        {"e2e{phase=steady}.p99 < 1s", {}, {}, {"steady"}},
        {"e2e.p99 < 1s", {"steady", "peak"}, {}, {"steady", "peak"}},
        {"e2e.p99 < 1s", {}, {"warm-up"}, {"steady", "peak"}},
        {"e2e.p99 < 1s", {"warm-up", "steady"}, {"warm-up"}, {"steady"}},
        {"e2e{phase=peak}.p99 < 1s", {"steady"}, {}, {}},
    };
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        auto b = budget_of(rows[i].limit);
        b.during = rows[i].during;
        b.except = rows[i].except;
        std::vector<std::string> covered;
        for (const auto& phase : qualifier_names.phases)
            if (covers_phase(b, phase)) covered.push_back(phase);
        EXPECT_EQ(covered, rows[i].covered) << i;
        EXPECT_EQ(check(b, qualifier_names).empty(), !covered.empty()) << i << ": a budget without a phase is refused";
    }
}

TEST(check_budget, reports_unknown_phases_of_during_and_except) {
    auto b = budget_of("e2e.p99 < 1s");
    b.during = {"stedy"};
    b.except = {"warmup"};
    EXPECT_THAT(check(b, qualifier_names), ElementsAre("unknown phase 'stedy'; did you mean 'steady'?",
                                                       "unknown phase 'warmup'; did you mean 'warm-up'?"));
}

TEST(check_budget, reports_what_does_not_go_together) {
    const auto checked = [](const char* limit, auto change) {
        auto b = budget_of(limit);
        change(b);
        return check(b, qualifier_names);
    };
    const auto windows = [](budget& b) { b.over = 60s; };
    const auto phases = [](budget& b) { b.during = {"steady"}; };
    const auto abort = [](budget& b) { b.abort_after = 5s; };
    const auto warning = [](budget& b) { b.severity = budget_severity::warn; };
    for (const auto* limit : {"recovery.time < 1m", "campaigns.undelivered == 0"}) {
        EXPECT_THAT(checked(limit, windows), ElementsAre(HasSubstr("during, except and over do not go with it")))
            << limit;
        EXPECT_THAT(checked(limit, phases), ElementsAre(HasSubstr("during, except and over do not go with it")))
            << limit;
        EXPECT_THAT(checked(limit, warning), IsEmpty()) << limit;
    }
    EXPECT_THAT(checked("recovery.time < 1m", abort), ElementsAre(HasSubstr("abort does not go with it")));
    EXPECT_THAT(checked("campaigns.duplicates == 0", abort), IsEmpty());
    for (const auto* limit : {"e2e.p99 < 1s", "sessions.dropped == 0", "queued.wait.p99 < 1s", "anomalies == 0"}) {
        EXPECT_THAT(checked(limit, windows), IsEmpty()) << limit;
        EXPECT_THAT(checked(limit, phases), IsEmpty()) << limit;
        EXPECT_THAT(checked(limit, abort), IsEmpty()) << limit;
    }
    EXPECT_THAT(checked("e2e.p99 < 1s",
                        [](budget& b) {
                            b.severity = budget_severity::warn;
                            b.abort_after = 5s;
                        }),
                ElementsAre(HasSubstr("a warning does not end the run")));
}
