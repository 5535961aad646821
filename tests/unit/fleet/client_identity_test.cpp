// Client identity: templates of client id, user name and password.
#include <loadsim/fleet/client_identity.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace loadsim;

namespace {

const contract::scenario_symbols identity_symbols{.data = {"user", "secret"}, .segment = {"region"}, .captured = {}};
const std::vector<std::string> identity_row{"anna", "s3cret"};
const std::vector<std::string> identity_region{"eu"};

contract::template_values identity_values() {
    return {.vin = "LZ9SMEV00TF000001",
            .index = 4,
            .segment = "city",
            .data = identity_row,
            .segment_variables = identity_region};
}

fleet::client_identity filled(const fleet::identity_templates& forms) {
    fleet::client_identity shown{.client_id = "left", .user_name = "over", .password = "from before"};
    forms.render(identity_values(), shown);
    return shown;
}

TEST(client_identity, default_client_id_is_the_vin_without_credentials) {
    const auto shown = filled(fleet::identity_templates::compile({}, {}).value());
    EXPECT_EQ(shown.client_id, "LZ9SMEV00TF000001");
    EXPECT_EQ(shown.user_name, "");
    EXPECT_EQ(shown.password, "");
}

TEST(client_identity, all_three_are_templates) {
    const fleet::mqtt_options o{.session = {},
                                .client_id = "{segment}-{segment.region}-{index}",
                                .user = "{data.user}@{vin}",
                                .password = "{data.secret}"};
    const auto shown = filled(fleet::identity_templates::compile(o, identity_symbols).value());
    EXPECT_EQ(shown.client_id, "city-eu-4");
    EXPECT_EQ(shown.user_name, "anna@LZ9SMEV00TF000001");
    EXPECT_EQ(shown.password, "s3cret");
}

TEST(client_identity, wrong_credentials_keep_the_client_id) {
    const fleet::mqtt_options o{.session = {}, .client_id = "c-{index}", .user = "right", .password = "right"};
    const vehicle::credentials claimed{.user = "not-{vin}", .password = "wrong"};
    const auto shown = filled(fleet::identity_templates::compile(o, claimed, identity_symbols).value());
    EXPECT_EQ(shown.client_id, "c-4");
    EXPECT_EQ(shown.user_name, "not-LZ9SMEV00TF000001");
    EXPECT_EQ(shown.password, "wrong");
}

TEST(client_identity, all_errors_are_reported_with_their_location) {
    const fleet::mqtt_options o{.session = {}, .client_id = "{vim}", .user = "{data.usr}", .password = "{now:ms}"};
    const auto wrong = fleet::identity_templates::compile(o, identity_symbols);
    ASSERT_FALSE(wrong);
    std::vector<std::string> places;
    for (const auto& p : wrong.error().list) places.push_back(p.location);
    EXPECT_THAT(places, testing::ElementsAre("fleet.mqtt.clientId", "fleet.mqtt.user", "fleet.mqtt.password"));
    EXPECT_THAT(wrong.error().list[0].text, testing::HasSubstr("vin")) << "the nearest known name";
}

} // namespace
