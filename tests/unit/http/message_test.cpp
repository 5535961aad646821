#include <loadsim/http/message.hpp>
#include <loadsim/http/server.hpp>

#include <gtest/gtest.h>

using namespace loadsim;

TEST(http_headers, names_are_case_insensitive) {
    const http::header_list list{{"Retry-After", "3"}, {"retry-after", "4"}, {"Empty", ""}};
    EXPECT_EQ(http::find_header(list, "RETRY-after"), "3");
    EXPECT_EQ(http::find_header(list, "Retry"), "");
    EXPECT_EQ(http::find_header(list, "empty"), "");
    EXPECT_FALSE(http::equal_header_names("a[", "a{")) << "only letters have a case";
}

TEST(http_target, is_escaped_once) {
    std::string target = "/a b/%20/\xc3\xa9?x=1&y=~";
    http::escape_target(target);
    EXPECT_EQ(target, "/a%20b/%20/%C3%A9?x=1&y=~");
    http::escape_target(target);
    EXPECT_EQ(target, "/a%20b/%20/%C3%A9?x=1&y=~");
}

TEST(problem_details, conform_to_rfc_9457) {
    const auto p = http::problem_details(409, "busy \"now\"", {{"active", "r1"}});
    EXPECT_EQ(p.status, 409U);
    EXPECT_EQ(p.content_type, "application/problem+json");
    EXPECT_EQ(p.body,
              R"({"type":"about:blank","title":"Conflict","status":409,"detail":"busy \"now\"","active":"r1"})");
}
