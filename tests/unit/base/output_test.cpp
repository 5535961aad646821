#include <loadsim/base/output.hpp>
#include <loadsim/base/secrets.hpp>

#include <gtest/gtest.h>

using namespace loadsim;

TEST(output, escapes_what_controls_a_terminal) {
    testing::internal::CaptureStdout();
    print_output("a\n\tb \x1b[2J \xc2\x9b \r \xff\n");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "a\n\tb \\x1b[2J \\xc2\\x9b \\x0d \\xff\n");
    testing::internal::CaptureStderr();
    print_error("loadsim: \x1b]0;title\x07\n");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "loadsim: \\x1b]0;title\\x07\n");
    EXPECT_EQ(lost_output(), "");
}

TEST(output, has_no_secrets) {
    register_secret("registered by output_test \x1b");
    testing::internal::CaptureStdout();
    print_output("it is registered by output_test \x1b!\n");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "it is ***!\n");
    testing::internal::CaptureStderr();
    print_error("registered%20by%20output_test%20%1b, escaped: registered by output_test \\x1b\n");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "***, escaped: ***\n");
    forget_secrets();
}

TEST(output, of_another_process_is_forwarded_as_it_is) {
    register_secret("forwarded by output_test");
    testing::internal::CaptureStdout();
    forward_output("\r\x1b[K");
    forward_output("forwarded by output_test\n");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "\r\x1b[Kforwarded by output_test\n");
}

TEST(output, a_report_keeps_its_own_words) {
    register_secret("timed_out");
    testing::internal::CaptureStdout();
    print_without_masking("timed_out \x1b\n");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "timed_out \\x1b\n");
    forget_secrets();
}
