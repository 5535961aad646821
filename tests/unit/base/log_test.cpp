#include <loadsim/base/log.hpp>
#include <loadsim/base/secrets.hpp>

#include <gtest/gtest.h>

using namespace loadsim;

TEST(log, writes_one_line_without_control_characters) {
    testing::internal::CaptureStderr();
    log_to_terminal();
    log_warning("broker: \x1b[2Jbye\r\n2026-01-01T00:00:00 error forged \xc2\x9b \xff");
    const auto text = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(text.ends_with("broker: \\x1b[2Jbye\\x0d\\x0a2026-01-01T00:00:00 error forged \\xc2\\x9b \\xff\n"))
        << text;
}

TEST(log, has_no_secrets) {
    register_secret("registered by log_test");
    testing::internal::CaptureStderr();
    log_to_terminal();
    log_error("not registered by log_test?");
    const auto text = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(text.ends_with(" error not ***?\n")) << text;
}
