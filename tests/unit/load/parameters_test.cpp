#include <loadsim/load/parameters.hpp>

#include <gmock/gmock.h>

#include <map>
#include <set>

using namespace loadsim;
using namespace loadsim::load;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

using kind = parameter::kind;

parameter text(std::string name, std::string value) { return {.name = std::move(name), .text = std::move(value)}; }
parameter number(distribution_kind what, double a, double b) {
    return {.name = "n", .type = kind::number, .distribution = what, .a = a, .b = b};
}

/// Counts of the values of the first parameter.
std::map<std::string, int> drawn(const parameter& p, std::uint64_t count = 10'000) {
    const parameter_values values(7, {{p}});
    std::map<std::string, int> counts;
    std::vector<std::string> out;
    for (std::uint64_t arrival = 0; arrival < count; ++arrival) {
        values.draw(arrival_id{arrival}, 0, out);
        ++counts[out.at(0)];
    }
    return counts;
}

} // namespace

TEST(parameters, are_in_the_order_of_all_names_and_empty_where_a_service_has_none) {
    const parameter_values values(1, {{text("a", "1"), text("b", "2")}, {}, {text("c", "3"), text("a", "4")}});
    EXPECT_THAT(values.names(), ElementsAre("a", "b", "c"));
    std::vector<std::string> out{"old"};
    values.draw(arrival_id{0}, 0, out);
    EXPECT_THAT(out, ElementsAre("1", "2", ""));
    values.draw(arrival_id{0}, 1, out);
    EXPECT_THAT(out, IsEmpty());
    values.draw(arrival_id{0}, 2, out);
    EXPECT_THAT(out, ElementsAre("4", "", "3"));
    values.draw(arrival_id{0}, 9, out);
    EXPECT_THAT(out, IsEmpty()) << "no such service";
}

TEST(parameters, depend_on_seed_and_arrival_alone) {
    const auto p = number(distribution_kind::uniform, 0, 1'000'000);
    const auto value = [&](std::uint64_t seed, std::uint64_t arrival) {
        std::vector<std::string> out;
        parameter_values(seed, {{p, p}}).draw(arrival_id{arrival}, 0, out);
        return out.at(0);
    };
    EXPECT_EQ(value(1, 5), value(1, 5));
    EXPECT_NE(value(1, 5), value(2, 5));
    EXPECT_NE(value(1, 5), value(1, 6));
    std::vector<std::string> out;
    auto q = p;
    q.name = "q";
    parameter_values(1, {{p, q}}).draw(arrival_id{5}, 0, out);
    EXPECT_NE(out.at(0), out.at(1)) << "each parameter has its own numbers";
}

TEST(parameters, uniform_numbers_are_evenly_distributed_with_both_limits) {
    const auto whole = drawn(number(distribution_kind::uniform, -1, 2));
    EXPECT_EQ(whole.size(), 4U);
    for (const auto* value : {"-1", "0", "1", "2"}) EXPECT_NEAR(whole.at(value), 2'500, 200) << value;
    const auto halves = drawn(number(distribution_kind::uniform, 0.5, 1));
    EXPECT_EQ(halves.size(), 6U) << "0.5 to 1.0 by tenths";
    EXPECT_TRUE(halves.contains("0.5") && halves.contains("1.0"));
    auto two = number(distribution_kind::uniform, 3, 4);
    two.decimals = 2;
    EXPECT_EQ(drawn(two).size(), 101U);
}

TEST(parameters, other_numbers_are_rounded_and_kept_within_the_limits) {
    auto normal = number(distribution_kind::normal, 0, 1);
    normal.least = -1;
    normal.most = 2;
    const auto values = drawn(normal);
    EXPECT_EQ(values.size(), 4U) << "-1, 0, 1, 2; no -0";
    EXPECT_NEAR(values.at("0"), 3'829, 200);
    EXPECT_NEAR(values.at("-1"), 3'085, 200);
    auto lognormal = number(distribution_kind::lognormal, 10, 100);
    int below = 0;
    for (const auto& [value, count] : drawn(lognormal)) below += std::stod(value) < 9.5 ? count : 0;
    EXPECT_NEAR(below, 4'790, 250) << "the median is 10";
}

TEST(parameters, decimals_round_no_number_out_of_its_limits) {
    auto uniform = number(distribution_kind::uniform, 0.24, 1.16);
    uniform.decimals = 1;
    const auto tenths = drawn(uniform);
    EXPECT_EQ(tenths.size(), 9U) << "0.3 to 1.1";
    EXPECT_TRUE(tenths.contains("0.3") && tenths.contains("1.1"));
    auto normal = number(distribution_kind::normal, 1, 5);
    normal.least = 0.25;
    normal.most = 1.75;
    normal.decimals = 0;
    EXPECT_EQ(drawn(normal).size(), 1U) << "1";
    normal.decimals = 1;
    for (const auto& [value, count] : drawn(normal)) {
        EXPECT_GE(std::stod(value), 0.3);
        EXPECT_LE(std::stod(value), 1.7);
    }
}

TEST(parameters, choices_follow_their_weights) {
    const auto values =
        drawn({.name = "mode", .type = kind::choice, .choices = {{"never", 0}, {"auto", 3}, {"eco", 1}, {"no", 0}}});
    EXPECT_EQ(values.size(), 2U);
    EXPECT_NEAR(values.at("auto"), 7'500, 200);
}

TEST(parameters, are_checked) {
    using enum distribution_kind;
    auto limits = number(normal, 0, 1);
    limits.least = 2;
    limits.most = 1;
    auto narrow = number(uniform, 0.2, 0.8);
    narrow.decimals = 0;
    const std::pair<parameter, const char*> rows[] = {
        {narrow, "no number with 0 decimals is between the limits"},
        {number(uniform, 2, 1), "max is less than min"},
        {number(uniform, -1e16, 1), "at most 1e15"},
        {number(normal, 1, -1), "a standard deviation is never negative"},
        {number(lognormal, 0, 1), "the median of a lognormal number is more than 0"},
        {number(lognormal, 2, 1), "p99 is less than the median"},
        {limits, "most is less than least"},
        {{.name = "c", .type = kind::choice, .choices = {{"a", 0}}}, "no choice has a weight above 0"},
    };
    for (const auto& [p, problem] : rows) EXPECT_THAT(check(p), HasSubstr(problem));
    EXPECT_EQ(check(number(uniform, -5, -5)), "");
    EXPECT_EQ(check(text("t", "")), "");
}
