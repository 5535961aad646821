#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/source.hpp>

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::contract;

namespace {

source parsed(std::string_view text) {
    auto made = source::parse(text);
    EXPECT_TRUE(made) << text;
    return made ? *made : source{};
}

/// What the message says there, or "(none)".
std::string read(std::string_view from, const heard& message) {
    message_reader reader(message);
    std::string out = "old";
    return reader.read(parsed(from), out) ? out : "(none)";
}

std::string json(std::string_view from, std::string_view payload) { return read(from, {.payload = payload}); }

} // namespace

TEST(source, reads_pointers_as_rfc_6901_has_them) {
    // 5: the document of the standard, without the pointer to all of it, which is `payload` here.
    constexpr std::string_view document = R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,)"
                                          R"("k\"l":6," ":7,"m~n":8})";
    const std::pair<std::string_view, std::string_view> cases[] = {{"/foo", R"(["bar","baz"])"},
                                                                   {"/foo/0", "bar"},
                                                                   {"/foo/1", "baz"},
                                                                   {"/", "0"},
                                                                   {"/a~1b", "1"},
                                                                   {"/c%d", "2"},
                                                                   {"/e^f", "3"},
                                                                   {"/g|h", "4"},
                                                                   {R"(/i\j)", "5"},
                                                                   {R"(/k"l)", "6"},
                                                                   {"/ ", "7"},
                                                                   {"/m~0n", "8"},
                                                                   {"/foo/2", "(none)"},
                                                                   {"/foo/-", "(none)"},
                                                                   {"/foo/00", "(none)"},
                                                                   {"/foo/+1", "(none)"},
                                                                   {"/foo/0/x", "(none)"},
                                                                   {"/bar", "(none)"},
                                                                   {"/foo/", "(none)"}};
    for (const auto& [pointer, text] : cases) EXPECT_EQ(json(pointer, document), text) << pointer;
    EXPECT_EQ(json("/~01", R"({"~1":"x"})"), "x") << "in this order";
}

TEST(source, takes_every_value_as_its_text) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {R"({"a":"t"})", "t"},
        {R"({"a":""})", ""},
        {R"({"a":true})", "true"},
        {R"({"a":false})", "false"},
        {R"({"a":0})", "0"},
        {R"({"a":-7})", "-7"},
        {R"({"a":18446744073709551615})", "18446744073709551615"},
        {R"({"a":21.5})", "21.5"},
        {R"({"a":null})", "(none)"},
        {R"({"a":{"b":[1]}})", R"({"b":[1]})"},
        {R"({"a":"\u00e4"})", "\xc3\xa4"},
        {"", "(none)"},
        {"[1]", "(none)"},
        {R"({"a":1)", "(none)"}};
    for (const auto& [payload, text] : cases) EXPECT_EQ(json("/a", payload), text) << payload;
}

TEST(source, is_safe_of_what_comes) {
    EXPECT_EQ(json("/a", R"({"a":")" + std::string(payload_limit, 'x') + "\"}"), "(none)") << "too long to be parsed";
    std::string deep = R"({"a":1,"b":)" + std::string(1000, '[') + std::string(1000, ']') + "}";
    EXPECT_EQ(json("/a", deep), "(none)") << "too deep";
    EXPECT_EQ(json("/a", "{\"a\":\"\xff\"}"), "(none)") << "no UTF-8";
    EXPECT_EQ(json("/a", R"({"a":"x","b":")" + std::string(5000, 'x') + "\"}"), "x") << "larger than what is at hand";
}

TEST(source, reads_the_other_places) {
    const auto named = [](std::string_view name) {
        return name == "X-Id" ? std::string_view("n-1") : std::string_view{};
    };
    const heard message{.topic = "v1/VIN//x", .payload = "DONE", .correlation = "c", .named = named};
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"topic[0]", "v1"},     {"topic[1]", "VIN"},          {"topic[2]", ""},     {"topic[3]", "x"},
        {"topic[4]", "(none)"}, {"payload", "DONE"},          {"correlation", "c"}, {"property:X-Id", "n-1"},
        {"header:X-Id", "n-1"}, {"property:other", "(none)"}, {"", "(none)"},       {"/a", "(none)"}};
    for (const auto& [from, text] : cases) EXPECT_EQ(read(from, message), text) << from;
    for (const auto* from : {"payload", "correlation", "header:X-Id"}) EXPECT_EQ(read(from, {}), "(none)") << from;
    message_reader plain(message);
    EXPECT_FALSE(plain.is_json());
    const heard number{.payload = "1"};
    EXPECT_TRUE(message_reader(number).is_json());
}

TEST(source, refuses_with_one_sentence) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"id", "'id' is no source: did you mean the pointer '/id'?"},
        {"$.id", "'$.id' is no source: write /pointer, topic[1], payload, correlation, property:NAME or header:NAME"},
        {"topic[x]", "'topic[x]' is no source: a level is a number from 0, such as topic[1]"},
        {"topic[-1]", "a level is a number from 0"},
        {"topic[]", "a level is a number from 0"},
        {"topic[99999999999]", "a level is a number from 0"},
        {"property:", "'property:' is no source: it lacks a name"},
        {"/a~", "in a pointer ~ is written ~0, and a / within a name ~1"},
        {"/a~2", "in a pointer ~ is written ~0"}};
    for (const auto& [text, why] : cases) {
        const auto made = source::parse(text);
        ASSERT_FALSE(made) << text;
        EXPECT_THAT(to_string(made.error()), testing::HasSubstr(std::string(why))) << text;
    }
    EXPECT_EQ(parsed("").what(), source::kind::none);
    EXPECT_EQ(parsed("topic[3]").level(), 3U);
    EXPECT_EQ(parsed("header:a:b").name(), "a:b");
    EXPECT_EQ(parsed("/a/b").text(), "/a/b");
}
