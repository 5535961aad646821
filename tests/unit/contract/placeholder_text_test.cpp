#include <loadsim/contract/placeholder_text.hpp>

#include <gmock/gmock.h>

using namespace loadsim::contract;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(placeholder_text, sample_has_a_character_for_each_placeholder) {
    EXPECT_EQ(sample_text("v1/{vin}/cmd/#"), "v1/x/cmd/#");
    EXPECT_EQ(sample_text("{#segment}s/{segment.a}/{/segment}{random:1..6}${HOST_1}"), "s/x/xx");
    EXPECT_EQ(sample_text("{{vin}}/{ }/${x}"), "{vin}}/{ }/$x") << "braces that are text";
    EXPECT_EQ(sample_text("{vin"), "{vin");
}

TEST(placeholder_text, has_names) {
    EXPECT_THAT(placeholder_names("{vin}/{#seq}{seq}{/seq}{raw:data.a}{random:1..6}${HOST_1}{{index}}{ }{\"a\":1}"),
                ElementsAre("vin", "seq", "raw:data.a", "random:1..6"));
    EXPECT_THAT(placeholder_names("{vin"), IsEmpty());
}

TEST(placeholder_text, finds_placeholders_of_other_tools) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"{{ vin }}", "'{{ vin }}' is a placeholder of other tools and is sent as text; here it is written {vin}"},
        {"a{{vin}}b", "'{{vin}}' is a placeholder of other tools"},
        {"{{ $uuid }}", "'{{ $uuid }}' is a placeholder of other tools and is sent as text; here values are written"},
        {"${vin}", "'${vin}' is a placeholder of other tools"},
        {"${__UUID()}", "'${__UUID()}' is a placeholder of other tools"},
        {"car-%i", "'%i' is a placeholder of other tools and is sent as text; here it is written {index}"},
        {"%c/x", "'%c' is a placeholder of other tools and is sent as text; here it is written {vin}"},
        {R"({"a":"{ vin }"})", "'{ vin }' is a placeholder of other tools"},
        {"{ data.user }", "here it is written {data.user}"},
    };
    for (const auto& [text, why] : cases)
        EXPECT_THAT(foreign_placeholders(text), ElementsAre(HasSubstr(std::string(why)))) << text;
    EXPECT_THAT(foreign_placeholders("{{ vin }}/%i/${vin}"), testing::SizeIs(3));
    for (const auto* text : {"{vin}", "${HOME}", R"({"a":{"b":1}})", R"({ "a": 1 })", "{{code}", "{{name}}", "%c3%a4",
                             "100%", "{ if }", "${", "{{", "{ ", "", R"({"a":{#seq}{"b":{seq}}{/seq}})"})
        EXPECT_THAT(foreign_placeholders(text), IsEmpty()) << text;
}
