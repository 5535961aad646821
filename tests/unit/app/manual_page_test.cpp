#include "manual_page.hpp"

#include "sample_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

using namespace loadsim::app;
using testing::HasSubstr;
using testing::Not;

TEST(manual_page, has_every_command_and_flag) {
    const auto page = manual_page(sample_commands(), "1.2.3");
    EXPECT_THAT(page, HasSubstr("\n.TH LOADSIM 1 \"\" \"loadsim 1.2.3\" \"User Commands\"\n"));
    EXPECT_THAT(page, HasSubstr("\n.SS \"loadsim run scenario\"\nRuns a scenario, and doesn't stop.\n"));
    EXPECT_THAT(page, HasSubstr("\n.SS \"loadsim show plan\"\n"));
    EXPECT_THAT(page, Not(HasSubstr(".SS \"loadsim show\"\n"))) << "it only has subcommands";
    EXPECT_THAT(page, HasSubstr("\n.TP\n\\fB\\-\\-shards\\fR \\fIN\\fR\nThreads (1 to 256)\n"));
    EXPECT_THAT(page, HasSubstr("\n.TP\n\\fB\\-\\-color\\fR \\fIauto|never\\fR\nColours\n"));
    EXPECT_THAT(page, HasSubstr("\n.TP\n\\fB\\-\\-quiet\\fR\nNothing\n"));
    EXPECT_THAT(page, HasSubstr("\n.TP\n\\fIshell\\fR\nThe shell: bash|zsh|fish\n"));
    EXPECT_THAT(page, HasSubstr("\n.TP\n\\fB99\\fR\n"));
}

TEST(manual_page, texts_are_no_markup) {
    const auto page = manual_page(sample_commands(), "1.2.3");
    EXPECT_THAT(page, HasSubstr("\n\\&.a 'PATH=VALUE' with a \\e\n"));
    const std::set<std::string> requests{".\\\"", ".TH", ".SH", ".SS", ".TP", ".PP", ".nf", ".fi"};
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_NE(line, "") << "an empty line is a warning of mandoc";
        if (line.starts_with('.')) {
            EXPECT_TRUE(requests.contains(line.substr(0, 3))) << line;
        }
        EXPECT_FALSE(line.starts_with('\'')) << line;
    }
}

TEST(manual_page, has_an_example_for_each_kind_of_user) {
    const auto page = manual_page(sample_commands(), "1.2.3");
    for (const auto* example :
         {"loadsim run scenario.yaml \\-\\-set ", "\\-\\-quiet \\-\\-report out", "loadsim explain reports/RUN"})
        EXPECT_THAT(page, HasSubstr(example));
}
