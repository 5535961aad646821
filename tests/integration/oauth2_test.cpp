// OAuth 2.0 tokens of a server: renewed in time, kept while it fails, refused with its reason.
#include "http_test_client.hpp"
#include "temporary_folder.hpp"

#include <loadsim/driver/authenticator.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

using namespace loadsim;
using namespace std::chrono_literals;
using harness::listen;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(oauth2_authenticator, renews_its_token_before_it_expires) {
    std::atomic<int> tokens_issued{0};
    std::atomic<bool> broken{false};
    const auto server = listen([&](const http::request_view& r) {
        if (broken) return http::server_response{.status = 503};
        if (r.method != "POST" || r.target != "/oauth/token" || r.header("Authorization") != "Basic aTpz" ||
            r.body != "grant_type=client_credentials&scope=cars")
            return http::server_response{.status = 400, .body = R"({"error":"invalid_request"})"};
        return http::server_response{.body =
                                         fmt::format(R"({{"access_token":"T{}","expires_in":1}})", ++tokens_issued)};
    });
    driver::auth_options o{
        .type = driver::auth_options::kind::oauth2,
        .oauth2 = {
            .token_url = server.url() + "/oauth/token", .client_id = "i", .client_secret = "s", .scope = "cars"}};
    const auto authenticator = driver::authenticator::open(o, {});
    ASSERT_TRUE(authenticator) << to_string(authenticator.error());
    const auto header = [&authenticator] {
        http::request r;
        (*authenticator)->sign(r, 0);
        return std::string(http::find_header(r.headers, "Authorization"));
    };
    EXPECT_EQ(header(), "Bearer T1");
    EXPECT_TRUE(harness::wait_until([&] { return header() == "Bearer T2"; }, 3s));
    EXPECT_EQ((*authenticator)->failed_renewals(), 0U);
    broken = true;
    EXPECT_TRUE(harness::wait_until([&] { return (*authenticator)->failed_renewals() == 1; }, 3s));
    EXPECT_THAT(header(), StartsWith("Bearer T")) << "the one before is all there is";

    o.oauth2.client_secret = "wrong";
    broken = false;
    const auto refused = driver::authenticator::open(o, {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(to_string(refused.error()),
                AllOf(StartsWith(server.url() + "/oauth/token: no token is given (status 400: invalid_request)"),
                      HasSubstr("clientSecret"), testing::Not(HasSubstr("wrong"))));
}
