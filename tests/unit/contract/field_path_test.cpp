#include <loadsim/contract/field_path.hpp>
#include <loadsim/contract/message_parser.hpp>

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::contract;

namespace {

field_path parsed(std::string_view text) {
    auto made = field_path::parse(text);
    EXPECT_TRUE(made) << text;
    return made ? *made : field_path{};
}

/// Field value of the message, or "(none)".
std::string read(std::string_view path, const message_view& message) {
    message_parser reader(message);
    std::string out = "old";
    return reader.extract(parsed(path), out) ? out : "(none)";
}

std::string json(std::string_view path, std::string_view payload) { return read(path, {.payload = payload}); }

} // namespace

TEST(field_path, evaluates_json_pointers_by_rfc_6901) {
    // Document of RFC 6901, 5, without the pointer to the whole document: that field path is `payload`.
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

TEST(field_path, converts_every_value_to_text) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {R"({"a":"t"})", "t"},
        {R"({"a":""})", ""},
        {R"({"a":true})", "true"},
        {R"({"a":false})", "false"},
        {R"({"a":0})", "0"},
        {R"({"a":-7})", "-7"},
        {R"({"a":18446744073709551615})", "18446744073709551615"},
        {R"({"a":21.5})", "21.5"},
        {R"({"a":21.50})", "21.50"},
        {R"({"a":1e3})", "1e3"},
        {R"({"a":123456789012345678901234567890})", "123456789012345678901234567890"},
        {R"({"b":{"a":1.0},"\u0061" : -98765432109876543210 , "c":"]}"})", "-98765432109876543210"},
        {R"({"a":1.5,"a":2.50})", "2.50"},
        {R"({"a": { "id" : 123456789012345678901 , "b" : " \" }" } })", R"({"id":123456789012345678901,"b":" \" }"})"},
        {R"({"a":null})", "(none)"},
        {R"({"a":{"b":[1]}})", R"({"b":[1]})"},
        {R"({"a":"\u00e4"})", "\xc3\xa4"},
        {"", "(none)"},
        {"[1]", "(none)"},
        {R"({"a":1)", "(none)"}};
    for (const auto& [payload, text] : cases) EXPECT_EQ(json("/a", payload), text) << payload;
    EXPECT_EQ(json("/a/1/b", R"({"a":[{"b":1.0}, {"b" : 12345678901234567890123 }]})"), "12345678901234567890123");
}

TEST(field_path, splits_a_batch_into_items_as_written) {
    const message_view batch{.payload = R"({"events":[ {"id":123456789012345678901}, 1.50,"x,]" ,[]]})"};
    const auto items = message_parser(batch).extract_items(parsed("/events"));
    ASSERT_TRUE(items);
    EXPECT_THAT(*items, testing::ElementsAre(R"({"id":123456789012345678901})", "1.50", R"("x,]")", "[]"));
    const message_view empty{.payload = " [ ] "};
    EXPECT_THAT(message_parser(empty).extract_items(parsed("payload")), testing::Optional(testing::IsEmpty()));
}

TEST(field_path, is_safe_for_untrusted_input) {
    EXPECT_EQ(json("/a", "\xef\xbb\xbf{\"a\": 1.50}"), "1.50") << "a byte order mark is ignored";
    EXPECT_EQ(json("/a", R"({"a":")" + std::string(payload_limit, 'x') + "\"}"), "(none)") << "too long to be parsed";
    std::string deep = R"({"a":1,"b":)" + std::string(1000, '[') + std::string(1000, ']') + "}";
    EXPECT_EQ(json("/a", deep), "(none)") << "too deep";
    EXPECT_EQ(json("/a", "{\"a\":\"\xff\"}"), "(none)") << "no UTF-8";
    EXPECT_EQ(json("/a", R"({"a":"x","b":")" + std::string(5000, 'x') + "\"}"), "x") << "larger than what is at hand";
}

TEST(field_path, reads_topic_levels_payload_correlation_and_properties) {
    const auto named = [](std::string_view name) {
        return name == "X-Id" ? std::string_view("n-1") : std::string_view{};
    };
    const message_view message{.topic = "v1/VIN//x", .payload = "DONE", .correlation = "c", .property = named};
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"topic[0]", "v1"},     {"topic[1]", "VIN"},          {"topic[2]", ""},     {"topic[3]", "x"},
        {"topic[4]", "(none)"}, {"payload", "DONE"},          {"correlation", "c"}, {"property:X-Id", "n-1"},
        {"header:X-Id", "n-1"}, {"property:other", "(none)"}, {"", "(none)"},       {"/a", "(none)"}};
    for (const auto& [path, text] : cases) EXPECT_EQ(read(path, message), text) << path;
    for (const auto* path : {"payload", "correlation", "header:X-Id"}) EXPECT_EQ(read(path, {}), "(none)") << path;
    message_parser plain(message);
    EXPECT_FALSE(plain.is_json());
    const message_view number{.payload = "1"};
    EXPECT_TRUE(message_parser(number).is_json());
}

TEST(field_path, reports_syntax_errors_in_one_sentence) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"id", "'id' is no field path: did you mean the pointer '/id'?"},
        {"$.id",
         "'$.id' is no field path: write /pointer, topic[1], payload, correlation, property:NAME or header:NAME"},
        {"topic[x]", "'topic[x]' is no field path: a level is a number from 0, such as topic[1]"},
        {"topic[-1]", "a level is a number from 0"},
        {"topic[]", "a level is a number from 0"},
        {"topic[99999999999]", "a level is a number from 0"},
        {"property:", "'property:' is no field path: it lacks a name"},
        {"/a~", "in a pointer ~ is written ~0, and a / within a name ~1"},
        {"/a~2", "in a pointer ~ is written ~0"}};
    for (const auto& [text, why] : cases) {
        const auto made = field_path::parse(text);
        ASSERT_FALSE(made) << text;
        EXPECT_THAT(to_string(made.error()), testing::HasSubstr(std::string(why))) << text;
    }
    EXPECT_EQ(parsed("").type(), field_path::kind::none);
    EXPECT_EQ(parsed("topic[3]").level(), 3U);
    EXPECT_EQ(parsed("header:a:b").name(), "a:b");
    EXPECT_EQ(parsed("/a/b").text(), "/a/b");
}
