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

TEST(problem_details, conform_to_rfc_9457) {
    const auto p = http::problem_details(409, "busy \"now\"", {{"active", "r1"}});
    EXPECT_EQ(p.status, 409U);
    EXPECT_EQ(p.content_type, "application/problem+json");
    EXPECT_EQ(p.body,
              R"({"type":"about:blank","title":"Conflict","status":409,"detail":"busy \"now\"","active":"r1"})");
}
