// Selection by tags.
#include <loadsim/scenario/tags.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace loadsim::scenario;
using texts = std::vector<std::string>;

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
