// Sums of described counters, completeness of descriptions, names of described enumerators.
#include <loadsim/base/counters.hpp>
#include <loadsim/base/enum_names.hpp>

#include <boost/describe/enum.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace {

struct peak {
    int highest = 0;
    void merge(const peak& other) { highest = std::max(highest, other.highest); }
};

struct inner_counts {
    std::uint64_t sent = 0;
    std::array<std::uint64_t, 2> by_kind{};
};
BOOST_DESCRIBE_STRUCT(inner_counts, (), (sent, by_kind))

struct outer_counts {
    inner_counts all;
    std::vector<inner_counts> by_phase;
    std::map<std::string, std::uint64_t> reasons;
    std::map<int, inner_counts> by_index;
    peak connections;
    double cpu_s = 0;
};
BOOST_DESCRIBE_STRUCT(outer_counts, (), (all, by_phase, reasons, by_index, connections, cpu_s))

struct without_last {
    std::map<std::string, std::uint64_t> reasons;
    std::array<std::uint64_t, 3> by_kind{};
    bool forgotten = false;
};
BOOST_DESCRIBE_STRUCT(without_last, (), (reasons, by_kind))

struct without_first {
    bool forgotten = false;
    std::string text;
    std::vector<int> list;
};
BOOST_DESCRIBE_STRUCT(without_first, (), (text, list))

static_assert(loadsim::detail::complete<inner_counts> && loadsim::detail::complete<outer_counts>);
static_assert(!loadsim::detail::complete<without_last> && !loadsim::detail::complete<without_first>);
static_assert(!loadsim::described<std::string> && !loadsim::described<peak>);

enum class color : std::uint8_t { red, green, blue };
BOOST_DESCRIBE_ENUM(color, red, green, blue)

} // namespace

TEST(counters, add_by_field_key_and_index) {
    outer_counts sum{.all = {1, {2, 3}},
                     .by_phase = {{4, {}}},
                     .reasons = {{"reset", 5}},
                     .by_index = {{7, {6, {}}}},
                     .connections = {9},
                     .cpu_s = 0.5};
    const outer_counts more{.all = {10, {20, 30}},
                            .by_phase = {{40, {1, 2}}, {50, {}}},
                            .reasons = {{"reset", 60}, {"refused", 70}},
                            .by_index = {{7, {80, {}}}, {8, {90, {}}}},
                            .connections = {8},
                            .cpu_s = 0.25};
    loadsim::add(sum, more);
    EXPECT_EQ(sum.all.sent, 11U);
    EXPECT_EQ(sum.all.by_kind, (std::array<std::uint64_t, 2>{22, 33}));
    ASSERT_EQ(sum.by_phase.size(), 2U);
    EXPECT_EQ(sum.by_phase[0].sent, 44U);
    EXPECT_EQ(sum.by_phase[0].by_kind[1], 2U);
    EXPECT_EQ(sum.by_phase[1].sent, 50U);
    EXPECT_EQ(sum.reasons, (std::map<std::string, std::uint64_t>{{"refused", 70}, {"reset", 65}}));
    EXPECT_EQ(sum.by_index.at(7).sent, 86U);
    EXPECT_EQ(sum.by_index.at(8).sent, 90U);
    EXPECT_EQ(sum.connections.highest, 9) << "merged, not added";
    EXPECT_EQ(sum.cpu_s, 0.75);

    outer_counts longer = more;
    loadsim::add(longer, outer_counts{});
    EXPECT_EQ(longer.by_phase.size(), 2U);
}

TEST(counters, each_field_has_its_name_in_order_of_declaration) {
    inner_counts one{1, {2, 3}};
    std::string names;
    loadsim::each_field([&](const char* name, const auto&) { names += std::string(name) + ' '; }, one);
    EXPECT_EQ(names, "sent by_kind ");
}

TEST(enum_names, are_the_enumerators) {
    EXPECT_EQ(loadsim::enum_names<color>, (std::array<std::string_view, 3>{"red", "green", "blue"}));
    EXPECT_EQ(loadsim::enum_name(color::green), "green");
    EXPECT_EQ(loadsim::parse_enum<color>("blue"), color::blue);
    EXPECT_EQ(loadsim::parse_enum<color>("Blue"), std::nullopt);
    EXPECT_EQ(loadsim::parse_enum<color>(""), std::nullopt);
}
