#include "template_fixture.hpp"

#include <loadsim/base/random.hpp>

#include <gmock/gmock.h>

#include <limits>
#include <regex>
#include <set>

using namespace loadsim;
using namespace loadsim::contract;

namespace {

const std::vector<std::string> row{"carl", R"({"a":1})"};
const std::vector<std::string> region{"eu-1"};
const std::vector<std::string> temperature{"21.5"};
const std::vector<std::string> token{"t0k"};

template_values sample_values() {
    return {.vin = "LZ9SMEV05TF000001",
            .index = 7,
            .segment = "eu",
            .request_id = "r-1",
            .service = "horn",
            .arrival = 12,
            .code = "door_open",
            .state = "asleep",
            .wake = "udp",
            .phase = "ack",
            .ok = false,
            .seq = 3,
            .claimed_vin = "X",
            .now_us = 1'769'903'999'123'456, // 2026-01-31T23:59:59.123456Z
            .sent_us = 42,
            .webhook_url = "http://h/e",
            .broker_api_url = "http://b",
            .data = row,
            .segment_variables = region,
            .parameters = temperature,
            .captured = token};
}

struct rendered_case {
    std::string_view text, rendered, why;
};

std::string refusal(std::string_view text) {
    std::vector<std::string> pointers;
    return problems_of(text_template::compile(text, all_symbols(), pointers));
}

std::string json_compile_error(std::string_view text) {
    std::vector<std::string> pointers;
    return problems_of(text_template::compile_json(text, all_symbols(), pointers));
}

} // namespace

TEST(text_template, renders_every_variable) {
    const rendered_case cases[] = {
        {"", "", "nothing"},
        {"plain", "plain", "a text without holes"},
        {"v1/{vin}/cmd", "v1/LZ9SMEV05TF000001/cmd", "text around"},
        {"{index} {segment} {request.id} {service}", "7 eu r-1 horn", ""},
        {"{arrival} {code} {state} {wake} {phase}", "12 door_open asleep udp ack", ""},
        {"{ok} {seq} {claimed.vin} {sent:us}", "false 3 X 42", ""},
        {"{now:ms} {now:s} {now:us}", "1769903999123 1769903999 1769903999123456", ""},
        {"{now:iso}", "2026-01-31T23:59:59.123Z", ""},
        {"{webhook.url} {brokerApi.url}", "http://h/e http://b", ""},
        {"{data.user} {segment.region} {parameter.temperature} {captured.token}", "carl eu-1 21.5 t0k", "by name"},
    };
    for (const auto& c : cases) EXPECT_EQ(compiled(c.text).rendered(sample_values()), c.rendered) << c.text;
}

TEST(text_template, keeps_braces_that_are_no_placeholders) {
    const rendered_case cases[] = {
        {"{", "{", "the last character"},
        {"{}", "{}", "nothing within"},
        {R"({"a": {1} })", R"({"a": {1} })", "no letter behind"},
        {"{#} {/} {# x}", "{#} {/} {# x}", "no letter there either"},
        {"}} }", "}} }", "none was open"},
        {"{{vin}}", "{vin}", "a hole that is meant as text"},
        {"{{#vin}} {{/vin}}", "{#vin} {/vin}", "also a section"},
        {"{{vin}", "{vin}", "half a mark is enough"},
        {"{{vin", "{vin", "and no end"},
        {"{{{vin}}}", "{{vin}}", "one mark, and text around it"},
    };
    for (const auto& c : cases) EXPECT_EQ(compiled(c.text).rendered(sample_values()), c.rendered) << c.text;
}

TEST(text_template, renders_sections_of_present_variables) {
    const rendered_case cases[] = {
        {"a{#seq},{seq}{/seq}b", "a,3b", "a number"},
        {"a{#wake}+{wake}{/wake}", "a+udp", "a text"},
        {"a{#ok}yes{/ok}", "a", "false"},
        {"{#vin}{#code}both{/code}{/vin}", "both", "one within another"},
        {"{#vin}{/vin}{#vin}{#code}{/code}{/vin}.", ".", "of nothing"},
        {"{#data.user}u{/data.user}{#now:iso}n{/now:iso}{#arrival}a{/arrival}", "una", "of any variable"},
    };
    for (const auto& c : cases) EXPECT_EQ(compiled(c.text).rendered(sample_values()), c.rendered) << c.text;

    template_values none;
    none.ok = true;
    EXPECT_EQ(compiled("a{#seq}b{#vin}c{/vin}d{/seq}e{#index}f{/index}g{#ok}h{/ok}").rendered(none), "aegh");
    const std::vector<std::string> zero{"0", ""};
    none.data = zero;
    EXPECT_EQ(compiled("{#data.user}zero{/data.user}{#data.pair}empty{/data.pair}").rendered(none), "");
}

TEST(text_template, formats_any_time) {
    const auto iso = compiled("{now:iso}");
    const std::pair<std::int64_t, std::string_view> cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951'782'400'000'000, "2000-02-29T00:00:00.000Z"},
        {4'102'444'800'000'999, "2100-01-01T00:00:00.000Z"},
        {std::numeric_limits<std::int64_t>::max(), "9999-12-31T23:59:59.999Z"},
        {std::numeric_limits<std::int64_t>::min(), "0000-01-01T00:00:00.000Z"},
    };
    for (const auto& [us, text] : cases) EXPECT_EQ(iso.rendered({.now_us = us}), text);
    EXPECT_EQ(compiled("{now:ms} {now:s}").rendered({.now_us = -1}), "-1 -1")
        << "rounded down, as the parts of a date are";
}

TEST(text_template, uses_the_given_random_stream) {
    random_stream draw(1, stream_id::behaviour, 1);
    template_values v;
    v.random = &draw;
    const auto uuid = compiled("{random:uuid}");
    const std::regex version_4("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto text = uuid.rendered(v);
        EXPECT_TRUE(std::regex_match(text, version_4)) << text;
        seen.insert(text);
    }
    EXPECT_EQ(seen.size(), 1000U);

    std::set<std::string> numbers, texts;
    for (int i = 0; i < 200; ++i) numbers.insert(compiled("{random:-1..2}").rendered(v));
    EXPECT_THAT(numbers, testing::ElementsAre("-1", "0", "1", "2"));
    for (int i = 0; i < 200; ++i) texts.insert(compiled("{random:red|green||b..c}").rendered(v));
    EXPECT_THAT(texts, testing::ElementsAre("", "b..c", "green", "red"));
    EXPECT_EQ(compiled("{random:5..5}").rendered(v), "5");
    EXPECT_TRUE(std::regex_match(compiled("{random:hex:27}").rendered(v), std::regex("[0-9a-f]{27}")));

    random_stream one(9, stream_id::behaviour, 4), same(9, stream_id::behaviour, 4);
    v.random = &one;
    const auto first = uuid.rendered(v);
    v.random = &same;
    EXPECT_EQ(uuid.rendered(v), first) << "one seed, one text";
}

TEST(text_template, renders_command_values_by_pointer) {
    std::vector<std::string> pointers;
    const auto one = text_template::compile("{command:/a}{command:/b/0}", all_symbols(), pointers);
    const auto other = text_template::compile("{command:/b/0}", all_symbols(), pointers);
    ASSERT_TRUE(one && other);
    EXPECT_THAT(pointers, testing::ElementsAre("/a", "/b/0")) << "each once, for all templates";
    const std::vector<std::string> found{"A", "B"};
    EXPECT_EQ(one->rendered({.command = found}), "AB");
    EXPECT_EQ(other->rendered({.command = found}), "B");
    EXPECT_EQ(one->rendered({}), "") << "none was read";
}

TEST(text_template, reports_each_problem_in_one_sentence) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"{vim}", "unknown variable 'vim'; did you mean 'vin'?"},
        {"{data.usr}", "unknown variable 'data.usr'; did you mean 'data.user'?"},
        {"{now:mss}", "unknown variable 'now:mss'; did you mean 'now:ms'?"},
        {"{vin", "'{vin' has no '}'; for a brace that is text write {{"},
        {"{#vin}x", "{#vin} is not closed; write {/vin} where its text ends"},
        {"x{/vin}", "{/vin} closes nothing"},
        {"{#vin}{#code}x{/vin}{/code}", "{/vin} closes nothing; the open one is {#code}"},
        {"{random:20..10}", "{random:20..10}: 20 is more than 10"},
        {"{random:a..b}", "{random:a..b}: the ends are whole numbers, such as {random:1..6}"},
        {"{random:1..99999999999999999999}", "the ends are whole numbers"},
        {"{random:hex:0}", "{random:hex:0}: how many digits? a number from 1 to 1000, such as {random:hex:16}"},
        {"{random:word}", "write {random:1..6}, {random:a|b|c}, {random:hex:8} or {random:uuid}"},
        {"{#random:uuid}x{/random:uuid}", "{#random:uuid} is always there; leave it out"},
        {"{command:a}", "'a' is no field path: did you mean the pointer '/a'?"},
        {"{command:topic[1]}", "a JSON pointer belongs behind the colon, such as {command:/meta/id}"},
        {"{command:/a~b}", "in a pointer ~ is written ~0"},
    };
    for (const auto& [text, why] : cases) EXPECT_THAT(refusal(text), testing::HasSubstr(std::string(why))) << text;
    EXPECT_EQ(std::ranges::count(refusal("{vim} {codee} {#seq}"), '\n'), 2) << "all that is wrong";
}

TEST(text_template, is_limited_to_the_symbols_of_its_scope) {
    std::vector<std::string> pointers;
    const template_symbols few{.variables = bit(variable::vin) | bit(variable::index), .data = data_column_names};
    EXPECT_EQ(problems_of(text_template::compile("{code}", few, pointers)),
              "'code' has no value here; there are: vin, index, data.user, data.pair");
    EXPECT_EQ(problems_of(text_template::compile("{code}", {}, pointers)), "'code' has no value here");
    EXPECT_NE(problems_of(text_template::compile("{random:uuid}", few, pointers)), "");
    EXPECT_NE(problems_of(text_template::compile("{command:/a}", few, pointers)), "");
    EXPECT_NE(problems_of(text_template::compile("{segment.region}", few, pointers)), "");
    EXPECT_EQ(problems_of(text_template::compile("{vin}{data.user}", few, pointers)), "");
}

TEST(text_template, reports_its_content) {
    EXPECT_TRUE(text_template{}.empty());
    EXPECT_TRUE(compiled("").empty());
    EXPECT_FALSE(compiled("x").empty());
    EXPECT_TRUE(compiled("x").is_constant());
    EXPECT_FALSE(compiled("x{vin}").is_constant());
    EXPECT_FALSE(compiled("x{#vin}y{/vin}").is_constant());
    EXPECT_TRUE(compiled("x{vin}").uses(variable::vin));
    EXPECT_TRUE(compiled("x{#vin}y{/vin}").uses(variable::vin));
    EXPECT_FALSE(compiled("{data.user}").uses(variable::vin)) << "both are the first of their kind";
}

TEST(text_template, renders_json_for_all_values) {
    template_values v;
    const auto in_quotes = compiled_json(R"({"a":"x{code}y"})");
    v.code = "a\"b\\c\n\x01\x7f\xc3\xa4";
    EXPECT_EQ(in_quotes.rendered(v), "{\"a\":\"xa\\\"b\\\\c\\n\\u0001\x7f\xc3\xa4y\"}");
    v.code = "\xff\xc3(\xed\xa0\x80\xf0\x9f\x9a\x97";
    EXPECT_EQ(in_quotes.rendered(v),
              "{\"a\":\"x\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x9a\x97y\"}")
        << "what is no UTF-8 is no JSON";

    const auto bare = compiled_json(R"({"a":{code}})");
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"", "null"},
        {"null", "null"},
        {"true", "true"},
        {"-12.50", "-12.50"},
        {"0", "0"},
        {"007", "\"007\""},
        {"1.", "\"1.\""},
        {"-", "\"-\""},
        {"1e5", "\"1e5\""},
        {"1,\"b\":2", "\"1,\\\"b\\\":2\""},
        {"word", "\"word\""},
        {R"({"x":[1,2]})", R"({"x":[1,2]})"},
        {R"({"x":})", R"("{\"x\":}")"},
        {R"("text")", R"("text")"},
        {" 1", "\" 1\""},
    };
    for (const auto& [value, json] : cases) {
        v.code = value;
        EXPECT_EQ(bare.rendered(v), "{\"a\":" + std::string(json) + "}") << value;
    }
    random_stream draw(1, stream_id::behaviour, 1);
    v.random = &draw;
    EXPECT_EQ(compiled_json(R"([{random:hex:3},{random:uuid},{random:3..3},{now:iso},{ok},{seq}])").rendered(v).front(),
              '[');
    EXPECT_TRUE(std::regex_match(compiled_json("[{random:hex:3}]").rendered(v), std::regex(R"(\["[0-9a-f]{3}"\])")));
    EXPECT_EQ(compiled_json("[{now:iso},{ok},{seq},{random:2|2}]").rendered(v),
              R"(["1970-01-01T00:00:00.000Z",true,0,2])");
}

TEST(text_template, distinguishes_json_braces_from_placeholders) {
    template_values v;
    v.wake = "udp";
    const auto first = compiled_json(R"({"a":{{#wake}"wake":"{wake}"{/wake}}})");
    EXPECT_EQ(first.rendered(v), R"({"a":{"wake":"udp"}})");
    EXPECT_EQ(first.rendered({}), R"({"a":{}})");
    EXPECT_EQ(compiled_json(R"({"a":"{{vin}}"})").rendered(v), R"({"a":"{vin}"})");
}

TEST(text_template, rejects_templates_that_may_render_invalid_json) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {R"({"a":1,})", "it would be no JSON"},
        {R"({"a":{vin}x})", "it would be no JSON"},
        {R"({"a":1{seq}})", "it would be no JSON"},                          // -1
        {R"({"a":{seq}{seq}})", "it would be no JSON"},                      // 00
        {R"({{index}:1})", "it would be no JSON"},                           // a number as a key
        {R"({"a":1{#seq},{/seq}})", "it would be no JSON"},                  // when seq is present
        {R"({"a":1{#seq},{/seq}{#vin}"b":2{/vin}})", "it would be no JSON"}, // when only one of them is present
        {R"({"a":"x{#seq}","b":"{/seq}{#vin}",{/vin}})", "one quote without its other"},
        {R"({"a":"\{vin}"})", "{vin} is inside a JSON escape sequence"},
        {R"({"a":"\u00{vin}"})", "{vin} is inside a JSON escape sequence"},
        {"[{#vin}1{/vin}{#code}{/code}{#seq}", "{#seq} is not closed"},
        {"", "it would be no JSON"},
    };
    for (const auto& [text, why] : cases)
        EXPECT_THAT(json_compile_error(text), testing::HasSubstr(std::string(why))) << text;
    EXPECT_EQ(json_compile_error(R"({"a":"x{#seq}","b":"{/seq}"})"), "") << "whole strings, with it and without";
    std::string many = "[1";
    for (const std::string_view name : {"vin", "index", "segment", "service", "code", "state", "wake", "phase", "seq"})
        many += "{#" + std::string(name) + "},1{/" + std::string(name) + "}";
    EXPECT_THAT(json_compile_error(many + "]"), testing::HasSubstr("at most 8 variables"));
}

TEST(text_template, allows_adjacent_numbers_that_form_a_number) {
    for (const std::string_view text :
         {"[{random:18..24}.{random:0..9}]", "[{random:1..9}{random:0..9}]", "[-{random:0..9}]", "[0.{index}]",
          "[{now:s}.{arrival}]", "[1e{random:-5..5}]", "[{random:-1..1}.5]"})
        EXPECT_EQ(json_compile_error(text), "") << text;
    for (const std::string_view text :
         {"[{random:0..9}{random:0..9}]", "[{random:-5..5}{random:1..9}]", "[-{random:-1..1}]", "[0{random:1..9}]",
          "[1.{random:-1..9}]", "[1.{seq}]", "[{index}{arrival}]", "[{ok}{ok}]", "[1{ok}]", "[{index}{vin}]",
          "[{random:1..9}{random:a|b}]", "[1{random:hex:2}]", "[{now:iso}1]"})
        EXPECT_THAT(json_compile_error(text), testing::HasSubstr("it would be no JSON")) << text;
}

TEST(text_template, percent_encodes_values_in_a_path) {
    std::vector<std::string> pointers;
    const auto path = text_template::compile_path("/a b/{vin}?x={code}", all_symbols(), pointers);
    ASSERT_TRUE(path);
    EXPECT_EQ(path->rendered({.vin = "A/b c%?#\xc3\xa4\r\n", .code = "a&b=c+d@x.de"}),
              "/a b/A%2Fb%20c%25%3F%23%C3%A4%0D%0A?x=a%26b%3Dc%2Bd%40x.de");
    const auto raw = text_template::compile_path("{raw:vin}?{raw:code}&{vin}", all_symbols(), pointers);
    ASSERT_TRUE(raw);
    EXPECT_EQ(raw->rendered({.vin = "/a%2Fb", .code = "x=1&y=2"}), "/a%2Fb?x=1&y=2&%2Fa%252Fb");
    EXPECT_EQ(to_string(text_template::compile("{raw:vin}", all_symbols(), pointers).error()),
              "{raw:vin} is for paths of URLs; here nothing is percent-encoded: write {vin}");
}

TEST(text_template, value_of_an_environment_variable_is_one_part_of_a_url) {
    ASSERT_EQ(setenv("LOADSIM_TEST_URL", "a&b=c d\r\n/x?%", 1), 0);
    std::vector<std::string> pointers;
    const auto path = text_template::compile_path("/v?key=${LOADSIM_TEST_URL}", all_symbols(), pointers);
    ASSERT_TRUE(path);
    EXPECT_EQ(path->rendered({}), "/v?key=a%26b%3Dc%20d%0D%0A%2Fx%3F%25");
    const auto raw = text_template::compile_path("/v?${raw:LOADSIM_TEST_URL}", all_symbols(), pointers);
    ASSERT_TRUE(raw) << to_string(raw.error());
    EXPECT_EQ(raw->rendered({}), "/v?a&b=c d\r\n/x?%");
    EXPECT_EQ(
        to_string(text_template::compile("${raw:LOADSIM_TEST_URL}", all_symbols(), pointers).error()),
        "${raw:LOADSIM_TEST_URL} is for paths of URLs; here nothing is percent-encoded: write ${LOADSIM_TEST_URL}");
}

TEST(text_template, error_of_a_placeholder_after_a_dollar_names_the_form_of_environment_variables) {
    std::vector<std::string> pointers;
    EXPECT_THAT(to_string(text_template::compile("${car_pw}", all_symbols(), pointers).error()),
                testing::HasSubstr("unknown variable 'car_pw'"));
    EXPECT_THAT(to_string(text_template::compile("${car_pw}", all_symbols(), pointers).error()),
                testing::EndsWith("; an environment variable has capitals: ${NAME}"));
}

TEST(text_template, value_of_an_environment_variable_is_never_a_template) {
    ::setenv("LOADSIM_TEST_SECRET", "p{vin}w{Geheim77", 1);
    std::vector<std::string> pointers;
    const auto text = text_template::compile("${LOADSIM_TEST_SECRET}-{vin}", all_symbols(), pointers);
    ASSERT_TRUE(text) << to_string(text.error());
    EXPECT_EQ(text->rendered({.vin = "V"}), "p{vin}w{Geheim77-V");
    ::unsetenv("LOADSIM_TEST_SECRET");
}

TEST(text_template, topic_filter_matches_the_topics_of_one_vehicle) {
    const struct {
        std::string_view topic, filter, why;
    } rows[] = {
        {"v1/{vin}/state", "v1/LZ9SMEV05TF000001/state", "values of the vehicle only"},
        {"{index}/{segment}/{data.user}/{segment.region}", "7/eu/carl/eu-1", "all values of the vehicle"},
        {"v1/{vin}/rsp/{request.id}", "v1/LZ9SMEV05TF000001/rsp/#", "the last level may become several"},
        {"{service}/{vin}/{phase}/x", "+/LZ9SMEV05TF000001/+/x", "other values"},
        {"a-{request.id}-b/{vin}", "+/LZ9SMEV05TF000001", "+ is alone in its level (4.7.1)"},
        {"{vin}/{now:ms}/{random:1..6}", "LZ9SMEV05TF000001/+/#", "numbers and random values"},
        {"{command:/reply}", "#", "any topic"},
        {"{vin}/{captured.token}/{parameter.temperature}/x", "LZ9SMEV05TF000001/+/+/x", "values of the platform"},
        {"{vin}/a{#wake}/{wake}{/wake}/b", "LZ9SMEV05TF000001/#", "the section may be absent"},
        {"{vin}/a{#segment}/{segment}{/segment}", "LZ9SMEV05TF000001/a/eu", "a section of the vehicle"},
        {"/{vin}/", "/LZ9SMEV05TF000001/", "empty levels"},
        {"constant", "constant", "no value"},
    };
    for (const auto& r : rows) EXPECT_EQ(compiled(r.topic).topic_filter(sample_values()), r.filter) << r.why;
}

TEST(text_template, render_appends) {
    std::string out = "before ";
    compiled("{vin}").render({.vin = "X"}, out);
    EXPECT_EQ(out, "before X");
}

TEST(text_template, inserts_environment_variables_and_hides_them_in_errors) {
    ::setenv("LOADSIM_TEST_SECRET", "a\"b", 1);
    std::vector<std::string> pointers;
    const auto text = contract::text_template::compile("x ${LOADSIM_TEST_SECRET} y", {}, pointers);
    ASSERT_TRUE(text.has_value());
    EXPECT_EQ(text->rendered({}), "x a\"b y");
    const auto json = contract::text_template::compile_json(R"({"k":"${LOADSIM_TEST_SECRET}"})", {}, pointers);
    ASSERT_TRUE(json.has_value());
    EXPECT_EQ(json->rendered({}), R"({"k":"a\"b"})") << "escaped";
    const auto no_json = contract::text_template::compile_json(R"({"k":"${LOADSIM_TEST_SECRET}",})", {}, pointers);
    ASSERT_FALSE(no_json.has_value());
    EXPECT_EQ(to_string(no_json.error()).find("a\\\"b"), std::string::npos) << to_string(no_json.error());
    const auto bare = contract::text_template::compile_json(R"({"k":${LOADSIM_TEST_SECRET}})", {}, pointers);
    ASSERT_FALSE(bare.has_value());
    const auto unset = contract::text_template::compile("${LOADSIM_TEST_UNSET}", {}, pointers);
    ASSERT_FALSE(unset.has_value());
    EXPECT_EQ(to_string(unset.error()), "the environment variable 'LOADSIM_TEST_UNSET' is not set");
    ::unsetenv("LOADSIM_TEST_SECRET");
}
