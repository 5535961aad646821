#include <loadsim/http/message.hpp>
#include <loadsim/http/server.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace std::string_view_literals;

TEST(http_headers, names_are_case_insensitive) {
    const http::header_list list{{"Retry-After", "3"}, {"retry-after", "4"}, {"Empty", ""}};
    EXPECT_EQ(http::find_header(list, "RETRY-after"), "3");
    EXPECT_EQ(http::find_header(list, "Retry"), "");
    EXPECT_EQ(http::find_header(list, "empty"), "");
}

TEST(http_headers, of_a_scenario_are_tokens_and_leave_the_framing_alone) {
    for (const auto* good : {"X-Key", "Host", "x_1!", "Content-Type"}) EXPECT_EQ(http::header_name_problem(good), "");
    for (const auto* bad : {"", "X Bad", "X:Y", "X\r\nY", "\xc3\xa4", "(x)"})
        EXPECT_NE(http::header_name_problem(bad).find("is no header's name"), std::string::npos) << bad;
    EXPECT_EQ(http::header_name_problem("content-length"),
              "Content-Length follows from the body and is set by loadsim; leave it out");
    EXPECT_NE(http::header_name_problem("Transfer-Encoding"), "");
}

TEST(http_headers, values_of_a_scenario_have_no_control_characters) {
    for (const auto* good : {"", "a b\tc", "\xc3\xa4\xff"})
        EXPECT_EQ(http::header_value_problem("X", good), "") << good;
    for (const auto bad : {"a\rb"sv, "a\n"sv, "\0"sv, "\x7f"sv, "\x1b"sv})
        EXPECT_NE(http::header_value_problem("X", bad), "") << bad;
    EXPECT_NE(http::header_value_problem("host", " "), "");
    EXPECT_EQ(http::header_problem("X Y", "a\n"), http::header_name_problem("X Y"));
    EXPECT_EQ(http::header_problem("X", "a\n"), http::header_value_problem("X", "a\n"));
    EXPECT_EQ(http::header_problem("X", "a"), "");
}

TEST(http_method, is_a_token_and_case_sensitive) {
    for (const auto* good : {"GET", "POST", "PURGE", "M-SEARCH"}) EXPECT_EQ(http::method_problem(good), "");
    EXPECT_EQ(http::method_problem("post"), "HTTP methods are case-sensitive: write POST for 'post'");
    for (const auto* bad : {"", "GET X", "POST\r\nX", "GET/"})
        EXPECT_NE(http::method_problem(bad).find("is no HTTP method"), std::string::npos) << bad;
}

TEST(problem_details, conform_to_rfc_9457) {
    const auto p = http::problem_details(409, "busy \"now\"", {{"active", "r1"}});
    EXPECT_EQ(p.status, 409U);
    EXPECT_EQ(p.content_type, "application/problem+json");
    EXPECT_EQ(p.body,
              R"({"type":"about:blank","title":"Conflict","status":409,"detail":"busy \"now\"","active":"r1"})");
}
