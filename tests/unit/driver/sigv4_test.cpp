// AWS Signature Version 4 against the published test suite (credentials, date and signatures are the suite's).
#include "sigv4.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using driver::signing_target;

namespace {

constexpr std::int64_t suite_date = 1'440'938'160; ///< 2015-08-30 12:36:00 UTC

const driver::auth_options::sigv4_options suite{.region = "us-east-1",
                                                .service = "service",
                                                .access_key = "AKIDEXAMPLE",
                                                .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
const signing_target example{.host = "example.amazonaws.com", .base_path = ""};

struct suite_row {
    const char* name;
    http::request asked;
    const char* headers;
    const char* signature;
};

} // namespace

TEST(sigv4, signs_the_host_that_is_sent) {
    EXPECT_NE(driver::canonical_request({.target = "/", .headers = {{"Host", "own.test"}}}, example)
                  .text.find("host:own.test\n"),
              std::string::npos);
}

TEST(sigv4, signs_as_the_published_suite_does) {
    const suite_row rows[] = {
        {"get-vanilla",
         {.method = "GET", .target = "/"},
         "host;x-amz-date",
         "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        {"get-vanilla-query-order-key-case",
         {.method = "GET", .target = "/?Param2=value2&Param1=value1"},
         "host;x-amz-date",
         "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
        {"post-vanilla",
         {.method = "POST", .target = "/"},
         "host;x-amz-date",
         "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
        {"get-header-value-trim",
         {.method = "GET", .target = "/", .headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}},
         "host;my-header1;my-header2;x-amz-date",
         "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
        {"get-header-key-duplicate",
         {.method = "GET",
          .target = "/",
          .headers = {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}},
         "host;my-header1;x-amz-date",
         "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
        {"post-x-www-form-urlencoded",
         {.method = "POST",
          .target = "/",
          .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
          .body = "Param1=value1"},
         "content-type;host;x-amz-date",
         "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
    };
    for (const auto& row : rows) {
        auto r = row.asked;
        driver::sign_v4(r, suite, example, suite_date);
        EXPECT_EQ(http::find_header(r.headers, "X-Amz-Date"), "20150830T123600Z") << row.name;
        EXPECT_EQ(http::find_header(r.headers, "Authorization"),
                  std::string("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ") +
                      "SignedHeaders=" + row.headers + ", Signature=" + row.signature)
            << row.name;
    }
}

/// Example from "Create a signed AWS API request".
TEST(sigv4, signs_for_the_configured_service) {
    http::request r{.method = "GET",
                    .target = "/?Action=ListUsers&Version=2010-05-08",
                    .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}};
    auto iam = suite;
    iam.service = "iam";
    driver::sign_v4(r, iam, {.host = "iam.amazonaws.com", .base_path = ""}, suite_date);
    EXPECT_TRUE(http::find_header(r.headers, "Authorization")
                    .ends_with("5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"));
}

TEST(sigv4, canonicalizes_path_and_query) {
    struct {
        const char* target;
        const char* path;
        const char* query;
    } const rows[] = {
        {"/", "/", ""},
        {"/\xe1\x88\xb4", "/%E1%88%B4", ""}, // get-utf8
        {"/example space/", "/example%20space/", ""},
        {"/a%20b", "/a%2520b", ""}, // encoded once more than in the request, as all services but S3 require
        {"//example//", "/example/", ""},
        {"/example1/example2/../..", "/", ""},
        {"/./example", "/example", ""},
        {"/?\xe1\x88\xb4=bar", "/", "%E1%88%B4=bar"}, // get-vanilla-utf8-query
        {"/?b=2&a&B=x%20y&a=1", "/", "B=x%20y&a=&a=1&b=2"},
        {"/?-._~0aA=-._~0aA", "/", "-._~0aA=-._~0aA"},
    };
    for (const auto& row : rows) {
        const auto canonical = driver::canonical_request({.method = "GET", .target = row.target}, example);
        EXPECT_TRUE(canonical.text.starts_with(std::string("GET\n") + row.path + '\n' + row.query + '\n'))
            << row.target << '\n'
            << canonical.text;
    }
}

TEST(sigv4, signs_all_sent_headers) {
    http::request r{.method = "POST", .target = "/v/1 2", .body = "{}"};
    auto session = suite;
    session.session_token = "token";
    driver::sign_v4(r, session, {.host = "h:8443", .base_path = "/base"}, suite_date);
    EXPECT_EQ(r.target, "/v/1%202") << "as it goes out";
    EXPECT_EQ(http::find_header(r.headers, "X-Amz-Security-Token"), "token");
    EXPECT_NE(http::find_header(r.headers, "Authorization")
                  .find("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,"),
              std::string_view::npos);
    const auto canonical = driver::canonical_request(r, {.host = "h:8443", .base_path = "/base"});
    EXPECT_TRUE(canonical.text.starts_with("POST\n/base/v/1%25202\n\n")) << canonical.text;
    EXPECT_NE(canonical.text.find("\ncontent-type:application/json\nhost:h:8443\n"), std::string::npos)
        << canonical.text;
}
