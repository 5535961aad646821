// Who may use the embedded broker.
#include "process/broker_access.hpp"

#include "plan_from_text.hpp"

#include <loadsim/vehicle/segment.hpp>

#include <gmock/gmock.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace loadsim;
using namespace loadsim::run;
using testing::HasSubstr;
using testing::Not;

namespace {

constexpr std::string_view segments =
    "fleet: {vehicles: 3, segments: [{name: eu, share: 50%}, {name: us, share: 50%}]}\n";

struct rules_of {
    rules_of(std::string_view more, fleet_partition partition = {})
        : from("name: t\nload: {phases: [{duration: 1s, arrivalCount: 1}]}\n" + std::string(more)),
          text(access_rules_of(from.scenario, from.compiled, partition).text()) {}

    std::string vin(std::uint32_t i) const { return from.compiled.registry.vin_of(vehicle_id{i}); }
    std::string role(const std::string& user) const {
        const auto begin = text.find(R"({"rolename":")" + user + R"(","acls":[)");
        return begin == std::string::npos ? "" : text.substr(begin, text.find(']', begin) - begin + 2);
    }

    plan_from_text from;
    std::string text;
};

std::string subscribe(const std::string& filter) {
    return R"({"acltype":"subscribeLiteral","topic":")" + filter + R"(","allow":true})";
}
std::string publish(const std::string& filter) {
    return R"({"acltype":"publishClientSend","topic":")" + filter + R"(","allow":true})";
}
std::string role_of(const std::string& user, const std::string& acls) {
    return R"({"rolename":")" + user + R"(","acls":[)" + acls + "]}";
}

} // namespace

TEST(broker_access, of_a_vehicle_is_its_own_topics) {
    const rules_of rules("fleet: {vehicles: 3}\n");
    for (std::uint32_t i = 0; i < 3; ++i) {
        const auto vin = rules.vin(i);
        EXPECT_EQ(rules.role(vin),
                  role_of(vin, subscribe("v1/" + vin + "/cmd/#") + "," + publish("v1/" + vin + "/rsp/#") + "," +
                                   publish("v1/" + vin + "/state")));
    }
    EXPECT_EQ(rules.role("loadsim"),
              role_of("loadsim", R"({"acltype":"subscribePattern","topic":"#","allow":true},)" + publish("#")));
}

TEST(broker_access, of_a_vehicle_includes_the_campaigns_of_its_segment_each_filter_once) {
    const rules_of rules(
        std::string(segments) +
        "campaigns:\n"
        "  - {name: a, at: 0s, filter: 'eu/all', topic: eu/all, payload: '', id: /id, segments: [eu]}\n"
        "  - {name: b, at: 0s, filter: 'eu/all', topic: eu/all, payload: '', id: /id, segments: [eu]}\n"
        "  - {name: c, at: 0s, filter: '$share/{segment}/x/{vin}', topic: x/a, payload: '', id: /id}\n");
    const vehicle::segmentation of(rules.from.scenario.seed, 3, rules.from.scenario.fleet.segments);
    for (std::uint32_t i = 0; i < 3; ++i) {
        const bool eu = of.segment_of(vehicle_id{i}) == 0;
        const auto role = rules.role(rules.vin(i));
        EXPECT_THAT(role, HasSubstr(subscribe(std::string("$share/") + (eu ? "eu" : "us") + "/x/" + rules.vin(i))));
        const auto first = role.find(subscribe("eu/all"));
        EXPECT_EQ(first != std::string::npos, eu);
        EXPECT_EQ(role.rfind(subscribe("eu/all")), first) << "once";
    }
}

TEST(broker_access, of_the_mqtt_driver_includes_its_response_topics) {
    const plan_from_text from("name: t\nload: {driver: mqtt, phases: [{duration: 1s, arrivalCount: 1}]}\n");
    EXPECT_THAT(access_rules_of(from.scenario, from.compiled, {}).text(), HasSubstr(publish("loadsim/+/rsp")));
    EXPECT_THAT(rules_of("").text, Not(HasSubstr("loadsim/+/rsp")));
}

TEST(broker_access, of_a_rank_is_that_of_its_own_vehicles) {
    const rules_of second("fleet: {vehicles: 3}\n", {1, 2});
    EXPECT_EQ(second.role(second.vin(0)), "");
    EXPECT_NE(second.role(second.vin(1)), "");
    EXPECT_EQ(second.role(second.vin(2)), "");
    const auto logins = logins_of(second.from.scenario, second.from.compiled, {1, 2}, {"loadsim", "p"});
    EXPECT_EQ(logins.size(), 2U) << "loadsim's, and that of all vehicles without a user";
}

TEST(broker_access, by_password_has_each_user_once) {
    const plan_from_text from("name: t\nload: {phases: [{duration: 1s, arrivalCount: 1}]}\n"
                              "fleet: {vehicles: 3, mqtt: {user: '{segment}', password: p}}\n");
    const auto logins = logins_of(from.scenario, from.compiled, {}, {"loadsim", "q"});
    ASSERT_EQ(logins.size(), 2U);
    EXPECT_EQ(logins[0].user, "loadsim");
    EXPECT_EQ(logins[1].user, "all");
    EXPECT_EQ(logins[1].password, "p");
}
