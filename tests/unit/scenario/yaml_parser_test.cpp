// YAML parser: valid YAML is accepted, harmful input is refused.
#include "scenario_text.hpp"

#include "read_context.hpp"
#include "yaml.hpp"

#include <gmock/gmock.h>

using namespace loadsim::scenario;
using testing::HasSubstr;

namespace {

/// Tree in one line: {key:value}, [item], text, ~ for null.
std::string one_line(const yaml_node& n) {
    std::string out;
    switch (n.what) {
    case yaml_node::kind::null: return "~";
    case yaml_node::kind::scalar: return n.text;
    case yaml_node::kind::list:
        for (const auto& item : n.items) out += (out.empty() ? "" : ",") + one_line(item);
        return "[" + out + "]";
    case yaml_node::kind::map:
        for (const auto& m : n.members) out += (out.empty() ? "" : ",") + m.key + ":" + one_line(m.value);
        return "{" + out + "}";
    }
    return out;
}

std::string parsed(std::string_view yaml) {
    read_context r;
    const auto tree = parse_yaml(yaml, 0, r);
    return tree ? one_line(*tree) : r.located_problems().at(0).text;
}

} // namespace

TEST(parse_yaml, accepts_valid_yaml) {
    const std::pair<const char*, const char*> rows[] = {
        {"", "~"},
        {"a: 1\nb: [x, {c: d}]\n", "{a:1,b:[x,{c:d}]}"},
        {"- a\n- - b\n  - c\n-\n", "[a,[b,c],~]"},
        {"a: &x {b: 1}\nc: *x\n", "{a:{b:1},c:{b:1}}"},
        {"a: &x 1\n*x : 2\n", "{a:1,1:2}"},
        {"a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n", "{a:{b:1,c:2},d:{c:3,b:1}}"},
        {"a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y], f: 4}\n", "{a:{b:1},c:{b:2,d:3},e:{f:4,b:1,d:3}}"},
        {"a: !!str 1\nb: \"~\"\nc: ~\n", "{a:1,b:~,c:~}"},
        {"---\na: 1\n...\n", "{a:1}"},
        {"\xef\xbb\xbf"
         "a: 1\n",
         "{a:1}"},
        {"a: \"x\\\"y\"\nb: 'it''s'\nc: &q \"z\"\nd: |\n  \"\n", "{a:x\"y,b:it's,c:z,d:\"\n}"},
        {"a: \xc3\xa4\n", "{a:\xc3\xa4}"},
        {"a: 1\na: 2\n", "{a:1,a:2}"},
    };
    for (const auto& [yaml, tree] : rows) EXPECT_EQ(parsed(yaml), tree) << yaml;
}

TEST(parse_yaml, refuses_unsupported_yaml) {
    const std::pair<std::string, const char*> rows[] = {
        {"a: 1\n---\nb: 2\n", "a second document begins here"},
        {"a: !foo 1\n", "the tag '!foo' means nothing"},
        {"a: !foo {b: 1}\n", "the tag '!foo' means nothing"},
        {"? [a]\n: b\n", "a key must be a text, not a list"},
        {"{a: 1}: b\n", "a key must be a text, not a map"},
        {": b\n", "a key must be a text, not nothing"},
        {"a: &x [*x]\n", "this alias is part of what it stands for"},
        {"a: *x\n", "not YAML"},
        {"a: {<<: 5}\n", "'<<' merges a map or a list of maps, not '5'"},
        {"a: {<<: [5]}\n", "'<<' merges a map or a list of maps, not '5'"},
        {"a: " + std::string(text_limit + 1, 'x'), "a value of 4097 characters"},
        {std::string(size_limit + 1, ' '), "1048577 bytes; a scenario has at most 1048576"},
        {"a: \xff\n", "not text"},
        {std::string("a: \0b", 5), "not text"},
        {"a: \x1b[31m\n", "not text"},
    };
    for (const auto& [yaml, why] : rows) EXPECT_THAT(parsed(yaml), HasSubstr(why)) << yaml.substr(0, 40);
}

TEST(parse_yaml, locates_invalid_text) {
    read_context r;
    EXPECT_FALSE(parse_yaml("a: 1\nb: x\xff", 0, r));
    EXPECT_EQ(r.located_problems().at(0).location, (source_location{0, 2, 5}));
}

TEST(parse_yaml, calls_tab_indentation_that) {
    const std::pair<const char*, source_location> rows[] = {
        {"load:\n\tdrain: 5s\n\tphases: []\n", {0, 2, 1}},
        {"load:\n  drain: 5s\n\tphases: []\n", {0, 3, 1}},
        {"load:\n  phases:\n  \t- {duration: 1s}\n\t- x: y\n", {0, 3, 3}}};
    for (const auto& [yaml, location] : rows) {
        read_context r;
        EXPECT_FALSE(parse_yaml(yaml, 0, r)) << yaml;
        ASSERT_EQ(r.located_problems().size(), 1U) << yaml;
        EXPECT_EQ(r.located_problems()[0].text, "this line is indented with a tab; YAML takes blanks only") << yaml;
        EXPECT_EQ(r.located_problems()[0].location.line, location.line) << yaml;
        EXPECT_EQ(r.located_problems()[0].location.column, location.column) << yaml;
    }
    EXPECT_EQ(parsed("a: |\n  {\n  \t\"b\": 1}\n"), "{a:{\n\t\"b\": 1}\n}") << "in a text tabs are fine";
}

TEST(parse_yaml, sets_source_locations) {
    read_context r;
    const auto tree = parse_yaml("a: 1\nb:\n  - {c: 2}\n  -   d\n", 0, r);
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree->find("a")->location, (source_location{0, 1, 4})) << "a scalar: itself";
    EXPECT_EQ(tree->find("b")->location, (source_location{0, 2, 1})) << "a list: its key";
    EXPECT_EQ(tree->find("b")->items[0].location, (source_location{0, 3, 5})) << "a map in a list: itself";
    EXPECT_EQ(tree->find("b")->items[0].members[0].location, (source_location{0, 3, 6})) << "a key";
    EXPECT_EQ(tree->find("b")->items[1].location, (source_location{0, 4, 7}));
}

// "Billion laughs": nine lines that expand to a thousand million values.
TEST(parse_yaml, an_alias_bomb_is_refused_at_once) {
    std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c <= 'i'; ++c) {
        const std::string last(1, static_cast<char>(c - 1));
        bomb += std::string(1, c) + ": &" + c + " [";
        for (int i = 0; i < 10; ++i) bomb += (i == 0 ? "*" : ",*") + last;
        bomb += "]\n";
    }
    EXPECT_THAT(parsed(bomb), HasSubstr("more than 20000 values"));

    std::string flat = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: [";
    for (int i = 0; i < 2000; ++i) flat += "*a,";
    EXPECT_THAT(parsed(flat + "]"), HasSubstr("more than 20000 values")) << "no alias of an alias";

    std::string text_bomb = "a: &a " + std::string(text_limit, 'x') + "\nb: [";
    for (int i = 0; i < 2000; ++i) text_bomb += "*a,";
    EXPECT_THAT(parsed(text_bomb + "]"), HasSubstr("more than 20000 values")) << "a long text costs more than one";
}

TEST(parse_yaml, depth_is_limited) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_EQ(parsed(nested(depth_limit)), nested(depth_limit));
    EXPECT_THAT(parsed(nested(depth_limit + 1)), HasSubstr("nested more than 32 levels deep"));
    // Unclosed nesting; yaml-cpp has separate code for each style.
    for (const auto* piece : {"[", "{", "- ", "? ", "{a: ", "[[a]: ", "!!str ", "&a ", "a: [", "- - ? "}) {
        std::string deep;
        while (deep.size() < 200'000) deep += piece;
        EXPECT_NE(parsed(deep), "") << piece;
    }
    std::string stairs;
    for (std::size_t i = 0; i < 1'000; ++i) stairs += std::string(i, ' ') + "a:\n";
    EXPECT_THAT(parsed(stairs), HasSubstr("nested more than 32 levels deep"));
}
