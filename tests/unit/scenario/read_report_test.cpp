// report: where metrics in CloudWatch Embedded Metric Format go.
#include "scenario_text.hpp"

#include <gmock/gmock.h>

using namespace loadsim::scenario;
using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(read_report, takes_a_place_or_a_map) {
    EXPECT_FALSE(read_valid(minimal_scenario("")).report.emf);
    const auto of = [](std::string_view emf) {
        const auto made = read_valid(minimal_scenario("report: {emf: " + std::string(emf) + "}\n"));
        return made.report.emf ? *made.report.emf : emf_options{"", 0s, ""};
    };
    EXPECT_EQ(of("stdout"), (emf_options{"stdout", 60s, "loadsim"}));
    EXPECT_EQ(of("metrics.emf"), (emf_options{"metrics.emf", 60s, "loadsim"}));
    EXPECT_EQ(of("{}"), (emf_options{"stdout", 60s, "loadsim"}));
    EXPECT_EQ(of("{to: /var/log/emf, interval: 1s, namespace: fleet/tests}"),
              (emf_options{"/var/log/emf", 1s, "fleet/tests"}));
}

TEST(read_report, refuses_what_cloudwatch_does_not_have) {
    const auto problem = [](std::string_view emf) {
        return problems_of(minimal_scenario("report: {emf: " + std::string(emf) + "}\n"));
    };
    EXPECT_THAT(problem("{interval: 5s}"), HasSubstr("f:3:26: "));
    EXPECT_THAT(problem("{namespace: 'my fleet'}"), HasSubstr("no namespace of CloudWatch"));
    EXPECT_THAT(problem("{namespace: AWS/Lambda}"), HasSubstr("no namespace of CloudWatch"));
    EXPECT_THAT(problem("''"), HasSubstr("stdout or a file belongs here"));
    EXPECT_THAT(problem("{too: stdout}"), HasSubstr("'to'"));
}

TEST(read_report, is_written_as_it_was_read) {
    const auto made = read_valid(minimal_scenario("report: {emf: {to: a.emf, interval: 1s}}\n"));
    EXPECT_EQ(read_valid(write(made)), made);
}
