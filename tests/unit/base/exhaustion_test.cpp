#include <loadsim/base/exhaustion.hpp>

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>

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

TEST(exhaustion, has_sentences_for_memory_and_threads_only) {
    EXPECT_NE(exhaustion_text(std::bad_alloc()).find("memory ran out"), std::string::npos);
    EXPECT_NE(exhaustion_text(no_thread).find("thread"), std::string::npos);
    EXPECT_EQ(exhaustion_text(std::system_error(std::make_error_code(std::errc::io_error))), "");
    EXPECT_EQ(exhaustion_text(std::logic_error("a bug")), "");
    const auto failed = or_exhausted([]() -> result<void> { throw std::bad_alloc(); });
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().list.front().text, exhaustion_text(std::bad_alloc()));
    EXPECT_THROW(or_exhausted([]() -> result<void> { throw std::logic_error("a bug"); }), std::logic_error);
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
