#include "scenario_text.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;

namespace {

std::vector<value_override> set(std::initializer_list<const char*> texts) {
    std::vector<value_override> all;
    for (const auto* text : texts) all.push_back(*parse_override(text));
    return all;
}

constexpr const char* overridden_yaml = "name: t\n"
                                        "target: embedded\n"
                                        "load:\n"
                                        "  phases:\n"
                                        "    - {duration: 10, arrivalRate: 1}\n"
                                        "    - {duration: 20, arrivalRate: 2}\n"
                                        "budgets: [\"e2e.p99 < 1s\"]\n";

} // namespace

TEST(parse_override, splits_at_the_first_equals_sign) {
    const auto s = parse_override("budgets[0]=unexpected == 0");
    ASSERT_TRUE(s);
    EXPECT_EQ(s->path, "budgets[0]");
    EXPECT_EQ(s->value, "unexpected == 0");
    EXPECT_EQ(parse_override("a.b[1][2].c=")->value, "");
}

TEST(parse_override, refuses_invalid_paths) {
    for (const auto* text : {"", "load.drain", "=5s", "load..drain=5s", ".load=1", "load.=1", "load.phases[=1",
                             "load.phases[]=1", "load.phases[x]=1", "load.phases[-1]=1", "load.phases[1]x=1", "[0]=1",
                             "load.phases]1[=1", "a[99999999999999999999999]=1"}) {
        const auto s = parse_override(text);
        ASSERT_FALSE(s) << text;
        EXPECT_EQ(s.error().list.front().location,
                  "--set " + std::string(std::string_view(text).substr(0, std::string_view(text).find('='))));
        EXPECT_THAT(s.error().list.front().text,
                    testing::EndsWith("write PATH=VALUE in quotes, such as --set 'budgets[0]=unexpected == 0'"));
    }
}

TEST(parse_override, does_not_repeat_the_value) {
    for (const auto* text : {"a[.password=Secret-77", "a.password: Secret-77", "a.password Secret-77"}) {
        const auto s = parse_override(text);
        ASSERT_FALSE(s) << text;
        EXPECT_THAT(to_string(s.error()), testing::Not(testing::HasSubstr("Secret"))) << text;
    }
}

TEST(overrides, set_any_value) {
    const auto all =
        set({"load.phases[1].duration=60s", "fleet.vehicles=42", "name=other", "budgets[0]=unexpected == 0",
             "fleet.mqtt.keepAlive=5s", "load.services={horn: 2, climate: 1}", "behaviours.b.steps=[ack]"});
    const auto d = read_valid(overridden_yaml, all);
    EXPECT_EQ(d.load.phases[0].duration, 10s);
    EXPECT_EQ(d.load.phases[1].duration, 60s);
    EXPECT_EQ(d.load.phases[1].arrival_rate, rate{2}) << "the rest stays";
    EXPECT_EQ(d.fleet.vehicles, 42U) << "a map is made on the way";
    EXPECT_EQ(d.fleet.mqtt.session.keep_alive, 5s);
    EXPECT_EQ(d.name, "other");
    EXPECT_EQ(d.budgets[0].expression, "unexpected == 0");
    EXPECT_EQ(d.load.services.size(), 2U);
    EXPECT_EQ(behaviour_of(d, "b").steps.size(), 1U);
}

TEST(overrides, point_an_embedded_scenario_at_a_platform) {
    const auto all = set({"target.broker=mqtt://b", "target.api=http://a"});
    const auto t = read_valid(overridden_yaml, all).target;
    EXPECT_FALSE(t.embedded);
    EXPECT_EQ(t.broker->host, "b");
    EXPECT_EQ(t.api->host, "a");
    const auto only_broker = set({"target.broker=mqtt://b"});
    EXPECT_TRUE(read_valid(overridden_yaml, only_broker).target.embedded) << "our backend at that broker";
}

TEST(overrides, the_later_one_wins) {
    const auto all = set({"seed=1", "seed=2"});
    EXPECT_EQ(read_valid(overridden_yaml, all).seed, 2U);
}

TEST(overrides, problems_name_the_override) {
    const std::pair<const char*, const char*> rows[] = {
        {"fleet.vehicle=5", "--set fleet.vehicle: unknown key 'vehicle'; did you mean 'vehicles'?"},
        {"fleet.vehicles=many", "--set fleet.vehicles: 'many' is not a whole number from 1 to 4294967295"},
        {"fleet.vehicles=33000001", "--set fleet.vehicles: 33000001 vehicles; there can be 1 to 33000000"},
        {"load.phases[2].duration=5", "--set load.phases[2].duration: load.phases has no item [2]; the last is [1]"},
        {"load.phases.duration=5",
         "--set load.phases.duration: load.phases is a list; name one of its items, such as load.phases[0]"},
        {"load.drain[0]=5s", "--set load.drain[0]: load.drain is not a list in this scenario"},
        {"load.drain=", "--set load.drain: 'drain' has no value; give it one or leave it out"},
        {"load.drain=[5s", nullptr},
        {"name=[a]", "--set name: a text belongs here, not a list; write a text in quotes, and all in quotes for the "
                     "shell: --set 'PATH=\"TEXT\"'"},
        {"load.phases[0].name=\"[a]\"", ""},
        {"fleet={vehicels: 7}", "--set fleet: unknown key 'vehicels'; did you mean 'vehicles'?"},
    };
    for (const auto& [text, problem] : rows) {
        const auto all = set({text});
        if (problem != nullptr)
            EXPECT_EQ(problems_of(overridden_yaml, all), problem);
        else
            EXPECT_THAT(problems_of(overridden_yaml, all),
                        testing::AllOf(testing::StartsWith("--set load.drain: not YAML"),
                                       testing::EndsWith("'PATH=\"TEXT\"'")));
    }
}

TEST(overrides, come_after_the_file_in_the_list_of_problems) {
    const auto all = set({"seed=x", "fleet.vehicles=y"});
    EXPECT_EQ(problems_of("name: t\nload: {phases: [{duration: 1, arrivalRate: z}]}", all),
              "f:2:44: 'z' is not a rate; write a number a second, such as 200 or 200/s\n"
              "--set seed: 'x' is not a whole number from 0\n"
              "--set fleet.vehicles: 'y' is not a whole number from 1 to 4294967295");
}
