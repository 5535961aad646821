#include "oauth2.hpp"

#include <loadsim/base/secrets.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace std::chrono_literals;

TEST(oauth2, token_request_follows_rfc_6749) {
    const auto r =
        driver::token_request({.token_url = "", .client_id = "id:1", .client_secret = "a b+c", .scope = "x y"});
    EXPECT_EQ(r.method, "POST");
    EXPECT_EQ(http::find_header(r.headers, "Content-Type"), "application/x-www-form-urlencoded");
    EXPECT_EQ(http::find_header(r.headers, "Authorization"), "Basic aWQlM0ExOmErYiUyQmM=") << "id%3A1:a+b%2Bc";
    EXPECT_EQ(r.body, "grant_type=client_credentials&scope=x+y");
    EXPECT_EQ(driver::token_request({}).body, "grant_type=client_credentials");
}

TEST(oauth2, parses_the_token_response) {
    struct {
        const char* body;
        nanoseconds lasts;
    } const rows[] = {
        {R"({"access_token":"T","token_type":"Bearer","expires_in":300})", 300s},
        {R"({"access_token":"T","expires_in":1.5})", 1s},
        {R"({"access_token":"T"})", 1h},
        {"\xef\xbb\xbf{\"access_token\":\"T\"}", 1h},
        {R"({"access_token":"T","expires_in":"soon"})", 1h},
        {R"({"access_token":"T","expires_in":-1})", 1h},
        {R"({"access_token":"T","expires_in":1e300})", 365 * 24h},
    };
    for (const auto& row : rows) {
        const auto read = driver::parse_token({.status = 200, .body = row.body});
        ASSERT_TRUE(read) << row.body;
        EXPECT_EQ(read->value, "T") << row.body;
        EXPECT_EQ(read->lifetime, row.lasts) << row.body;
    }
}

TEST(oauth2, reports_why_no_token_was_granted) {
    struct {
        unsigned status;
        const char* body;
        const char* says;
    } const rows[] = {
        {401, R"({"error":"invalid_client"})", "status 401: invalid_client"},
        {500, "<html>", "status 500)"},
        {200, "<html>", "no access_token"},
        {200, "[]", "no access_token"},
        {200, R"({"access_token":""})", "no access_token"},
        {200, R"({"access_token":7})", "no access_token"},
    };
    for (const auto& row : rows) {
        const auto read = driver::parse_token({.status = row.status, .body = row.body});
        ASSERT_FALSE(read) << row.body;
        EXPECT_NE(to_string(read.error()).find(row.says), std::string::npos) << to_string(read.error());
    }
}

TEST(oauth2, renews_before_expiry) {
    EXPECT_EQ(driver::renewal_delay(1h), 59min);
    EXPECT_EQ(driver::renewal_delay(100s), 80s);
    EXPECT_EQ(driver::renewal_delay(1s), 800ms);
}

TEST(oauth2, registers_the_credentials_of_its_header) {
    const auto r =
        driver::token_request({.token_url = "", .client_id = "registered", .client_secret = "by oauth2_test"});
    EXPECT_EQ(mask_secrets(http::find_header(r.headers, "Authorization")), "Basic ***");
}
