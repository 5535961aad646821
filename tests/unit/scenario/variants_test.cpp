// Variants file of `tune`: values, problems with their places, schema.
#include "scenario_text.hpp"

#include <loadsim/scenario/variants.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <string_view>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;
using testing::HasSubstr;

namespace {

std::string variant_problems(std::string_view yaml) {
    const auto made = read_variants(yaml, "v.yaml");
    return made ? "" : to_string(made.error());
}

/// Two variants, of which the second has these keys, on line 3.
std::string with_second(std::string_view keys) {
    return "variants:\n  - {name: small}\n  - {" + std::string(keys) + "}\n";
}

} // namespace

TEST(variants, have_commands_changes_and_a_price) {
    const auto made = read_variants(R"(variants:
  - name: small
    command: ./platform.sh "small ${SIZE}"
    before: curl --fail http://127.0.0.1/health
    after: ./platform.sh stop
    timeout: 90s
    set: {target.embedded.faults: [{delay: command, every: 1, by: 5s}], 'load.http.connections': 4}
    cost: {perHour: 0.12}
  - name: large-2.1_b
    cost: {perHour: 1}
rounds: 5
)",
                                    "v.yaml");
    ASSERT_TRUE(made) << to_string(made.error());
    EXPECT_EQ(made->rounds, 5U);
    ASSERT_EQ(made->variants.size(), 2U);
    const auto& small = made->variants[0];
    EXPECT_EQ(small.name, "small");
    EXPECT_EQ(small.command, "./platform.sh \"small ${SIZE}\"") << "the shell inserts variables";
    EXPECT_EQ(small.before, "curl --fail http://127.0.0.1/health");
    EXPECT_EQ(small.after, "./platform.sh stop");
    EXPECT_EQ(small.timeout, 90s);
    EXPECT_EQ(small.cost->per_hour, 0.12);
    EXPECT_EQ(small.location, "v.yaml:2:11");
    ASSERT_EQ(small.changes.size(), 2U);
    EXPECT_EQ(small.changes[1].change.path, "load.http.connections");
    EXPECT_EQ(small.changes[1].change.value, "4");
    EXPECT_THAT(small.changes[1].location, HasSubstr("v.yaml:7:"));
    const auto& large = made->variants[1];
    EXPECT_EQ(large.command, "");
    EXPECT_EQ(large.timeout, 5min);
    EXPECT_TRUE(large.changes.empty());
}

TEST(variants, changes_are_overrides_of_a_scenario) {
    const auto made =
        read_variants(with_second("name: b, set: {target.embedded.faults: [{delay: command, every: 1, by: "
                                  "5s}], tags: [], record: \"all\", seed: 9}"),
                      "v.yaml");
    ASSERT_TRUE(made) << to_string(made.error());
    std::vector<value_override> overrides;
    for (const auto& c : made->variants[1].changes) overrides.push_back(c.change);
    const auto config = read_valid(minimal_scenario("tags: [slow]\n"), overrides);
    ASSERT_EQ(config.target.backend.faults.size(), 1U);
    EXPECT_EQ(config.target.backend.faults[0].delay, 5s);
    EXPECT_TRUE(config.tags.empty());
    EXPECT_EQ(config.record, scenario::record::all);
    EXPECT_EQ(config.seed, 9U);
}

TEST(variants, a_mistake_is_a_sentence_with_its_place) {
    const struct {
        std::string yaml;
        std::string problem;
    } rows[] = {
        {"", "v.yaml:1:1: the file is empty; a variants file has the key 'variants'"},
        {"rounds: 3\n", "'variants' is missing"},
        {"variants: []\n", "v.yaml:1:1: no variant; a comparison needs two or more"},
        {"variants:\n  - {name: small}\n", "v.yaml:1:1: only one variant; a comparison needs two or more"},
        {with_second("name: small"), "v.yaml:3:12: a second variant 'small'; each needs a name of its own"},
        {with_second("command: make up"), "'name' is missing"},
        {with_second("name: a/b"), "v.yaml:3:12: 'a/b' cannot name a folder: letters, digits"},
        {with_second("name: .."), "v.yaml:3:12: '..' cannot name a folder"},
        {with_second("name: tune.json"), "v.yaml:3:12: a name that begins with 'tune.' is one of a report's file"},
        {with_second("name: b, comand: make up"), "v.yaml:3:15: unknown key 'comand'; did you mean 'command'?"},
        {with_second("name: b, timeout: 90"), "v.yaml:3:24: "},
        {with_second("name: b, command: [make]"), "v.yaml:3:15: a text belongs here, not a list"},
        {with_second("name: b, set: {'fleet..vehicles': 5}"), "'fleet..vehicles' is no path of a value"},
        {with_second("name: b, set: {'a=b': 5}"), "'a=b' is no path of a value"},
        {with_second("name: b, set: {seed: }"), "'seed' has no value; give it one or leave it out"},
        {with_second("name: b, set: {seed: 1, seed: 2}"), "seed"},
        {with_second("name: b, cost: {perHour: 1}"),
         "variant 'small' has no 'cost', and another one has; give it to all"},
        {with_second("name: b, cost: {perHour: -1}"), "v.yaml:3:"},
        {with_second("name: b, cost: 4"), "a map of keys belongs here, not '4'"},
        {with_second("name: b") + "rounds: 0\n", "v.yaml:4:9: "},
        {with_second("name: b") + "round: 2\n", "unknown key 'round'; did you mean 'rounds'?"},
        {"{", "v.yaml:1:"},
    };
    for (const auto& row : rows) EXPECT_THAT(variant_problems(row.yaml), HasSubstr(row.problem)) << row.yaml;
}

TEST(variants, all_mistakes_are_reported_at_once) {
    const auto found = variant_problems("variants:\n  - {name: a b}\n  - {name: b, tiemout: 1s}\nrounds: many\n");
    EXPECT_THAT(found, testing::AllOf(HasSubstr("v.yaml:2:12"), HasSubstr("v.yaml:3:15"), HasSubstr("v.yaml:4:9")));
}

TEST(variants, problems_of_a_scenario_have_the_place_of_the_change) {
    const variant v{.name = "b", .changes = {{{"fleet.vehicles", "none"}, "v.yaml:3:20"}}};
    problems found{"--set fleet.vehicles", "'none' is no number"};
    found.add("s.yaml:4:2", "unknown key");
    EXPECT_EQ(to_string(problems_of_variant(found, v)),
              "v.yaml:3:20: 'none' is no number (variant 'b')\ns.yaml:4:2: unknown key (variant 'b')");
}

TEST(variants, the_example_is_valid_and_fits_the_quickstart) {
    const auto root = std::filesystem::path(LOADSIM_ROOT);
    const auto made = read_variants(file_text(root / "data/example_variants.yaml"), "example_variants.yaml");
    ASSERT_TRUE(made) << to_string(made.error());
    for (const auto& v : made->variants) {
        std::vector<value_override> overrides;
        for (const auto& c : v.changes) overrides.push_back(c.change);
        EXPECT_EQ(problems_of(file_text(root / "scenarios/quickstart.yaml"), overrides), "") << v.name;
    }
}

TEST(variants, have_a_json_schema) {
    const auto schema = boost::json::parse(variants_schema());
    EXPECT_EQ(schema.at("additionalProperties"), false);
    EXPECT_EQ(schema.at("required"), boost::json::array{"variants"});
    const auto& keys = schema.at_pointer("/properties/variants/items/properties").as_object();
    for (const auto* key : {"name", "command", "before", "after", "timeout", "set", "cost"})
        EXPECT_TRUE(keys.contains(key)) << key;
    EXPECT_EQ(schema.at_pointer("/properties/rounds/default"), 3);
}
