// Who may see the live page, and who may stop the run from it.
#include "live_page_access.hpp"

#include <loadsim/base/encoding.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

using namespace loadsim;
using namespace loadsim::app;
using testing::HasSubstr;

namespace {

constexpr const char* token = "0123456789abcdef0123456789abcdef";

class fields final : public http::header_fields {
public:
    explicit fields(http::header_list all) : all_(std::move(all)) {}
    std::string_view find(std::string_view name) const override { return http::find_header(all_, name); }

private:
    http::header_list all_;
};

std::string refusal(const live_page_access& access, const char* target, const char* host) {
    const fields all(http::header_list{{"Host", host}});
    return access.refusal({.method = "GET", .target = target, .fields = &all});
}

std::string stop_refusal(const http::header_list& headers, const char* target = "/stop") {
    const live_page_access access{.token = token, .host = "127.0.0.1"};
    const fields all(headers);
    return access.stop_refusal({.method = "POST", .target = target, .fields = &all});
}

} // namespace

TEST(live_page_access, loopback_addresses_are_those_that_only_this_machine_reaches) {
    for (const auto* host : {"127.0.0.1", "127.8.9.1", "::1", "localhost", "LOCALHOST"})
        EXPECT_TRUE(is_loopback(host)) << host;
    for (const auto* host : {"0.0.0.0", "::", "10.1.2.3", "128.0.0.1", "localhost.example.com", "127.0.0.1.nip.io", ""})
        EXPECT_FALSE(is_loopback(host)) << host;
}

TEST(live_page_access, on_loopback_the_host_field_is_an_address_or_the_machine_itself) {
    const live_page_access access{.token = token, .host = "127.0.0.1"};
    for (const auto* host : {"127.0.0.1:8089", "localhost:8089", "localhost", "[::1]:9000", "192.0.2.1:80"})
        EXPECT_EQ(refusal(access, "/", host), "") << host << ": no site has such a name";
    for (const auto* host :
         {"evil.example:8089", "evil.example", "localhost.evil.example:8089", "127.0.0.1.nip.io", "", ":8089"})
        EXPECT_THAT(refusal(access, "/history", host), HasSubstr("no such host name")) << host << ": DNS rebinding";
    EXPECT_EQ(refusal(access, "/?token=0123456789abcdef0123456789abcdef", "proxy.example"), "")
        << "who has the token was told it";
}

TEST(live_page_access, a_name_that_the_page_listens_on_is_its_own) {
    const live_page_access access{.token = token, .host = "generator.example"};
    EXPECT_EQ(refusal(access, "/", "Generator.Example:8089"), "");
    EXPECT_NE(refusal(access, "/", "other.example:8089"), "");
}

TEST(live_page_access, beyond_loopback_the_url_has_the_token) {
    const live_page_access access{.token = token, .host = "10.1.2.3", .needs_token = true};
    EXPECT_EQ(refusal(access, "/?token=0123456789abcdef0123456789abcdef", "10.1.2.3"), "");
    EXPECT_EQ(refusal(access, "/events?after=3&token=0123456789abcdef0123456789abcdef", "10.1.2.3"), "");
    for (const auto* target : {"/", "/?token=", "/?token=0123456789abcdef0123456789abcdeF", "/?token=0123456789abcdef",
                               "/?xtoken=0123456789abcdef0123456789abcdef", "/token=0123456789abcdef0123456789abcdef"})
        EXPECT_THAT(refusal(access, target, "10.1.2.3"), HasSubstr("with its token")) << target;
}

TEST(live_page_access, only_the_page_itself_stops_the_run) {
    struct row {
        http::header_list headers;
        const char* refused; ///< part of the sentence; empty: it may
        const char* why;
    };
    const row rows[] = {
        {{{"Host", "127.0.0.1:80"}, {"X-Loadsim-Token", token}, {"Origin", "http://127.0.0.1:80"}}, "", "the page"},
        {{{"Host", "localhost:9"}, {"X-Loadsim-Token", token}, {"Origin", "http://localhost:9"}},
         "",
         "through a tunnel"},
        {{{"Host", "127.0.0.1:80"}, {"X-Loadsim-Token", token}}, "", "curl sends no Origin"},
        {{{"Host", "127.0.0.1:80"}}, "needs the token", "none"},
        {{{"Host", "127.0.0.1:80"}, {"X-Loadsim-Token", ""}}, "needs the token", "an empty one"},
        {{{"Host", "127.0.0.1:80"}, {"X-Loadsim-Token", "0123456789abcdef"}}, "needs the token", "a part"},
        {{{"Host", "127.0.0.1:80"}, {"X-Loadsim-Token", token}, {"Origin", "http://evil.example"}},
         "only the live page",
         "another site"},
        {{{"Host", "127.0.0.1:80"}, {"X-Loadsim-Token", token}, {"Origin", "http://127.0.0.1:81"}},
         "only the live page",
         "another port"},
        {{{"Host", "127.0.0.1:80"}, {"X-Loadsim-Token", token}, {"Origin", "null"}},
         "only the live page",
         "a file or a sandbox"},
        {{{"Host", "evil.example"}, {"X-Loadsim-Token", token}, {"Origin", "http://evil.example"}},
         "no such host name",
         "DNS rebinding"},
    };
    for (const auto& r : rows) {
        const auto refused = stop_refusal(r.headers);
        EXPECT_EQ(refused.empty(), *r.refused == '\0') << r.why << ": " << refused;
        EXPECT_THAT(refused, HasSubstr(r.refused)) << r.why;
        EXPECT_EQ(refused.find(token), std::string::npos) << r.why;
    }
    EXPECT_NE(stop_refusal({{"Host", "127.0.0.1:80"}}, "/stop?token=0123456789abcdef0123456789abcdef"), "")
        << "a link or a form of another site cannot send the header";
}

TEST(live_page_access, a_token_has_128_bits_and_is_new_each_time) {
    auto one = new_live_page_token();
    EXPECT_EQ(one.size(), 32U);
    EXPECT_NE(one, new_live_page_token());
    EXPECT_TRUE(decode_hex(one));
    EXPECT_EQ(one.size(), 16U);
}
