// Scenarios of a suite: files of a folder, and tags.
#include "temporary_folder.hpp"

#include <loadsim/scenario/suite_selection.hpp>

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

using namespace loadsim::scenario;
using texts = std::vector<std::string>;

TEST(file_outline, has_name_and_included_files) {
    const harness::temporary_folder folder;
    folder.write("one.yaml", "");
    folder.write("two.yaml", "");
    const auto outline = [&](std::string_view yaml) { return outline_of(yaml, folder / "a.yaml"); };
    EXPECT_TRUE(outline("name: a\n").has_name);
    EXPECT_FALSE(outline("fleet: {vehicles: 5}\n").has_name);
    EXPECT_THAT(outline("include: one.yaml\n").included, testing::ElementsAre(folder / "one.yaml"));
    EXPECT_THAT(outline("include: [two.yaml, one.yaml]\n").included,
                testing::ElementsAre(folder / "two.yaml", folder / "one.yaml"));
    EXPECT_THAT(outline("include: missing.yaml\n").included, testing::IsEmpty());
    EXPECT_FALSE(outline("{").has_name) << "no YAML";
    EXPECT_FALSE(outline("- name: a").has_name) << "no map";
}

TEST(file_outline, a_fragment_is_included_and_has_no_name) {
    const std::vector<file_outline> all{{"/d/a.yaml", true, {"/d/part.yaml", "/d/base.yaml"}},
                                        {"/d/part.yaml", false, {"/d/deeper.yaml"}},
                                        {"/d/deeper.yaml", false, {}},
                                        {"/d/base.yaml", true, {}},
                                        {"/d/unnamed.yaml", false, {}}};
    EXPECT_FALSE(is_fragment(all[0], all));
    EXPECT_TRUE(is_fragment(all[1], all));
    EXPECT_TRUE(is_fragment(all[2], all)) << "by a fragment";
    EXPECT_FALSE(is_fragment(all[3], all)) << "included, and a scenario itself";
    EXPECT_FALSE(is_fragment(all[4], all)) << "a scenario without its name: its problem must be told";
}

TEST(tags, a_scenario_with_one_of_the_wanted_is_selected) {
    EXPECT_TRUE(has_wanted_tag(texts{"edge-case", "slow"}, texts{"slow", "tls"}));
    EXPECT_FALSE(has_wanted_tag(texts{"edge-case", "slow"}, texts{"tls"}));
    EXPECT_FALSE(has_wanted_tag(texts{}, texts{"tls"}));
    EXPECT_FALSE(has_wanted_tag(texts{"tls-slow"}, texts{"tls"})) << "whole tags";
    EXPECT_TRUE(has_wanted_tag(texts{}, texts{})) << "nothing is asked for";
}

TEST(tags, one_that_no_scenario_has_is_a_problem) {
    const texts known{"edge-case", "slow", "slow"};
    EXPECT_TRUE(check_wanted_tags(texts{"slow", "edge-case"}, known).empty());
    EXPECT_EQ(to_string(check_wanted_tags(texts{"edgecase", "slow"}, known)),
              "--tag: unknown tag 'edgecase'; did you mean 'edge-case'?");
    EXPECT_EQ(to_string(check_wanted_tags(texts{"unrelated"}, known)),
              "--tag: unknown tag 'unrelated'; there are: edge-case, slow");
    EXPECT_EQ(to_string(check_wanted_tags(texts{"any"}, texts{})), "--tag: unknown tag 'any'");
}
