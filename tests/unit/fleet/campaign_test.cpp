// Campaign: compilation, addressing and messages.
#include <loadsim/fleet/campaign.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace loadsim;

namespace {

const contract::scenario_symbols campaign_symbols{.data = {"plate"}, .segment = {"region"}, .captured = {}};
const std::vector<std::string> campaign_region{"eu-1"};

fleet::campaign_options recall() {
    return {.name = "recall",
            .segments = {"city"},
            .message = {.topic = "all/{segment}/cmd", .payload = {.text = R"({"id":"{request.id}"})"}},
            .filter = "all/{segment}/cmd",
            .id = "/id"};
}

fleet::campaign compiled(const fleet::campaign_options& o) {
    auto made = fleet::campaign::compile(o, campaign_symbols, "campaigns[0]");
    EXPECT_TRUE(made) << to_string(made.error());
    return std::move(*made);
}

TEST(campaign, addresses_its_segments_or_all) {
    EXPECT_TRUE(compiled(recall()).addresses("city"));
    EXPECT_FALSE(compiled(recall()).addresses("land"));
    auto all = recall();
    all.segments.clear();
    EXPECT_TRUE(compiled(all).addresses("land"));
}

TEST(campaign, message_and_filter_are_templates_and_the_id_is_its_name) {
    auto o = recall();
    o.filter = "all/{segment.region}/{vin}/#";
    const auto c = compiled(o);
    const contract::template_values car{.vin = "V1", .segment = "city", .segment_variables = campaign_region};
    EXPECT_EQ(c.filter(car), "all/eu-1/V1/#");
    contract::outgoing_message sent;
    ASSERT_TRUE(c.compose({.segment = "city"}, sent));
    EXPECT_EQ(sent.topic, "all/city/cmd");
    EXPECT_EQ(sent.payload, R"({"id":"recall"})");
}

TEST(campaign, is_matched_by_its_id_if_it_has_one) {
    const auto c = compiled(recall());
    EXPECT_TRUE(c.matches({.topic = "t", .payload = R"({"id":"recall"})"}));
    EXPECT_FALSE(c.matches({.topic = "t", .payload = R"({"id":"other"})"}));
    EXPECT_FALSE(c.matches({.topic = "t", .payload = "no JSON"}));
    auto o = recall();
    o.id.clear();
    EXPECT_TRUE(compiled(o).matches({.topic = "t", .payload = "anything"}));
}

TEST(campaign, is_sent_once_per_segment_if_it_names_one) {
    EXPECT_TRUE(compiled(recall()).by_segment());
    auto o = recall();
    o.message.topic = "all/cmd";
    EXPECT_FALSE(compiled(o).by_segment());
    o.message.payload.text = R"({"id":"{request.id}","where":"{segment.region}","n":"{random:uuid}"})";
    EXPECT_TRUE(compiled(o).by_segment());
    o.message.payload.text = R"({"id":"{request.id}","n":"{random:uuid}"})";
    EXPECT_FALSE(compiled(o).by_segment()) << "chance alone makes no difference";
}

TEST(campaign, all_errors_are_reported_with_their_location) {
    auto o = recall();
    o.message.topic = "all/{segmnt}/cmd";
    o.filter = "all/{request.id}";
    o.id = "id";
    const auto wrong = fleet::campaign::compile(o, campaign_symbols, "campaigns[2]");
    ASSERT_FALSE(wrong);
    std::vector<std::string> places;
    for (const auto& p : wrong.error().list) places.push_back(p.location);
    EXPECT_THAT(places, testing::UnorderedElementsAre("campaigns[2].topic", "campaigns[2].filter", "campaigns[2].id"));
}

} // namespace
