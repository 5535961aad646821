// Included files and environments.
#include "scenario_text.hpp"
#include "temporary_folder.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;
using testing::HasSubstr;

namespace {

/// Folder with files of a scenario; the scenario itself is never written.
class includes : public testing::Test {
protected:
    result<scenario_config> read_text(std::string_view yaml, std::string_view environment = {},
                                      std::span<const value_override> overrides = {}) {
        return read(yaml, (folder_ / "main.yaml").string(), overrides, nullptr, environment);
    }
    scenario_config valid(std::string_view yaml, std::string_view environment = {},
                          std::span<const value_override> overrides = {}) {
        auto made = read_text(yaml, environment, overrides);
        EXPECT_TRUE(made) << to_string(made.error());
        return made ? *made : scenario_config{};
    }
    /// Problems, with the folder's path removed.
    std::string problems_of(std::string_view yaml, std::string_view environment = {},
                            std::span<const value_override> overrides = {}) {
        const auto made = read_text(yaml, environment, overrides);
        auto text = made ? "" : to_string(made.error());
        const auto prefix = folder_.path().string() + "/";
        for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
            text.erase(at, prefix.size());
        return text;
    }

    harness::temporary_folder folder_;
};

constexpr const char* base = "name: base\n"
                             "seed: 7\n"
                             "fleet: {vehicles: 50, mqtt: {keepAlive: 30s}}\n"
                             "load:\n"
                             "  drain: 40s\n"
                             "  phases: [{duration: 10, arrivalRate: 1}, {duration: 20, arrivalRate: 2}]\n";

} // namespace

TEST_F(includes, are_merged_below_the_own_keys) {
    folder_.write("base.yaml", base);
    const auto d = valid("include: base.yaml\n"
                         "name: own\n"
                         "fleet: {mqtt: {user: car}}\n"
                         "load: {phases: [{duration: 5, arrivalRate: 3}]}\n");
    EXPECT_EQ(d.name, "own");
    EXPECT_EQ(d.seed, 7U);
    EXPECT_EQ(d.fleet.vehicles, 50U) << "a map is merged";
    EXPECT_EQ(d.fleet.mqtt.session.keep_alive, 30s);
    EXPECT_EQ(d.fleet.mqtt.user, "car");
    EXPECT_EQ(d.load.drain, 40s);
    ASSERT_EQ(d.load.phases.size(), 1U) << "a list is replaced";
    EXPECT_EQ(d.load.phases[0].duration, 5s);
    EXPECT_TRUE(read(write(d), "elsewhere")) << "what is written needs no other file";
}

TEST_F(includes, the_later_of_several_files_wins) {
    folder_.write("base.yaml", base);
    folder_.write("more.yaml", "seed: 8\nfleet: {connectRate: 20}\n");
    const auto d = valid("include: [base.yaml, more.yaml]\n");
    EXPECT_EQ(d.seed, 8U);
    EXPECT_EQ(d.fleet.connect_rate, rate{20});
    EXPECT_EQ(d.fleet.vehicles, 50U);
}

TEST_F(includes, are_relative_to_the_file_that_names_them) {
    std::filesystem::create_directories(folder_ / "deeper/data");
    folder_.write("deeper/base.yaml", "include: ../base.yaml\nfleet: {data: data/cars.csv, vehicles: 1}\n");
    folder_.write("deeper/data/cars.csv", "colour\nred\n");
    folder_.write("base.yaml", base);
    EXPECT_EQ(valid("include: deeper/base.yaml\n").fleet.data, (folder_ / "deeper/data/cars.csv").string());
}

TEST_F(includes, problems_name_the_file_and_its_line) {
    folder_.write("base.yaml", base);
    folder_.write("wrong.yaml", "# a comment\nfleet: {vehicels: 5}\nseed: x\n");
    folder_.write("torn.yaml", "fleet: [\n");
    folder_.write("list.yaml", "- a\n");
    folder_.write("empty.yaml", "");
    folder_.write("twice.yaml", "seed: 1\nseed: 2\n");
    folder_.write("misspelled.yaml", "inclde: base.yaml\n");
    EXPECT_EQ(problems_of("include: [base.yaml, wrong.yaml]\nrecord: some\n"),
              "main.yaml:2:9: unknown value 'some'; there are: automatic, unexpected, all\n"
              "wrong.yaml:2:9: unknown key 'vehicels'; did you mean 'vehicles'?\n"
              "wrong.yaml:3:7: 'x' is not a whole number from 0");
    EXPECT_THAT(problems_of("include: torn.yaml\n"), testing::StartsWith("torn.yaml:"));
    EXPECT_EQ(problems_of("include: list.yaml\n"), "list.yaml:1:1: a map of keys belongs here, not a list");
    EXPECT_EQ(problems_of("include: empty.yaml\n"), "empty.yaml:1:1: a map of keys belongs here, not nothing");
    EXPECT_EQ(problems_of("include: [base.yaml, twice.yaml]\n"),
              "twice.yaml:2:1: the key 'seed' is there twice, first in line 1");
    EXPECT_THAT(problems_of("include: misspelled.yaml\n"),
                HasSubstr("misspelled.yaml:1:1: unknown key 'inclde'; did you mean "
                          "'include'?"));
    folder_.write("shares.yaml", "fleet:\n  segments: [{name: a, share: 50%}]\n");
    EXPECT_EQ(problems_of("include: [base.yaml, shares.yaml]\n"),
              "shares.yaml:2:3: the shares add up to 50%, not to 100%")
        << "of values in combination";
}

TEST_F(includes, that_cannot_be_read_are_refused) {
    std::filesystem::create_directories(folder_ / "folder");
    folder_.write("base.yaml", base);
    folder_.write("large.yaml", std::string(1024 * 1024 + 1, ' '));
    const std::pair<const char*, const char*> rows[] = {
        {"seed: 1\ninclude: [base.yaml, none.yaml]\n",
         "main.yaml:2:22: 'none.yaml' cannot be read (No such file or directory)"},
        {"include: folder\n", "main.yaml:1:10: 'folder' cannot be read (Is a directory)"},
        {"include: /dev/zero\n", "main.yaml:1:10: '/dev/zero' cannot be read (it is larger than 1048576 bytes)"},
        {"include: large.yaml\n", "main.yaml:1:10: 'large.yaml' cannot be read (it is larger than 1048576 bytes)"},
        {"include: ''\n", "main.yaml:1:10: a path of nothing"},
        {"include: [[base.yaml]]\n", "main.yaml:1:11: the path of a file, or a list of them, belongs here, not a list"},
        {"include: {file: base.yaml}\n",
         "main.yaml:1:1: the path of a file, or a list of them, belongs here, not a map"},
        {"include: base.yaml\ninclude: base.yaml\n",
         "main.yaml:1:10: the key 'include' is there twice; one has a list of files"},
    };
    for (const auto& [yaml, problem] : rows) EXPECT_EQ(problems_of(yaml), problem) << yaml;
}

TEST_F(includes, cycles_and_repetitions_are_refused) {
    folder_.write("base.yaml", base);
    folder_.write("main.yaml", "include: a.yaml\n");
    folder_.write("a.yaml", "include: b.yaml\n");
    folder_.write("b.yaml", "seed: 1\ninclude: main.yaml\n");
    folder_.write("self.yaml", "include: ./self.yaml\n");
    folder_.write("c.yaml", "include: base.yaml\n");
    EXPECT_THAT(problems_of("include: a.yaml\n"), testing::StartsWith("b.yaml:2:10: a cycle: 'main.yaml' includes"));
    EXPECT_THAT(problems_of("include: self.yaml\n"), testing::StartsWith("self.yaml:1:10: a cycle: 'self.yaml'"));
    EXPECT_EQ(problems_of("include: [c.yaml, base.yaml]\n"),
              "main.yaml:1:19: 'base.yaml' is included twice, first in c.yaml:1");
    for (int i = 0; i < 20; ++i)
        folder_.write("deep" + std::to_string(i), "include: deep" + std::to_string(i + 1) + "\n");
    EXPECT_EQ(problems_of("include: deep0\n"), "deep7:1:10: files include each other more than 8 levels deep");
    std::string many = "include: [base.yaml";
    for (int i = 0; i < 40; ++i) {
        folder_.write("many" + std::to_string(i), "seed: 1\n");
        many += ", many" + std::to_string(i);
    }
    EXPECT_THAT(problems_of(many + "]\n"), testing::EndsWith("more than 32 files"));
}

TEST_F(includes, hold_environments_too) {
    folder_.write("base.yaml", base);
    folder_.write("environments.yaml", "environments:\n  staging: {fleet: {vehicles: 5}}\n  local: {seed: 9}\n");
    const std::string yaml = "include: [base.yaml, environments.yaml]\n"
                             "environments: {staging: {target: {broker: 'mqtt://b', api: 'http://a'}}}\n";
    const auto d = valid(yaml, "staging");
    EXPECT_EQ(d.fleet.vehicles, 5U);
    EXPECT_EQ(d.target.api->host, "a");
    EXPECT_EQ(d.fleet.mqtt.session.keep_alive, 30s) << "the rest stays";
    EXPECT_EQ(valid(yaml, "local").seed, 9U);
    EXPECT_EQ(valid(yaml).seed, 7U) << "without a name, none applies";
}

TEST_F(includes, problems_of_all_environments_are_found) {
    const std::string yaml = std::string(base) +
                             "budgets: ['e2e.p99 < 1x']\n"
                             "environments:\n"
                             "  a: {fleet: {vehicels: 1}}\n"
                             "  b: {target: {broker: 'mqtt://b', api: 'http://${LOADSIM_TEST_UNSET}'}}\n"
                             "  c: {fleet: {vehicles: many}}\n";
    const auto others = [&](std::string_view chosen) {
        return to_string(check_other_environments(yaml, "main.yaml", {}, chosen));
    };
    const auto of_a =
        testing::HasSubstr("main.yaml:9:15: unknown key 'vehicels'; did you mean 'vehicles'? (with --env a)");
    const auto of_c = testing::HasSubstr("main.yaml:11:25: 'many' is not a whole number");
    EXPECT_THAT(others(""), testing::AllOf(of_a, of_c, testing::EndsWith("(with --env c)")));
    EXPECT_THAT(others("a"), testing::AllOf(testing::Not(of_a), of_c));
    for (const auto* none : {"budgets", "1x", "LOADSIM_TEST_UNSET"})
        EXPECT_THAT(others(""), testing::Not(HasSubstr(none))) << "of the scenario itself, or of the surroundings";
    EXPECT_EQ(to_string(check_other_environments(base, "main.yaml", {}, "")), "");
    EXPECT_EQ(to_string(check_other_environments("a: [", "main.yaml", {}, "")), "") << "read() says what is wrong";
}

TEST_F(includes, overrides_win_over_environments) {
    const std::string yaml = std::string(base) + "environments: {staging: {seed: 8, fleet: {vehicles: 5}}}\n";
    const std::vector<value_override> overrides{*parse_override("fleet.vehicles=6")};
    const auto d = valid(yaml, "staging", overrides);
    EXPECT_EQ(d.seed, 8U);
    EXPECT_EQ(d.fleet.vehicles, 6U);
    for (const auto* text : {"environments.staging.seed=1", "include=a.yaml"}) {
        const std::vector<value_override> wrong{*parse_override(text)};
        EXPECT_THAT(problems_of(yaml, "staging", wrong), HasSubstr("belongs in a file; set the value itself")) << text;
    }
}

TEST_F(includes, environments_are_checked) {
    const auto with = [](std::string_view environments) {
        return base + ("environments: " + std::string(environments));
    };
    EXPECT_EQ(problems_of(with("{staging: {}, production: {}}"), "prodution"),
              "--env: unknown environment 'prodution'; did you mean 'production'?");
    EXPECT_EQ(problems_of(base, "staging"), "--env: the scenario has no environments");
    EXPECT_EQ(problems_of(with("[staging]")), "main.yaml:7:1: a map of environments belongs here, not a list");
    EXPECT_EQ(problems_of(with("{staging: 5}")), "main.yaml:7:25: a map of keys belongs here, not '5'");
    EXPECT_EQ(problems_of(with("{a: {include: base.yaml}, b: {environments: {}}}")),
              "main.yaml:7:20: 'include' belongs at the top of a file, not in an environment\n"
              "main.yaml:7:45: 'environments' belongs at the top of a file, not in an environment");
    EXPECT_EQ(problems_of(with("\n  a: {}\n  a: {}\n")), "main.yaml:9:3: the key 'a' is there twice, first in line 8");
    EXPECT_EQ(problems_of(with("\n  a:\n    fleet: {vehicels: 1}\n"), "a"),
              "main.yaml:9:13: unknown key 'vehicels'; did you mean 'vehicles'?");
    EXPECT_EQ(problems_of(std::string(base) + "enviroments: {}\n"),
              "main.yaml:7:1: unknown key 'enviroments'; did you mean 'environments'?");
}

TEST_F(includes, budgets_keep_the_place_where_they_are_written) {
    folder_.write("base.yaml", std::string(base) + "budgets:\n  - lag.p99 < 5ms\n  - unexpected == 0\n");
    const auto places = [&](std::string_view yaml, std::string_view environment = {},
                            std::span<const value_override> overrides = {}) {
        std::vector<std::string> all;
        for (const auto& [file, line] : valid(yaml, environment, overrides).budget_places.list)
            all.push_back(std::filesystem::path(file).filename().string() + ':' + std::to_string(line));
        return all;
    };
    using testing::ElementsAre;
    EXPECT_THAT(places("include: base.yaml\n"), ElementsAre("base.yaml:8", "base.yaml:9", "base.yaml:7"))
        << "the default ones are at the list";
    constexpr auto own = "include: base.yaml\n\nbudgets: [e2e.p99 < 1s,\n  lag.p99 < 5ms]\n"
                         "environments: {ci: {budgets: [unexpected == 0]}}\n";
    EXPECT_THAT(places(own), ElementsAre("main.yaml:3", "main.yaml:4", "main.yaml:3", "main.yaml:3"));
    EXPECT_THAT(places(own, "ci"), ElementsAre("main.yaml:5", "main.yaml:5"));
    const value_override set{"budgets[0]", "e2e.p99 < 2s"};
    EXPECT_THAT(places(own, {}, {&set, 1}), ElementsAre(":0", "main.yaml:4", "main.yaml:3", "main.yaml:3"));
    EXPECT_EQ(valid("include: base.yaml\n"), valid("\n\ninclude: base.yaml\n")) << "a place is no part of a scenario";
    EXPECT_THAT(places(base), ElementsAre(":0", ":0")) << "no list";
}
