// Doors that need nobody else; those of OAuth2 ask a server (tests/integration/http_client_test.cpp).
#include <loadsim/drive/auth.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using drive::auth_options;
using kind = auth_options::kind;

namespace {

const http::client_options api{.bases = {{"https", "api.test", 443, "/base"}}};

http::request signed_by(const auth_options& o, http::request r = {}) {
    const auto door = drive::door::open(o, api);
    EXPECT_TRUE(door) << to_string(door.error());
    if (door) (*door)->sign(r, 1'440'938'160);
    return r;
}

} // namespace

TEST(door, adds_what_it_was_told) {
    struct {
        auth_options options;
        const char* header;
        const char* value;
    } const rows[] = {
        {{.is = kind::bearer, .bearer = "abc"}, "Authorization", "Bearer abc"},
        // RFC 7617, 2
        {{.is = kind::basic, .basic = {.user = "Aladdin", .password = "open sesame"}},
         "Authorization",
         "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {{.is = kind::api_key, .api_key = {.value = "k"}}, "X-Api-Key", "k"},
        {{.is = kind::api_key, .api_key = {.header = "Ocp-Key", .value = "k"}}, "Ocp-Key", "k"},
    };
    for (const auto& row : rows) {
        const auto r = signed_by(row.options);
        ASSERT_EQ(r.headers.size(), 1U) << row.value;
        EXPECT_EQ(r.headers[0].first, row.header);
        EXPECT_EQ(r.headers[0].second, row.value);
        const http::request own{.headers = {{row.header, "of its own"}}};
        EXPECT_EQ(signed_by(row.options, own), own) << row.value;
    }
    const auto r = signed_by({.is = kind::sigv4, .sigv4 = {.region = "r", .access_key = "a", .secret_key = "s"}});
    EXPECT_NE(http::find(r.headers, "Authorization").find("Credential=a/20150830/r/execute-api/aws4_request"),
              std::string_view::npos);
}

TEST(door, is_none_where_nobody_asks) {
    const auto none = drive::door::open({}, api);
    ASSERT_TRUE(none);
    EXPECT_EQ(*none, nullptr);
}

TEST(door, refuses_what_could_not_work) {
    struct {
        auth_options options;
        const char* says;
    } const rows[] = {
        {{.is = kind::bearer}, "target.auth.bearer: is empty"},
        {{.is = kind::bearer, .bearer = "abc\n"}, "target.auth.bearer: holds a line break"},
        {{.is = kind::basic}, "target.auth.basic.user: is empty"},
        {{.is = kind::basic, .basic = {.user = "a:b"}}, "target.auth.basic.user: holds a ':'"},
        {{.is = kind::api_key, .api_key = {.header = "", .value = "k"}}, "target.auth.apiKey.header: is empty"},
        {{.is = kind::api_key}, "target.auth.apiKey.value: is empty"},
        {{.is = kind::oauth2, .oauth2 = {.token_url = "nowhere", .client_id = "i", .client_secret = "s"}},
         "target.auth.oauth2.tokenUrl: 'nowhere' is not a URL"},
        {{.is = kind::oauth2, .oauth2 = {.token_url = "http://h/t", .client_secret = "s"}},
         "target.auth.oauth2.clientId: is empty"},
        {{.is = kind::sigv4, .sigv4 = {.access_key = "a", .secret_key = "s"}}, "target.auth.sigv4.region: is empty"},
    };
    for (const auto& row : rows) {
        const auto refused = drive::door::open(row.options, api);
        ASSERT_FALSE(refused) << row.says;
        EXPECT_TRUE(to_string(refused.error()).starts_with(row.says)) << to_string(refused.error());
    }
    auto two = api;
    two.bases.push_back(two.bases.front());
    const auto refused =
        drive::door::open({.is = kind::sigv4, .sigv4 = {.region = "r", .access_key = "a", .secret_key = "s"}}, two);
    ASSERT_FALSE(refused);
    EXPECT_NE(to_string(refused.error()).find("signs for one host"), std::string::npos);
}
