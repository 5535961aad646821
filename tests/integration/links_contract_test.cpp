// Real vehicles and their contract: commands and words as somebody else has them, telemetry, campaigns.
#include "links.hpp"

#include <loadsim/contract/options.hpp>
#include <loadsim/contract/terms.hpp>
#include <loadsim/contract/topics.hpp>
#include <loadsim/drive/publisher.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet::linked;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Gt;
using testing::IsEmpty;
using testing::Lt;

namespace {

// Contracts.

TEST_F(links, contract_of_somebody_else_is_understood_and_spoken) {
    behave({say(word::kind::ack), executed});
    contract_.command.filter = "in/{vin}/+";
    contract_.command.id = "/meta/no";
    contract_.command.service = "topic[2]";
    contract_.command.parameters = {{"grade", "/args/grade"}};
    contract_.ack.topic = "out/{vin}/ack";
    contract_.ack.payload.text = "ok {request.id}";
    contract_.executed.topic = "out/{vin}/{service}";
    contract_.executed.payload.text = R"({"re":{command:/meta/no},"did":"{parameter.grade}"})";
    contract_.executed.user_properties = {{"req", "{request.id}"}};
    contract_.executed.content_type = "application/json";
    std::vector<std::string> heard;
    platform_.foreign = [&](const mqtt::message& m) {
        heard.push_back(fmt::format("{} {} {} [{}] [{}]", m.topic, m.payload, m.content_type,
                                    mqtt::user_property(m, "req"), m.correlation_data));
    };
    begin();
    platform_.send({.topic = "in/" + vin() + "/climate",
                    .payload = R"({"meta":{"no":77},"args":{"grade":21.5}})",
                    .quality = mqtt::qos::at_least_once,
                    .correlation_data = "c1"});
    ASSERT_TRUE(until([&] { return heard.size() == 2; }));
    EXPECT_THAT(heard, ElementsAre("out/" + vin() + "/ack ok 77  [] [c1]",
                                   "out/" + vin() + R"(/climate {"re":77,"did":"21.5"} application/json [77] [c1])"));
    EXPECT_THAT(finished_, ElementsAre("77 executed "));
    EXPECT_THAT(malformed_, IsEmpty());
    EXPECT_THAT(fleet_->misfits(), IsEmpty());
}

TEST_F(links, command_may_say_its_id_in_a_user_property) {
    auto failed = say(word::kind::failed);
    failed.said.code = "door_open";
    behave({failed});
    contract_.command.id = "property:req";
    begin();
    const std::vector<std::pair<std::string, std::string>> named{{"other", "x"}, {"req", "r9"}};
    const auto topic = contract::command_topic(vin(), "horn");
    platform_.send({.topic = topic, .payload = "no JSON at all", .user_properties = named});
    ASSERT_TRUE(until([&] { return heard("r9"); }));
    EXPECT_THAT(finished_, ElementsAre("r9 failed door_open"));
}

TEST_F(links, pointer_that_never_fits_is_told_with_a_message) {
    contract_.command.id = "/request";
    begin();
    for (int i = 0; i < 20; ++i) command(fmt::format("r{}", i));
    ASSERT_TRUE(until([&] { return malformed_.size() == 20; }));
    const auto told = fleet_->misfits();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_THAT(told[0], testing::HasSubstr("contract.command.id"));
    EXPECT_THAT(told[0], testing::HasSubstr(R"({"id":"r0")"));
    EXPECT_THAT(fleet_->misfits(), IsEmpty()) << "once";
}

TEST_F(links, payload_that_cannot_be_made_is_counted) {
    behave({executed});
    contract_.executed.payload = {.text = "{request.id}", .as = contract::payload_options::form::hex};
    begin();
    command("no hex");
    ASSERT_TRUE(until([&] { return delivered("no hex"); }));
    EXPECT_THAT(seen().sessions.reasons, ElementsAre(testing::Pair("answer not sent: its payload cannot be made", 1)));
    EXPECT_THAT(finished_, IsEmpty());
}

// Telemetry.

TEST_F(links, telemetry_comes_from_everybody_in_turn) {
    options_.vehicles = 20;
    options_.connect_rate = {5000};
    contract_.telemetry = contract::telemetry_options{
        .sent = {.topic = "out/{vin}/telemetry", .payload = {.text = R"({"n":{seq},"at":{now:ms}})"}}, .every = 200ms};
    std::vector<std::pair<std::string, double>> heard;
    platform_.foreign = [&](const mqtt::message& m) { heard.emplace_back(m.topic.substr(4, 17), ms()); };
    begin();
    EXPECT_THAT(heard, IsEmpty()) << "not before the load";
    run_to(795ms);
    fleet_->stop();
    ASSERT_TRUE(until([&] { return heard.size() == 80; })) << heard.size();
    std::map<std::string, int> by_car;
    std::map<int, int> by_window; // of 50 ms
    for (const auto& [car, at] : heard) ++by_car[car], ++by_window[static_cast<int>(at / 50)];
    EXPECT_EQ(by_car.size(), 20U);
    for (const auto& [car, count] : by_car) EXPECT_EQ(count, 4) << car;
    for (const auto& [window, count] : by_window) EXPECT_THAT(count, testing::AllOf(Gt(1), Lt(10))) << window;
    EXPECT_GE(loop_.moved.published, 80U) << "counted as messages";
}

TEST_F(links, who_is_silent_misses_its_telemetry) {
    contract_.telemetry =
        contract::telemetry_options{.sent = {.topic = "out/t", .payload = {.text = "{seq}"}}, .every = 100ms};
    std::vector<std::string> heard;
    platform_.foreign = [&](const mqtt::message& m) { heard.emplace_back(m.payload); };
    befall(condition::kind::tunnel, 50ms, 300ms);
    begin();
    ASSERT_TRUE(until([&] { return heard.size() == 3; }));
    EXPECT_THAT(heard, ElementsAre("1", "5", "6")) << "what it would have said in the tunnel is not said afterwards";
}

// Campaigns.

TEST_F(links, campaign_reaches_those_that_it_addresses) {
    options_.vehicles = 10;
    options_.connect_rate = {5000};
    options_.segments = {{"city", {0.5}, "tested"}, {"land", {0.5}, "tested"}};
    campaigns_ = {{.name = "recall",
                   .segments = {"city"},
                   .sent = {.topic = "all/{segment}/cmd", .payload = {.text = R"({"id":"{request.id}"})"}},
                   .filter = "all/{segment}/+",
                   .id = "/id"},
                  {.name = "news",
                   .sent = {.topic = "all/news", .payload = {.text = "{request.id}"}},
                   .filter = "all/news",
                   .id = {}}};
    ASSERT_NO_FATAL_FAILURE(connect(broker_));
    ASSERT_TRUE(until([&] { return fleet_->online() == 10; }));
    begin_load();
    drive::publisher sender(loop_, {.name = "sender", .brokers = {address_of(broker_)}});
    std::optional<std::string> ready;
    sender.start([&](std::string trouble) { ready = std::move(trouble); });
    ASSERT_TRUE(until([&] { return ready.has_value(); }));
    EXPECT_EQ(*ready, "");
    std::vector<std::string> done;
    for (const auto& o : campaigns_) {
        const auto one = fleet::campaign::compile(o, {}, o.name).value();
        contract::composed m;
        ASSERT_TRUE(one.compose({.segment = "city"}, m));
        sender.publish(m, [&](std::string trouble) { done.push_back(std::move(trouble)); });
    }
    ASSERT_TRUE(until([&] { return done.size() == 2 && got_.size() >= 15; }));
    EXPECT_THAT(done, ElementsAre("", ""));
    run_to(100ms);
    EXPECT_EQ(got_.size(), 15U);
    for (std::uint32_t i = 0; i < 10; ++i) {
        const bool in_city = segment_of(i) == 0;
        EXPECT_EQ(std::ranges::count(got_, fmt::format("{} has 0", i)), in_city ? 1 : 0);
        EXPECT_EQ(std::ranges::count(got_, fmt::format("{} has 1", i)), 1);
    }
    platform_.send("all/city/cmd", R"({"id":"something else"})", mqtt::qos::at_least_once);
    ASSERT_TRUE(until([&] { return delivered("something else"); })) << "it is a command like any other";
    EXPECT_EQ(got_.size(), 15U);
    sender.stop();
}

} // namespace
