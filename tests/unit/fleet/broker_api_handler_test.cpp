// Request handler of the broker API: HTTP responses, delivered commands, faults, option checks.
#include "broker_api/handler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

namespace {

struct path_row {
    const char* pattern;
    const char* path;
    std::optional<std::string> vin;
    const char* why;
};

const path_row path_rows[] = {
    {"/vehicles/{vin}/commands", "/vehicles/A1/commands", "A1", "as written"},
    {"/vehicles/{vin}/commands", "/vehicles/A1/commands/", std::nullopt, "a level too many"},
    {"/vehicles/{vin}/commands", "/vehicles/A1", std::nullopt, "a level too few"},
    {"/vehicles/{vin}/commands", "/vehicles//commands", std::nullopt, "no level is empty"},
    {"/vehicles/{vin}/commands", "vehicles/A1/commands", std::nullopt, "no path"},
    {"/vehicles/{vin}/commands", "", std::nullopt, "nothing"},
    {"/vehicles/{vin}/commands", "/vehicles/A%2F1/commands", "A/1", "percent-encoded"},
    {"/vehicles/{vin}/commands", "/vehicles/A%2/commands", "A%2", "no encoding"},
    {"/v1/{tenant}/{vin}", "/v1/anybody/A1", "A1", "another level may be anything"},
    {"/publish", "/publish", "", "it says no vehicle"},
};

TEST(route_pattern, extracts_the_vin) {
    for (const auto& r : path_rows) EXPECT_EQ(route_pattern(r.pattern).match(r.path), r.vin) << r.path << ": " << r.why;
}

TEST(route_pattern, is_validated) {
    EXPECT_TRUE(route_pattern("/a/{vin}/b").valid());
    EXPECT_TRUE(route_pattern("/publish").valid());
    EXPECT_FALSE(route_pattern("/publish").has_vin());
    for (const auto* wrong : {"", "a/{vin}", "/a//b", "/{vin}/{vin}", "/a{vin}", "/a?b", "/"})
        EXPECT_FALSE(route_pattern(wrong).valid()) << wrong;
}

class fields final : public http::header_fields {
public:
    explicit fields(std::map<std::string, std::string> all) : all_(std::move(all)) {}
    std::string_view find(std::string_view name) const override {
        const auto at = all_.find(std::string(name));
        return at == all_.end() ? std::string_view{} : at->second;
    }

private:
    std::map<std::string, std::string> all_;
};

class broker_api_handler_test : public testing::Test {
protected:
    void open() {
        ASSERT_THAT(check(options_), IsEmpty());
        handler_.emplace(options_, 1);
        handler_->set_handlers(
            {.find_vehicle = [](std::string_view vin) -> std::optional<vehicle_id> {
                 if (vin == "CAR1") return vehicle_id{1};
                 return std::nullopt;
             },
             .on_command = [this](vehicle_id, delivered_command c) { commands_.push_back(std::move(c)); },
             .headers = {"X-Id"},
             .set_next_behaviour = [this](vehicle_id, const std::string& name) { behaviours_.push_back(name); },
             .behaviours = {"success", "timeout"}});
    }
    http::server_response request(std::string_view method, std::string_view target, std::string_view body = "{}",
                                  std::map<std::string, std::string> headers = {}) {
        const fields all(std::move(headers));
        return handler_->handle({.method = method, .target = target, .body = body, .fields = &all}, since_start_);
    }
    http::server_response command() { return request("POST", "/vehicles/CAR1/commands"); }

    broker_api_options options_;
    std::optional<broker_api_handler> handler_;
    nanoseconds since_start_{0};
    std::vector<delivered_command> commands_;
    std::vector<std::string> behaviours_;
};

TEST_F(broker_api_handler_test, passes_a_command_on) {
    options_.body = R"({"queued":true})";
    open();
    const auto got = request("POST", "/vehicles/CAR1/commands?x=1", "the payload", {{"X-Id", "r1"}, {"X-Other", "no"}});
    EXPECT_EQ(got.status, 202U);
    EXPECT_EQ(got.body, R"({"queued":true})");
    ASSERT_EQ(commands_.size(), 1U);
    EXPECT_EQ(commands_[0].topic, "vehicles/CAR1/commands");
    EXPECT_EQ(commands_[0].payload, "the payload");
    EXPECT_THAT(commands_[0].headers, ElementsAre(Pair("X-Id", "r1")));
    EXPECT_EQ(handler_->counts.accepted, 1U);
}

TEST_F(broker_api_handler_test, rejects_invalid_commands) {
    open();
    EXPECT_EQ(request("POST", "/elsewhere").status, 404U);
    EXPECT_EQ(request("POST", "/vehicles/CAR2/commands").status, 404U);
    const auto got = request("GET", "/vehicles/CAR1/commands");
    EXPECT_EQ(got.status, 405U);
    EXPECT_EQ(http::find_header(got.headers, "Allow"), "POST");
    EXPECT_THAT(commands_, IsEmpty());
    EXPECT_EQ(handler_->counts.malformed, 3U);
    EXPECT_THAT(handler_->counts.reasons,
                ElementsAre(Pair("broker-api: no such method", 1), Pair("broker-api: no such path", 1),
                            Pair("broker-api: no such vehicle", 1)));
}

TEST_F(broker_api_handler_test, is_not_ready_before_handlers_are_set) {
    broker_api_handler desk(options_, 1);
    EXPECT_EQ(desk.handle({.method = "POST", .target = "/vehicles/CAR1/commands"}, 0s).status, 503U);
}

TEST_F(broker_api_handler_test, extracts_the_vin_by_field_path) {
    options_.path = "/publish";
    options_.vin = "/to/car";
    open();
    EXPECT_EQ(request("POST", "/publish", R"({"to":{"car":"CAR1"}})").status, 202U);
    EXPECT_EQ(request("POST", "/publish", R"({"to":{}})").status, 404U);
    options_.vin = "header:X-Vehicle";
    open();
    EXPECT_EQ(request("POST", "/publish", "", {{"X-Vehicle", "CAR1"}}).status, 202U);
}

fault bad(fault::kind what, std::uint32_t every = 1) {
    fault b;
    b.what = what;
    b.rule.every = every;
    return b;
}

TEST_F(broker_api_handler_test, status_fault_drops_the_command) {
    auto many = bad(fault::kind::status, 2);
    many.status = 429;
    many.retry_after = 1500ms;
    options_.faults = {many};
    open();
    EXPECT_EQ(command().status, 202U);
    const auto got = command();
    EXPECT_EQ(got.status, 429U);
    EXPECT_EQ(http::find_header(got.headers, "Retry-After"), "2") << "whole seconds, and not too early";
    EXPECT_THAT(commands_, testing::SizeIs(1));
    EXPECT_EQ(handler_->counts.refused, 1U);
    EXPECT_EQ(handler_->counts.accepted, 1U);
}

TEST_F(broker_api_handler_test, reset_fault_drops_the_command) {
    options_.faults = {bad(fault::kind::reset)};
    open();
    EXPECT_EQ(command().kind, http::server_response::response_kind::reset);
    EXPECT_THAT(commands_, IsEmpty());
    EXPECT_EQ(handler_->counts.reset, 1U);
}

TEST_F(broker_api_handler_test, slow_fault_delays_the_response_not_the_command) {
    options_.faults = {bad(fault::kind::slow)};
    options_.faults[0].delay = 3s;
    open();
    const auto got = command();
    EXPECT_EQ(got.status, 202U);
    EXPECT_EQ(got.delay, 3s);
    EXPECT_THAT(commands_, testing::SizeIs(1));
    EXPECT_EQ(handler_->counts.delayed, 1U);
}

TEST_F(broker_api_handler_test, fault_bursts_count_from_load_start) {
    options_.faults = {bad(fault::kind::reset)};
    options_.faults[0].rule.every.reset();
    options_.faults[0].rule.window = fault_rule::burst{1s, 1s};
    open();
    since_start_ = -1ns;
    EXPECT_EQ(command().status, 202U);
    since_start_ = 1500ms;
    EXPECT_EQ(command().kind, http::server_response::response_kind::reset);
    since_start_ = 2s;
    EXPECT_EQ(command().kind, http::server_response::response_kind::normal);
}

TEST_F(broker_api_handler_test, sets_the_behaviour_of_the_next_command) {
    open();
    EXPECT_EQ(request("POST", "/vehicles/CAR1/behaviour", R"({"behaviour":"timeout"})").status, 200U);
    EXPECT_THAT(behaviours_, ElementsAre("timeout"));
    const auto unknown = request("POST", "/vehicles/CAR1/behaviour", R"({"behaviour":"fly"})");
    EXPECT_EQ(unknown.status, 404U);
    EXPECT_THAT(unknown.body, HasSubstr("success, timeout"));
    for (const auto* wrong : {"", "{", "[]", "{}", R"({"behaviour":1})"})
        EXPECT_EQ(request("POST", "/vehicles/CAR1/behaviour", wrong).status, 400U) << wrong;
    EXPECT_EQ(request("POST", "/vehicles/CAR2/behaviour", R"({"behaviour":"timeout"})").status, 404U);
    EXPECT_EQ(request("GET", "/vehicles/CAR1/behaviour").status, 405U);
    EXPECT_THAT(behaviours_, testing::SizeIs(1));
}

TEST_F(broker_api_handler_test, has_no_behaviour_path_without_a_handler) {
    handler_.emplace(options_, 1);
    handler_->set_handlers({.find_vehicle = [](std::string_view) { return std::nullopt; },
                            .on_command = [](vehicle_id, delivered_command) {}});
    EXPECT_EQ(request("POST", "/vehicles/CAR1/behaviour", R"({"behaviour":"timeout"})").status, 404U);
}

struct option_row {
    void (*change)(broker_api_options&);
    const char* place;
};

const option_row option_rows[] = {
    {[](auto& o) { o.listen = "here"; }, "listen"},
    {[](auto& o) { o.path = "commands"; }, "path"},
    {[](auto& o) { o.path = "/publish"; }, "path"},
    {[](auto& o) { o.vin = "?"; }, "vin"},
    {[](auto& o) { o.method = ""; }, "method"},
    {[](auto& o) { o.status = 404; }, "status"},
    {[](auto& o) { o.connections = 0; }, "connections"},
    {[](auto& o) { o.inbound.url = "mqtt://x"; }, "inbound.url"},
    {[](auto& o) { o.inbound.path = "words"; }, "inbound.path"},
    {[](auto& o) { o.inbound.path = "/in/{vni}"; }, "inbound.path"},
    {[](auto& o) {
         o.inbound.headers = {{"X-Car", "{nobody}"}};
     },
     "inbound.headers.X-Car"},
    {[](auto& o) { o.inbound.connections = 0; }, "inbound.connections"},
    {[](auto& o) { o.inbound.timeout = 0s; }, "inbound.timeout"},
    {[](auto& o) { o.faults = {bad(fault::kind::slow)}; }, "faults[0].slow"},
    {[](auto& o) {
         o.faults = {bad(fault::kind::reset), bad(fault::kind::status)};
         o.faults[1].status = 202;
     },
     "faults[1].status"},
    {[](auto& o) { o.faults = {bad(fault::kind::reset, 0)}; }, "faults[0].every"},
    {[](auto& o) {
         o.faults = {bad(fault::kind::reset)};
         o.faults[0].rule.probability = fraction{0.5};
     },
     "faults[0]"},
    {[](auto& o) {
         o.faults = {bad(fault::kind::reset)};
         o.faults[0].rule.window = fault_rule::burst{1s, 0s};
     },
     "faults[0].burst"},
    {[](auto& o) {
         o.faults = {bad(fault::kind::reset)};
         o.faults[0].retry_after = 1s;
     },
     "faults[0].retryAfter"},
};

TEST(broker_api_options, invalid_ones_are_reported) {
    EXPECT_THAT(check(broker_api_options{}), IsEmpty());
    for (const auto& r : option_rows) {
        broker_api_options o;
        r.change(o);
        const auto found = check(o);
        ASSERT_EQ(found.size(), 1U) << r.place;
        EXPECT_EQ(found[0].path, r.place);
        EXPECT_FALSE(found[0].text.empty());
    }
}

TEST(broker_api_options, headers_read_by_a_contract_are_listed) {
    contract::command_options o;
    EXPECT_THAT(headers_of(o), IsEmpty());
    o.id = "header:X-Request";
    o.parameters = {{"temperature", "/temp"}, {"tenant", "header:X-Tenant"}};
    EXPECT_THAT(headers_of(o), ElementsAre("X-Request", "X-Tenant"));
}

} // namespace
