// Exit codes of several runs, and repetition of invalid ones.
#include <loadsim/verdict/several_runs.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <vector>

using namespace loadsim::verdict;
using end_reason = loadsim::measure::run_result::end_reason;

TEST(several_runs, the_worse_exit_code_is_that_of_the_more_serious_failure) {
    const std::vector<exit_code> from_worst{
        exit_code::interrupted, exit_code::internal_error, exit_code::usage,   exit_code::setup,
        exit_code::missed,      exit_code::invalid,        exit_code::no_data, exit_code::pass};
    for (std::size_t i = 0; i < from_worst.size(); ++i)
        for (std::size_t j = i; j < from_worst.size(); ++j) {
            EXPECT_EQ(worse(from_worst[i], from_worst[j]), from_worst[i]);
            EXPECT_EQ(worse(from_worst[j], from_worst[i]), from_worst[i]);
        }
}

TEST(several_runs, the_code_of_a_process_is_that_of_its_run) {
    for (const int code : {0, 1, 2, 3, 4, 5, 99, 130}) EXPECT_EQ(static_cast<int>(run_code_of(code)), code);
    EXPECT_EQ(run_code_of(127), exit_code::setup) << "not executed";
    EXPECT_EQ(run_code_of(128 + SIGKILL), exit_code::invalid) << "cut short, perhaps because memory ran out";
    EXPECT_EQ(run_code_of(128 + SIGTERM), exit_code::invalid);
    EXPECT_EQ(run_code_of(128 + SIGSEGV), exit_code::internal_error);
    EXPECT_EQ(run_code_of(42), exit_code::internal_error);
}

TEST(several_runs, a_run_is_repeated_only_if_the_generator_was_the_limit) {
    EXPECT_TRUE(may_be_repeated(exit_code::invalid, end_reason::complete));
    EXPECT_FALSE(may_be_repeated(exit_code::invalid, end_reason::terminated)) << "somebody wants it to end";
    EXPECT_FALSE(may_be_repeated(exit_code::invalid, end_reason::aborted)) << "a lost rank";
    for (const auto code : {exit_code::pass, exit_code::missed, exit_code::no_data, exit_code::internal_error,
                            exit_code::setup, exit_code::interrupted})
        EXPECT_FALSE(may_be_repeated(code, end_reason::complete)) << static_cast<int>(code);
}
