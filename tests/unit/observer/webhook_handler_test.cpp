#include "webhook_observer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

using namespace loadsim;
using namespace loadsim::observer;

namespace {

class header_fields final : public http::header_fields {
public:
    explicit header_fields(http::header_list all) : all_(std::move(all)) {}
    std::string_view find(std::string_view name) const override { return http::find_header(all_, name); }

private:
    http::header_list all_;
};

webhook_handler make_handler(const webhook_options& options) {
    auto made = webhook_handler::make(options, "load.observers[0].webhook");
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

TEST(webhook_handler, responds_by_method_path_and_secret) {
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
        {"POST", "/events", {{"x-token", "s3cret"}, {"content-encoding", "gzip"}}, "\x1f\x8b", 415, "compressed body"},
        {"POST", "/events", {{"x-token", "s3cret"}, {"content-encoding", "identity"}}, executed, 200, ""},
        {"POST", "/events", {}, executed, 401, "no signature"},
        {"POST", "/events", {{"X-Token", ""}}, executed, 401, "no signature"},
        {"POST", "/events", {{"X-Token", "s3cre"}}, executed, 401, "signature is wrong"},
        {"POST", "/events", {{"Authorization", "s3cret"}}, executed, 401, "no signature"},
        {"POST", "/events", token, "", 400, ""},
        {"POST", "/events", token, "{", 400, ""},
        {"POST", "/events", token, R"({"state":"executed"})", 400, ""},
    };
    const auto handler = make_handler(with_secret());
    for (const auto& r : rows) {
        const header_fields request_headers(r.headers);
        const auto decision = handler.handle(
            {.method = r.method, .target = r.target, .body = r.body, .fields = &request_headers}, nullptr);
        const auto what = std::string(r.method) + " " + std::string(r.target) + " " + std::string(r.body.substr(0, 40));
        EXPECT_EQ(decision.response.status, r.status) << what;
        EXPECT_EQ(decision.refused, r.refused) << what;
        EXPECT_EQ(decision.events.size(), r.status == 200 ? 1U : 0U) << what;
        EXPECT_EQ(decision.unmapped, r.status == 400 ? 1U : 0U) << what;
        EXPECT_EQ(decision.is_authenticated, r.status == 200 || r.status == 400) << what;
        EXPECT_EQ(http::find_header(decision.response.headers, "Allow").empty(), r.status != 405) << what;
    }
}

TEST(webhook_handler, extracts_the_event) {
    auto options = with_secret();
    options.reading.vin = "header:X-Vehicle";
    const header_fields request_headers(http::header_list{{"X-Token", "s3cret"}, {"X-Vehicle", "VIN1"}});
    const auto decision = make_handler(options).handle({.method = "POST",
                                                        .target = "/events",
                                                        .body = R"({"id":"r-1","state":"failed","reason":"timeout"})",
                                                        .fields = &request_headers},
                                                       nullptr);
    ASSERT_EQ(decision.events.size(), 1U);
    EXPECT_EQ(decision.events[0].request_id, "r-1");
    EXPECT_EQ(decision.events[0].vin, "VIN1");
    EXPECT_EQ(decision.events[0].final_outcome, outcome::timed_out);
    EXPECT_EQ(decision.events[0].reason, "timeout");
}

TEST(webhook_handler, extracts_each_event_of_a_batch) {
    auto options = with_secret();
    options.reading.batch_path = "/events";
    const header_fields request_headers(http::header_list{{"X-Token", "s3cret"}});
    const auto handler = make_handler(options);
    const auto decide = [&](std::string_view body) {
        return handler.handle({.method = "POST", .target = "/events", .body = body, .fields = &request_headers},
                              nullptr);
    };
    const auto two =
        decide(R"({"events":[{"id":"r-1","state":"executed"},{"state":"x"},{"id":"r-2","state":"running"}]})");
    EXPECT_EQ(two.response.status, 200U);
    ASSERT_EQ(two.events.size(), 2U);
    EXPECT_EQ(two.events[0].request_id, "r-1");
    EXPECT_EQ(two.events[1].request_id, "r-2");
    EXPECT_EQ(two.unmapped, 1U);
    EXPECT_EQ(decide(R"({"events":[]})").response.status, 200U) << "no event, and nothing that should be one";
    EXPECT_EQ(decide(R"({"events":[{"state":"x"}]})").response.status, 400U);
    EXPECT_EQ(decide(executed).response.status, 400U) << "no list";
}

TEST(webhook_handler, accepts_an_intermediate_state) {
    const header_fields request_headers(http::header_list{{"X-Token", "s3cret"}});
    const auto decision = make_handler(with_secret())
                              .handle({.method = "POST",
                                       .target = "/events",
                                       .body = R"({"id":"r-1","state":"running"})",
                                       .fields = &request_headers},
                                      nullptr);
    EXPECT_EQ(decision.response.status, 200U);
    ASSERT_EQ(decision.events.size(), 1U);
    EXPECT_EQ(decision.events[0].final_outcome, std::nullopt);
}

TEST(webhook_handler, requires_the_signature_of_the_body) {
    const auto options = with_hmac();
    const auto handler = make_handler(options);
    const auto status = [&](const std::string& header, std::string_view body) {
        const header_fields request_headers(http::header_list{{"X-Signature", header}});
        return handler
            .handle({.method = "POST", .target = "/events", .body = body, .fields = &request_headers}, nullptr)
            .response.status;
    };
    const auto right = compute_signature(*options.hmac, executed);
    EXPECT_EQ(status(right, executed), 200U);
    EXPECT_EQ(status(right, R"({"id":"r-2","state":"executed"})"), 401U);
    EXPECT_EQ(status(right.substr(7), executed), 401U);
    EXPECT_EQ(status("", executed), 401U);
}

TEST(webhook_handler, requires_secret_and_signature_if_both_are_set) {
    auto options = with_hmac();
    options.secret = with_secret().secret;
    const auto handler = make_handler(options);
    const auto right = compute_signature(*options.hmac, executed);
    const auto status = [&](http::header_list headers) {
        const header_fields request_headers(std::move(headers));
        return handler
            .handle({.method = "POST", .target = "/events", .body = executed, .fields = &request_headers}, nullptr)
            .response.status;
    };
    EXPECT_EQ(status({{"X-Signature", right}, {"X-Token", "s3cret"}}), 200U);
    EXPECT_EQ(status({{"X-Signature", right}}), 401U);
    EXPECT_EQ(status({{"X-Token", "s3cret"}}), 401U);
    EXPECT_EQ(status({{"X-Signature", right}, {"X-Token", "wrong"}}), 401U);
}

TEST(webhook_handler, accepts_any_caller_without_a_secret) {
    const auto decision =
        make_handler({}).handle({.method = "POST", .target = "/events", .body = executed, .fields = nullptr}, nullptr);
    EXPECT_EQ(decision.response.status, 200U);
}

TEST(webhook_handler, refuses_ineffective_options) {
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
        const auto made = webhook_handler::make(r.options, "w");
        ASSERT_FALSE(made) << r.place;
        ASSERT_EQ(made.error().list.size(), 1U) << r.place;
        EXPECT_EQ(made.error().list.front().location, r.place);
    }
}

TEST(webhook_handler, responses_do_not_reveal_the_secret) {
    const header_fields request_headers(http::header_list{{"X-Token", "wrong"}});
    const auto decision =
        make_handler(with_secret())
            .handle({.method = "POST", .target = "/events", .body = executed, .fields = &request_headers}, nullptr);
    EXPECT_EQ(decision.response.body.find("s3cret"), std::string::npos);
}
