// One message for many vehicles.
#include <loadsim/fleet/campaign.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace loadsim;

namespace {

const contract::known_names names{.data = {"plate"}, .segment = {"region"}, .captured = {}};
const std::vector<std::string> region{"eu-1"};

fleet::campaign_options recall() {
    return {.name = "recall",
            .segments = {"city"},
            .sent = {.topic = "all/{segment}/cmd", .payload = {.text = R"({"id":"{request.id}"})"}},
            .filter = "all/{segment}/cmd",
            .id = "/id"};
}

fleet::campaign compiled(const fleet::campaign_options& o) {
    auto made = fleet::campaign::compile(o, names, "campaigns[0]");
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
    const contract::values car{.vin = "V1", .segment = "city", .segment_variables = region};
    EXPECT_EQ(c.filter(car), "all/eu-1/V1/#");
    contract::composed sent;
    ASSERT_TRUE(c.compose({.segment = "city"}, sent));
    EXPECT_EQ(sent.topic, "all/city/cmd");
    EXPECT_EQ(sent.payload, R"({"id":"recall"})");
}

TEST(campaign, is_known_by_its_id_where_it_says_one) {
    const auto c = compiled(recall());
    EXPECT_TRUE(c.is_of({.topic = "t", .payload = R"({"id":"recall"})"}));
    EXPECT_FALSE(c.is_of({.topic = "t", .payload = R"({"id":"other"})"}));
    EXPECT_FALSE(c.is_of({.topic = "t", .payload = "no JSON"}));
    auto o = recall();
    o.id.clear();
    EXPECT_TRUE(compiled(o).is_of({.topic = "t", .payload = "anything"}));
}

TEST(campaign, goes_out_once_for_each_segment_when_it_speaks_of_one) {
    EXPECT_TRUE(compiled(recall()).by_segment());
    auto o = recall();
    o.sent.topic = "all/cmd";
    EXPECT_FALSE(compiled(o).by_segment());
    o.sent.payload.text = R"({"id":"{request.id}","where":"{segment.region}","n":"{random:uuid}"})";
    EXPECT_TRUE(compiled(o).by_segment());
    o.sent.payload.text = R"({"id":"{request.id}","n":"{random:uuid}"})";
    EXPECT_FALSE(compiled(o).by_segment()) << "chance alone makes no difference";
}

TEST(campaign, what_is_wrong_is_told_with_its_place_and_all_of_it) {
    auto o = recall();
    o.sent.topic = "all/{segmnt}/cmd";
    o.filter = "all/{request.id}";
    o.id = "id";
    const auto wrong = fleet::campaign::compile(o, names, "campaigns[2]");
    ASSERT_FALSE(wrong);
    std::vector<std::string> places;
    for (const auto& p : wrong.error().list) places.push_back(p.place);
    EXPECT_THAT(places, testing::UnorderedElementsAre("campaigns[2].topic", "campaigns[2].filter", "campaigns[2].id"));
}

} // namespace
