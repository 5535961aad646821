#include <loadsim/base/exhaustion.hpp>
#include <loadsim/base/signals.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

using namespace loadsim;

namespace {

const std::system_error no_thread(std::make_error_code(std::errc::resource_unavailable_try_again));

} // namespace

TEST(exhaustion, first_failed_allocation_releases_the_reserve_and_the_next_one_throws) {
    prepare_for_exhaustion();
    EXPECT_FALSE(memory_ran_out());
    std::get_new_handler()();
    EXPECT_TRUE(memory_ran_out());
    EXPECT_THROW(std::get_new_handler()(), std::bad_alloc);
    std::set_new_handler(nullptr);
}

TEST(exhaustion, has_sentences_for_memory_threads_and_files_only) {
    EXPECT_NE(exhaustion_text(std::bad_alloc()).find("memory ran out"), std::string::npos);
    EXPECT_NE(exhaustion_text(no_thread).find("thread"), std::string::npos);
    EXPECT_EQ(exhaustion_text(std::system_error(std::make_error_code(std::errc::io_error))), "");
    EXPECT_EQ(exhaustion_text(std::logic_error("a bug")), "");
    const auto failed = or_exhausted([]() -> result<void> { throw std::bad_alloc(); });
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().list.front().text, exhaustion_text(std::bad_alloc()));
    EXPECT_THROW(or_exhausted([]() -> result<void> { throw std::logic_error("a bug"); }), std::logic_error);
}

TEST(exhaustion, a_side_thread_contains_it_and_nothing_else) {
    const std::system_error no_file(std::make_error_code(std::errc::too_many_files_open));
    EXPECT_NE(exhaustion_text(no_file).find("ulimit -n"), std::string::npos);
    EXPECT_TRUE(log_exhaustion("the test", [] {}));
    EXPECT_FALSE(log_exhaustion("the test", [&] { throw no_file; }));
    EXPECT_FALSE(log_exhaustion("the test", [] { throw std::bad_alloc(); }));
    EXPECT_THROW(log_exhaustion("the test", [] { throw std::logic_error("a bug"); }), std::logic_error);
    int runs = 0;
    run_despite_exhaustion("the test", [&] {
        if (++runs < 3) throw std::bad_alloc();
    });
    EXPECT_EQ(runs, 3);
}

TEST(exhaustion_death, a_stop_signal_before_the_run_has_the_code_of_a_stopped_run) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    for (const auto& [number, code] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 4}})
        EXPECT_EXIT(
            {
                handle_early_signals();
                std::raise(number);
            },
            testing::ExitedWithCode(code), "loadsim: stopped by a signal before the run has begun");
}

TEST(exhaustion_death, a_stop_signal_after_the_result_is_kept) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            keep_late_signals();
            std::raise(SIGTERM);
            std::raise(SIGINT);
            std::_Exit(take_late_signal() == SIGTERM && take_late_signal() == 0 ? 7 : 1);
        },
        testing::ExitedWithCode(7), "");
}

TEST(exhaustion_death, an_exception_that_nobody_catches_ends_with_a_sentence) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(std::thread([] {
                    prepare_for_exhaustion();
                    throw no_thread;
                }).join(),
                testing::ExitedWithCode(3), "loadsim: no further thread can be started");
    EXPECT_EXIT(std::thread([] {
                    prepare_for_exhaustion();
                    throw std::bad_alloc();
                }).join(),
                testing::ExitedWithCode(3), "loadsim: memory ran out");
}
