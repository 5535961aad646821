// Authenticators without network access; OAuth2 needs a server (tests/integration/http_client_test.cpp).
#include <loadsim/driver/authenticator.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using driver::auth_options;
using auth_kind = auth_options::kind;

namespace {

const http::client_options api{.base_urls = {{"https", "api.test", 443, "/base"}}};

http::request signed_by(const auth_options& o, http::request r = {}) {
    const auto made = driver::authenticator::open(o, api);
    EXPECT_TRUE(made) << to_string(made.error());
    if (made) (*made)->sign(r, 1'440'938'160);
    return r;
}

} // namespace

TEST(authenticator, adds_configured_header) {
    struct {
        auth_options options;
        const char* header;
        const char* value;
    } const rows[] = {
        {{.type = auth_kind::bearer, .bearer = "abc"}, "Authorization", "Bearer abc"},
        // RFC 7617, 2
        {{.type = auth_kind::basic, .basic = {.user = "Aladdin", .password = "open sesame"}},
         "Authorization",
         "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {{.type = auth_kind::api_key, .api_key = {.value = "k"}}, "X-Api-Key", "k"},
        {{.type = auth_kind::api_key, .api_key = {.header = "Ocp-Key", .value = "k"}}, "Ocp-Key", "k"},
    };
    for (const auto& row : rows) {
        const auto r = signed_by(row.options);
        ASSERT_EQ(r.headers.size(), 1U) << row.value;
        EXPECT_EQ(r.headers[0].first, row.header);
        EXPECT_EQ(r.headers[0].second, row.value);
        const http::request own{.headers = {{row.header, "of its own"}}};
        EXPECT_EQ(signed_by(row.options, own), own) << row.value;
    }
    const auto r =
        signed_by({.type = auth_kind::sigv4, .sigv4 = {.region = "r", .access_key = "a", .secret_key = "s"}});
    EXPECT_NE(http::find_header(r.headers, "Authorization").find("Credential=a/20150830/r/execute-api/aws4_request"),
              std::string_view::npos);
}

TEST(authenticator, is_null_without_authentication) {
    const auto none = driver::authenticator::open({}, api);
    ASSERT_TRUE(none);
    EXPECT_EQ(*none, nullptr);
}

TEST(authenticator, refuses_invalid_options) {
    struct {
        auth_options options;
        const char* says;
    } const rows[] = {
        {{.type = auth_kind::bearer}, "target.auth.bearer: is empty"},
        {{.type = auth_kind::bearer, .bearer = "abc\n"}, "target.auth.bearer: holds a line break"},
        {{.type = auth_kind::basic}, "target.auth.basic.user: is empty"},
        {{.type = auth_kind::basic, .basic = {.user = "a:b"}}, "target.auth.basic.user: holds a ':'"},
        {{.type = auth_kind::api_key, .api_key = {.header = "", .value = "k"}},
         "target.auth.apiKey.header: '' is no header's name"},
        {{.type = auth_kind::api_key}, "target.auth.apiKey.value: is empty"},
        {{.type = auth_kind::oauth2, .oauth2 = {.token_url = "nowhere", .client_id = "i", .client_secret = "s"}},
         "target.auth.oauth2.tokenUrl: 'nowhere' is not a URL"},
        {{.type = auth_kind::oauth2, .oauth2 = {.token_url = "http://h/t", .client_secret = "s"}},
         "target.auth.oauth2.clientId: is empty"},
        {{.type = auth_kind::sigv4, .sigv4 = {.access_key = "a", .secret_key = "s"}},
         "target.auth.sigv4.region: is empty"},
    };
    for (const auto& row : rows) {
        const auto refused = driver::authenticator::open(row.options, api);
        ASSERT_FALSE(refused) << row.says;
        EXPECT_TRUE(to_string(refused.error()).starts_with(row.says)) << to_string(refused.error());
    }
    auto two = api;
    two.base_urls.push_back(two.base_urls.front());
    const auto refused = driver::authenticator::open(
        {.type = auth_kind::sigv4, .sigv4 = {.region = "r", .access_key = "a", .secret_key = "s"}}, two);
    ASSERT_FALSE(refused);
    EXPECT_NE(to_string(refused.error()).find("signs for one host"), std::string::npos);
}
