#include "webhook_edge.hpp"

#include "signature.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

using namespace loadsim;
using namespace loadsim::observe;

namespace {

class fields final : public http::field_source {
public:
    explicit fields(http::header_list all) : all_(std::move(all)) {}
    std::string_view find(std::string_view name) const override { return http::find(all_, name); }

private:
    http::header_list all_;
};

webhook_edge edge_of(const webhook_options& options) {
    auto made = webhook_edge::make(options, "load.observers[0].webhook");
    EXPECT_TRUE(made) << (made ? "" : to_string(made.error()));
    return *made;
}

constexpr std::string_view executed = R"({"id":"r-1","state":"executed"})";

webhook_options with_secret() {
    webhook_options o;
    o.secret = {.header = "X-Token", .value = "s3cret"};
    return o;
}
webhook_options with_hmac() {
    webhook_options o;
    o.hmac = {.header = "X-Signature", .key = "key", .prefix = "sha256="};
    return o;
}

} // namespace

TEST(webhook_edge, answers_what_comes) {
    const std::string large(webhook_edge::body_limit + 1, ' ');
    struct row {
        std::string_view method, target;
        http::header_list headers;
        std::string_view body;
        unsigned status;
        std::string_view refused;
    };
    const http::header_list token{{"x-token", "s3cret"}};
    const row rows[] = {
        {"POST", "/events", token, executed, 200, ""},
        {"PUT", "/events", token, executed, 200, ""},
        {"POST", "/events?x=1", token, executed, 200, ""},
        {"POST", "http://here/events", token, executed, 200, ""},
        {"POST", "/", token, executed, 404, "another path"},
        {"POST", "/events/", token, executed, 404, "another path"},
        {"GET", "/events", token, "", 405, "another method"},
        {"DELETE", "/events", token, executed, 405, "another method"},
        {"POST", "/events", token, large, 413, webhook_edge::too_large},
        {"POST", "/events", {}, executed, 401, "no signature"},
        {"POST", "/events", {{"X-Token", ""}}, executed, 401, "no signature"},
        {"POST", "/events", {{"X-Token", "s3cre"}}, executed, 401, "signature is wrong"},
        {"POST", "/events", {{"Authorization", "s3cret"}}, executed, 401, "no signature"},
        {"POST", "/events", token, "", 400, ""},
        {"POST", "/events", token, "{", 400, ""},
        {"POST", "/events", token, R"({"state":"executed"})", 400, ""},
    };
    const auto edge = edge_of(with_secret());
    for (const auto& r : rows) {
        const fields given(r.headers);
        const auto decided =
            edge.decide({.method = r.method, .target = r.target, .body = r.body, .fields = &given}, nullptr);
        const auto what = std::string(r.method) + " " + std::string(r.target) + " " + std::string(r.body.substr(0, 40));
        EXPECT_EQ(decided.answer.status, r.status) << what;
        EXPECT_EQ(decided.refused, r.refused) << what;
        EXPECT_EQ(decided.said.size(), r.status == 200 ? 1U : 0U) << what;
        EXPECT_EQ(decided.unread, r.status == 400 ? 1U : 0U) << what;
        EXPECT_EQ(decided.is_proven, r.status == 200 || r.status == 400) << what;
        EXPECT_EQ(http::find(decided.answer.headers, "Allow").empty(), r.status != 405) << what;
    }
}

TEST(webhook_edge, reads_what_the_event_says) {
    auto options = with_secret();
    options.reading.vin = "header:X-Vehicle";
    const fields given(http::header_list{{"X-Token", "s3cret"}, {"X-Vehicle", "VIN1"}});
    const auto decided = edge_of(options).decide({.method = "POST",
                                                  .target = "/events",
                                                  .body = R"({"id":"r-1","state":"failed","reason":"timeout"})",
                                                  .fields = &given},
                                                 nullptr);
    ASSERT_EQ(decided.said.size(), 1U);
    EXPECT_EQ(decided.said[0].request, "r-1");
    EXPECT_EQ(decided.said[0].vin, "VIN1");
    EXPECT_EQ(decided.said[0].end, outcome::timed_out);
    EXPECT_EQ(decided.said[0].reason, "timeout");
}

TEST(webhook_edge, reads_each_event_of_a_list) {
    auto options = with_secret();
    options.reading.each = "/events";
    const fields given(http::header_list{{"X-Token", "s3cret"}});
    const auto edge = edge_of(options);
    const auto decide = [&](std::string_view body) {
        return edge.decide({.method = "POST", .target = "/events", .body = body, .fields = &given}, nullptr);
    };
    const auto two =
        decide(R"({"events":[{"id":"r-1","state":"executed"},{"state":"x"},{"id":"r-2","state":"running"}]})");
    EXPECT_EQ(two.answer.status, 200U);
    ASSERT_EQ(two.said.size(), 2U);
    EXPECT_EQ(two.said[0].request, "r-1");
    EXPECT_EQ(two.said[1].request, "r-2");
    EXPECT_EQ(two.unread, 1U);
    EXPECT_EQ(decide(R"({"events":[]})").answer.status, 200U) << "no event, and nothing that should be one";
    EXPECT_EQ(decide(R"({"events":[{"state":"x"}]})").answer.status, 400U);
    EXPECT_EQ(decide(executed).answer.status, 400U) << "no list";
}

TEST(webhook_edge, a_state_on_the_way_is_no_end_and_no_error) {
    const fields given(http::header_list{{"X-Token", "s3cret"}});
    const auto decided =
        edge_of(with_secret())
            .decide(
                {.method = "POST", .target = "/events", .body = R"({"id":"r-1","state":"running"})", .fields = &given},
                nullptr);
    EXPECT_EQ(decided.answer.status, 200U);
    ASSERT_EQ(decided.said.size(), 1U);
    EXPECT_EQ(decided.said[0].end, std::nullopt);
}

TEST(webhook_edge, wants_the_signature_of_this_body) {
    const auto options = with_hmac();
    const auto edge = edge_of(options);
    const auto status = [&](const std::string& header, std::string_view body) {
        const fields given(http::header_list{{"X-Signature", header}});
        return edge.decide({.method = "POST", .target = "/events", .body = body, .fields = &given}, nullptr)
            .answer.status;
    };
    const auto right = sign(*options.hmac, executed);
    EXPECT_EQ(status(right, executed), 200U);
    EXPECT_EQ(status(right, R"({"id":"r-2","state":"executed"})"), 401U);
    EXPECT_EQ(status(right.substr(7), executed), 401U);
    EXPECT_EQ(status("", executed), 401U);
}

TEST(webhook_edge, with_both_wants_both) {
    auto options = with_hmac();
    options.secret = with_secret().secret;
    const auto edge = edge_of(options);
    const auto right = sign(*options.hmac, executed);
    const auto status = [&](http::header_list headers) {
        const fields given(std::move(headers));
        return edge.decide({.method = "POST", .target = "/events", .body = executed, .fields = &given}, nullptr)
            .answer.status;
    };
    EXPECT_EQ(status({{"X-Signature", right}, {"X-Token", "s3cret"}}), 200U);
    EXPECT_EQ(status({{"X-Signature", right}}), 401U);
    EXPECT_EQ(status({{"X-Token", "s3cret"}}), 401U);
    EXPECT_EQ(status({{"X-Signature", right}, {"X-Token", "wrong"}}), 401U);
}

TEST(webhook_edge, without_a_secret_everybody_is_believed) {
    const auto decided =
        edge_of({}).decide({.method = "POST", .target = "/events", .body = executed, .fields = nullptr}, nullptr);
    EXPECT_EQ(decided.answer.status, 200U);
}

TEST(webhook_edge, refuses_options_that_protect_nothing) {
    struct row {
        webhook_options options;
        std::string place;
    };
    row rows[] = {{with_secret(), "w.secret.value"},
                  {with_secret(), "w.secret.header"},
                  {with_hmac(), "w.hmac.key"},
                  {with_hmac(), "w.hmac.header"},
                  {{}, "w.path"},
                  {{}, "w.id"}};
    rows[0].options.secret->value.clear();
    rows[1].options.secret->header.clear();
    rows[2].options.hmac->key.clear();
    rows[3].options.hmac->header.clear();
    rows[4].options.path = "events";
    rows[5].options.reading.id.clear();
    for (const auto& r : rows) {
        const auto made = webhook_edge::make(r.options, "w");
        ASSERT_FALSE(made) << r.place;
        ASSERT_EQ(made.error().list.size(), 1U) << r.place;
        EXPECT_EQ(made.error().list.front().place, r.place);
    }
}

TEST(webhook_edge, its_answers_do_not_tell_the_secret) {
    const fields given(http::header_list{{"X-Token", "wrong"}});
    const auto decided =
        edge_of(with_secret())
            .decide({.method = "POST", .target = "/events", .body = executed, .fields = &given}, nullptr);
    EXPECT_EQ(decided.answer.body.find("s3cret"), std::string::npos);
}
