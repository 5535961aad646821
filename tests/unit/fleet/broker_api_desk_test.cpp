// What requests to the broker's API get, and what reaches a vehicle.
#include "command_path.hpp"
#include "front_desk.hpp"

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

TEST(command_path, finds_the_vehicle) {
    for (const auto& r : path_rows) EXPECT_EQ(command_path(r.pattern).match(r.path), r.vin) << r.path << ": " << r.why;
}

TEST(command_path, says_whether_it_can_be_one) {
    EXPECT_TRUE(command_path("/a/{vin}/b").usable());
    EXPECT_TRUE(command_path("/publish").usable());
    EXPECT_FALSE(command_path("/publish").says_vin());
    for (const auto* wrong : {"", "a/{vin}", "/a//b", "/{vin}/{vin}", "/a{vin}", "/a?b", "/"})
        EXPECT_FALSE(command_path(wrong).usable()) << wrong;
}

class fields final : public http::field_source {
public:
    explicit fields(std::map<std::string, std::string> all) : all_(std::move(all)) {}
    std::string_view find(std::string_view name) const override {
        const auto at = all_.find(std::string(name));
        return at == all_.end() ? std::string_view{} : at->second;
    }

private:
    std::map<std::string, std::string> all_;
};

class broker_api_desk : public testing::Test {
protected:
    void open() {
        ASSERT_THAT(check(options_), IsEmpty());
        desk_.emplace(options_, 1);
        desk_->tell({.found = [](std::string_view vin) -> std::optional<vehicle_id> {
                         if (vin == "CAR1") return vehicle_id{1};
                         return std::nullopt;
                     },
                     .command = [this](vehicle_id, broker_api_command c) { came_.push_back(std::move(c)); },
                     .headers = {"X-Id"},
                     .next = [this](vehicle_id, const std::string& name) { set_.push_back(name); },
                     .behaviours = {"success", "timeout"}});
    }
    http::reply ask(std::string_view method, std::string_view target, std::string_view body = "{}",
                    std::map<std::string, std::string> headers = {}) {
        const fields all(std::move(headers));
        return desk_->answer({.method = method, .target = target, .body = body, .fields = &all}, since_);
    }
    http::reply command() { return ask("POST", "/vehicles/CAR1/commands"); }

    broker_api_options options_;
    std::optional<front_desk> desk_;
    nanoseconds since_{0};
    std::vector<broker_api_command> came_;
    std::vector<std::string> set_;
};

TEST_F(broker_api_desk, hands_a_command_on) {
    options_.body = R"({"queued":true})";
    open();
    const auto got = ask("POST", "/vehicles/CAR1/commands?x=1", "the payload", {{"X-Id", "r1"}, {"X-Other", "no"}});
    EXPECT_EQ(got.status, 202U);
    EXPECT_EQ(got.body, R"({"queued":true})");
    ASSERT_EQ(came_.size(), 1U);
    EXPECT_EQ(came_[0].topic, "vehicles/CAR1/commands");
    EXPECT_EQ(came_[0].payload, "the payload");
    EXPECT_THAT(came_[0].headers, ElementsAre(Pair("X-Id", "r1")));
    EXPECT_EQ(desk_->counted.accepted, 1U);
}

TEST_F(broker_api_desk, turns_away_what_is_no_command) {
    open();
    EXPECT_EQ(ask("POST", "/elsewhere").status, 404U);
    EXPECT_EQ(ask("POST", "/vehicles/CAR2/commands").status, 404U);
    const auto got = ask("GET", "/vehicles/CAR1/commands");
    EXPECT_EQ(got.status, 405U);
    EXPECT_EQ(http::find(got.headers, "Allow"), "POST");
    EXPECT_THAT(came_, IsEmpty());
    EXPECT_EQ(desk_->counted.malformed, 3U);
    EXPECT_THAT(desk_->counted.reasons,
                ElementsAre(Pair("broker-api: no such method", 1), Pair("broker-api: no such path", 1),
                            Pair("broker-api: no such vehicle", 1)));
}

TEST_F(broker_api_desk, is_not_ready_before_it_is_told) {
    front_desk desk(options_, 1);
    EXPECT_EQ(desk.answer({.method = "POST", .target = "/vehicles/CAR1/commands"}, 0s).status, 503U);
}

TEST_F(broker_api_desk, finds_the_vehicle_where_it_is_said) {
    options_.path = "/publish";
    options_.vin = "/to/car";
    open();
    EXPECT_EQ(ask("POST", "/publish", R"({"to":{"car":"CAR1"}})").status, 202U);
    EXPECT_EQ(ask("POST", "/publish", R"({"to":{}})").status, 404U);
    options_.vin = "header:X-Vehicle";
    open();
    EXPECT_EQ(ask("POST", "/publish", "", {{"X-Vehicle", "CAR1"}}).status, 202U);
}

badness bad(badness::kind what, std::uint32_t every = 1) {
    badness b;
    b.what = what;
    b.every = every;
    return b;
}

TEST_F(broker_api_desk, refuses_on_purpose_and_the_command_reaches_nobody) {
    auto many = bad(badness::kind::status, 2);
    many.status = 429;
    many.retry_after = 1500ms;
    options_.badness = {many};
    open();
    EXPECT_EQ(command().status, 202U);
    const auto got = command();
    EXPECT_EQ(got.status, 429U);
    EXPECT_EQ(http::find(got.headers, "Retry-After"), "2") << "whole seconds, and not too early";
    EXPECT_THAT(came_, testing::SizeIs(1));
    EXPECT_EQ(desk_->counted.refused, 1U);
    EXPECT_EQ(desk_->counted.accepted, 1U);
}

TEST_F(broker_api_desk, resets_on_purpose_and_the_command_reaches_nobody) {
    options_.badness = {bad(badness::kind::reset)};
    open();
    EXPECT_EQ(command().how, http::reply::manner::reset);
    EXPECT_THAT(came_, IsEmpty());
    EXPECT_EQ(desk_->counted.reset, 1U);
}

TEST_F(broker_api_desk, answers_late_on_purpose_and_the_command_is_on_its_way) {
    options_.badness = {bad(badness::kind::slow)};
    options_.badness[0].by = 3s;
    open();
    const auto got = command();
    EXPECT_EQ(got.status, 202U);
    EXPECT_EQ(got.after, 3s);
    EXPECT_THAT(came_, testing::SizeIs(1));
    EXPECT_EQ(desk_->counted.slowed, 1U);
}

TEST_F(broker_api_desk, has_bursts_from_the_loads_start) {
    options_.badness = {bad(badness::kind::reset)};
    options_.badness[0].every.reset();
    options_.badness[0].only = badness::burst{1s, 1s};
    open();
    since_ = -1ns;
    EXPECT_EQ(command().status, 202U);
    since_ = 1500ms;
    EXPECT_EQ(command().how, http::reply::manner::reset);
    since_ = 2s;
    EXPECT_EQ(command().how, http::reply::manner::answer);
}

TEST_F(broker_api_desk, takes_a_behaviour_for_the_next_command) {
    open();
    EXPECT_EQ(ask("POST", "/vehicles/CAR1/behaviour", R"({"behaviour":"timeout"})").status, 200U);
    EXPECT_THAT(set_, ElementsAre("timeout"));
    const auto unknown = ask("POST", "/vehicles/CAR1/behaviour", R"({"behaviour":"fly"})");
    EXPECT_EQ(unknown.status, 404U);
    EXPECT_THAT(unknown.body, HasSubstr("success, timeout"));
    for (const auto* wrong : {"", "{", "[]", "{}", R"({"behaviour":1})"})
        EXPECT_EQ(ask("POST", "/vehicles/CAR1/behaviour", wrong).status, 400U) << wrong;
    EXPECT_EQ(ask("POST", "/vehicles/CAR2/behaviour", R"({"behaviour":"timeout"})").status, 404U);
    EXPECT_EQ(ask("GET", "/vehicles/CAR1/behaviour").status, 405U);
    EXPECT_THAT(set_, testing::SizeIs(1));
}

TEST_F(broker_api_desk, has_no_behaviours_where_nobody_takes_them) {
    desk_.emplace(options_, 1);
    desk_->tell(
        {.found = [](std::string_view) { return std::nullopt; }, .command = [](vehicle_id, broker_api_command) {}});
    EXPECT_EQ(ask("POST", "/vehicles/CAR1/behaviour", R"({"behaviour":"timeout"})").status, 404U);
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
    {[](auto& o) { o.badness = {bad(badness::kind::slow)}; }, "badness[0].slow"},
    {[](auto& o) {
         o.badness = {bad(badness::kind::reset), bad(badness::kind::status)};
         o.badness[1].status = 202;
     },
     "badness[1].status"},
    {[](auto& o) { o.badness = {bad(badness::kind::reset, 0)}; }, "badness[0].every"},
    {[](auto& o) {
         o.badness = {bad(badness::kind::reset)};
         o.badness[0].probability = share{0.5};
     },
     "badness[0]"},
    {[](auto& o) {
         o.badness = {bad(badness::kind::reset)};
         o.badness[0].only = badness::burst{1s, 0s};
     },
     "badness[0].burst"},
    {[](auto& o) {
         o.badness = {bad(badness::kind::reset)};
         o.badness[0].retry_after = 1s;
     },
     "badness[0].retryAfter"},
};

TEST(broker_api_options, that_make_no_sense_are_found) {
    EXPECT_THAT(check(broker_api_options{}), IsEmpty());
    for (const auto& r : option_rows) {
        broker_api_options o;
        r.change(o);
        const auto found = check(o);
        ASSERT_EQ(found.size(), 1U) << r.place;
        EXPECT_EQ(found[0].place, r.place);
        EXPECT_FALSE(found[0].text.empty());
    }
}

TEST(broker_api_options, headers_that_a_contract_looks_for_are_known) {
    contract::command_options o;
    EXPECT_THAT(headers_of(o), IsEmpty());
    o.id = "header:X-Request";
    o.parameters = {{"temperature", "/temp"}, {"tenant", "header:X-Tenant"}};
    EXPECT_THAT(headers_of(o), ElementsAre("X-Request", "X-Tenant"));
}

} // namespace
