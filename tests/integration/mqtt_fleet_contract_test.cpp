// MQTT fleet and its message contract: custom commands and responses, campaigns.
#include "mqtt_fleet_platform_fixture.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/driver/publisher.hpp>
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
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet::mqtt_fleet_tests;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

// Contracts.

TEST_F(mqtt_fleet_test, custom_contract_is_used_for_commands_and_responses) {
    set_behaviour({respond_with(response_step::kind::ack), executed_step});
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
    std::vector<std::string> messages;
    platform_.on_custom_message = [&](const mqtt::message& m) {
        messages.push_back(fmt::format("{} {} {} [{}] [{}]", m.topic, m.payload, m.content_type,
                                       mqtt::user_property(m, "req"), m.correlation_data));
    };
    connect_and_begin_load();
    platform_.send({.topic = "in/" + vin() + "/climate",
                    .payload = R"({"meta":{"no":77},"args":{"grade":21.5}})",
                    .quality = mqtt::qos::at_least_once,
                    .correlation_data = "c1"});
    ASSERT_TRUE(run_until([&] { return messages.size() == 2; }));
    EXPECT_THAT(messages,
                ElementsAre("out/" + vin() + "/ack ok 77  [] [c1]",
                            "out/" + vin() + R"(/climate {"re":77,"did":"21.5"} application/json [77] [c1])"));
    EXPECT_THAT(finished_, ElementsAre("77 executed "));
    EXPECT_THAT(malformed_payloads_, IsEmpty());
    EXPECT_THAT(fleet_->take_unmatched_fields(), IsEmpty());
}

TEST_F(mqtt_fleet_test, command_id_is_read_from_a_user_property) {
    auto failed = respond_with(response_step::kind::failed);
    failed.response.code = "door_open";
    set_behaviour({failed});
    contract_.command.id = "property:req";
    connect_and_begin_load();
    const std::vector<std::pair<std::string, std::string>> named{{"other", "x"}, {"req", "r9"}};
    const auto topic = backend::command_topic(vin(), "horn");
    platform_.send({.topic = topic, .payload = "no JSON at all", .user_properties = named});
    ASSERT_TRUE(run_until([&] { return responded("r9"); }));
    EXPECT_THAT(finished_, ElementsAre("r9 failed door_open"));
}

TEST_F(mqtt_fleet_test, unmatched_pointer_is_reported_with_a_sample_message) {
    contract_.command.id = "/request";
    connect_and_begin_load();
    for (int i = 0; i < 20; ++i) send_command(fmt::format("r{}", i));
    ASSERT_TRUE(run_until([&] { return malformed_payloads_.size() == 20; }));
    const auto unmatched = fleet_->take_unmatched_fields();
    ASSERT_EQ(unmatched.size(), 1U);
    EXPECT_THAT(unmatched[0], testing::HasSubstr("contract.command.id"));
    EXPECT_THAT(unmatched[0], testing::HasSubstr(R"({"id":"r0")"));
    EXPECT_THAT(fleet_->take_unmatched_fields(), IsEmpty()) << "once";
}

TEST_F(mqtt_fleet_test, unrenderable_payload_is_counted) {
    set_behaviour({executed_step});
    contract_.executed.payload = {.text = "{request.id}", .format = contract::payload_options::payload_format::hex};
    connect_and_begin_load();
    send_command("no hex");
    ASSERT_TRUE(run_until([&] { return delivered("no hex"); }));
    EXPECT_THAT(total_counts().sessions.reasons,
                ElementsAre(testing::Pair("response not sent: contract.executed.payload is no hex", 1)));
    EXPECT_THAT(finished_, IsEmpty());
}

// Campaigns.

TEST_F(mqtt_fleet_test, campaign_reaches_its_segments) {
    options_.vehicles = 10;
    options_.connect_rate = {5000};
    options_.segments = {{"city", {0.5}, "tested"}, {"land", {0.5}, "tested"}};
    campaigns_ = {{.name = "recall",
                   .segments = {"city"},
                   .message = {.topic = "all/{segment}/cmd", .payload = {.text = R"({"id":"{request.id}"})"}},
                   .filter = "all/{segment}/+",
                   .id = "/id"},
                  {.name = "news",
                   .message = {.topic = "all/news", .payload = {.text = "{request.id}"}},
                   .filter = "all/news",
                   .id = {}}};
    ASSERT_NO_FATAL_FAILURE(connect(broker_));
    ASSERT_TRUE(run_until([&] { return fleet_->online() == 10; }));
    begin_load();
    driver::publisher sender(loop_, {.client_id = "sender", .brokers = {endpoint_of(broker_)}});
    std::optional<std::string> ready;
    sender.start([&](std::string error) { ready = std::move(error); });
    ASSERT_TRUE(run_until([&] { return ready.has_value(); }));
    EXPECT_EQ(*ready, "");
    std::vector<std::string> done;
    for (const auto& o : campaigns_) {
        const auto one = fleet::campaign::compile(o, {}, o.name).value();
        contract::outgoing_message m;
        ASSERT_TRUE(one.compose({.segment = "city"}, m));
        sender.publish(m, [&](std::string error) { done.push_back(std::move(error)); });
    }
    ASSERT_TRUE(run_until([&] { return done.size() == 2 && campaign_deliveries_.size() >= 15; }));
    EXPECT_THAT(done, ElementsAre("", ""));
    run_to(100ms);
    EXPECT_EQ(campaign_deliveries_.size(), 15U);
    for (std::uint32_t i = 0; i < 10; ++i) {
        const bool in_city = segment_of(i) == 0;
        EXPECT_EQ(std::ranges::count(campaign_deliveries_, fmt::format("{} has 0", i)), in_city ? 1 : 0);
        EXPECT_EQ(std::ranges::count(campaign_deliveries_, fmt::format("{} has 1", i)), 1);
    }
    platform_.send("all/city/cmd", R"({"id":"something else"})", mqtt::qos::at_least_once);
    ASSERT_TRUE(run_until([&] { return delivered("something else"); })) << "it is a command like any other";
    EXPECT_EQ(campaign_deliveries_.size(), 15U);
    sender.stop();
}

} // namespace
