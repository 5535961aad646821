// Who vehicles say they are.
#include <loadsim/fleet/papers.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace loadsim;

namespace {

const contract::known_names names{.data = {"user", "secret"}, .segment = {"region"}, .captured = {}};
const std::vector<std::string> row{"anna", "s3cret"};
const std::vector<std::string> region{"eu"};

contract::values somebody() {
    return {.vin = "LZ9SMEV00TF000001", .index = 4, .segment = "city", .data = row, .segment_variables = region};
}

fleet::papers filled(const fleet::paper_forms& forms) {
    fleet::papers shown{.name = "left", .user = "over", .password = "from before"};
    forms.fill(somebody(), shown);
    return shown;
}

TEST(papers, default_name_is_the_vin_and_nothing_else_is_shown) {
    const auto shown = filled(fleet::paper_forms::compile({}, {}).value());
    EXPECT_EQ(shown.name, "LZ9SMEV00TF000001");
    EXPECT_EQ(shown.user, "");
    EXPECT_EQ(shown.password, "");
}

TEST(papers, all_three_are_templates) {
    const fleet::mqtt_options o{.session = {},
                                .client_id = "{segment}-{segment.region}-{index}",
                                .user = "{data.user}@{vin}",
                                .password = "{data.secret}"};
    const auto shown = filled(fleet::paper_forms::compile(o, names).value());
    EXPECT_EQ(shown.name, "city-eu-4");
    EXPECT_EQ(shown.user, "anna@LZ9SMEV00TF000001");
    EXPECT_EQ(shown.password, "s3cret");
}

TEST(papers, who_claims_to_be_somebody_else_has_the_same_name) {
    const fleet::mqtt_options o{.session = {}, .client_id = "c-{index}", .user = "right", .password = "right"};
    const vehicle::credentials claimed{.user = "not-{vin}", .password = "wrong"};
    const auto shown = filled(fleet::paper_forms::compile(o, claimed, names).value());
    EXPECT_EQ(shown.name, "c-4");
    EXPECT_EQ(shown.user, "not-LZ9SMEV00TF000001");
    EXPECT_EQ(shown.password, "wrong");
}

TEST(papers, what_is_wrong_is_told_with_its_place_and_all_of_it) {
    const fleet::mqtt_options o{.session = {}, .client_id = "{vim}", .user = "{data.usr}", .password = "{now:ms}"};
    const auto wrong = fleet::paper_forms::compile(o, names);
    ASSERT_FALSE(wrong);
    std::vector<std::string> places;
    for (const auto& p : wrong.error().list) places.push_back(p.place);
    EXPECT_THAT(places, testing::ElementsAre("fleet.mqtt.clientId", "fleet.mqtt.user", "fleet.mqtt.password"));
    EXPECT_THAT(wrong.error().list[0].text, testing::HasSubstr("vin")) << "the nearest known name";
}

} // namespace
