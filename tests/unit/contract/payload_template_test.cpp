#include "template_fixture.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

using namespace loadsim;
using namespace loadsim::contract;
using form = payload_options::payload_format;

namespace {

result<payload_template> compile(std::string text, form format = form::text) {
    std::vector<std::string> pointers;
    return payload_template::compile({.text = std::move(text), .format = format}, all_symbols(), pointers);
}

/// Rendered payload, or "(none)" on failure.
std::string render_payload(std::string text, form format, const template_values& v = {}) {
    const auto made = compile(text, format);
    EXPECT_TRUE(made) << text << "\n" << problems_of(made);
    std::string out = "+";
    if (!made || !made->render(v, out)) {
        EXPECT_EQ(out, "+") << "as it was";
        return "(none)";
    }
    return out.substr(1);
}

} // namespace

TEST(payload_template, detects_json_by_its_first_character) {
    for (const auto* text :
         {R"({"a":1})", "[]", " \n [1]", R"({#ok}{"a":1}{/ok}{#ok}{/ok}{#vin}{/vin})", R"({{#seq}"a":1{/seq}})"}) {
        const auto made = compile(text);
        if (made) {
            EXPECT_TRUE(made->is_json()) << text;
        } else {
            EXPECT_THAT(problems_of(made), testing::HasSubstr("it would be no JSON")) << text;
        }
    }
    for (const auto* text : {"", "on", "{vin} is here", "{{vin}}", "\"text\"", "{#seq}{seq}{/seq}", "12"}) {
        const auto made = compile(text);
        ASSERT_TRUE(made) << text << problems_of(made);
        EXPECT_FALSE(made->is_json()) << text;
    }
    EXPECT_FALSE(compile("[not json", form::plain)->is_json());
    EXPECT_TRUE(compile("12", form::json)->is_json());
    EXPECT_THAT(problems_of(compile("{\"a\":", form::text)), testing::HasSubstr("it would be no JSON"));
}

TEST(payload_template, decodes_hex_and_base64) {
    EXPECT_EQ(render_payload("01 ff\n7F", form::hex), "\x01\xff\x7f");
    EXPECT_EQ(render_payload("", form::hex), "");
    EXPECT_EQ(render_payload("00{code}", form::hex, {.code = "41"}), std::string("\0A", 2));
    EXPECT_EQ(render_payload("{code}", form::hex, {.code = "4"}), "(none)");
    EXPECT_EQ(render_payload("{code}", form::hex, {.code = "4 1"}), "(none)") << "a byte is two digits together";
    EXPECT_EQ(render_payload("{code}", form::hex, {.code = "4g"}), "(none)");
    EXPECT_EQ(problems_of(compile("0", form::hex)), "it is not hex: two digits for each byte, such as 01ff");

    for (const auto* text : {"zz{code}", "{code}-{code}", "{random:01|zz}"})
        EXPECT_EQ(problems_of(compile(text, form::hex)), "it is not hex: two digits for each byte, such as 01ff")
            << text;
    EXPECT_TRUE(compile("0{code} {random:01|ff}", form::hex)) << "the values decide";

    // Test vectors of RFC 4648, 10, and invalid variants.
    const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                     {"Zg==", "f"},
                                                                     {"Zm8=", "fo"},
                                                                     {"Zm9v", "foo"},
                                                                     {"Zm9vYg==", "foob"},
                                                                     {"Zm9vYmE=", "fooba"},
                                                                     {"Zm9vYmFy", "foobar"},
                                                                     {"Zm8", "fo"},
                                                                     {"+/+/", "\xfb\xff\xbf"}};
    for (const auto& [text, bytes] : vectors)
        EXPECT_EQ(render_payload("{code}", form::base64, {.code = text}), bytes) << text;
    for (const std::string_view text : {"Z", "Zg=", "Zg===", "Zm9v=", "=", "Zm-v", "Z===", "Zm9vZ", "Zm 9v"})
        EXPECT_EQ(render_payload("{code}", form::base64, {.code = text}), "(none)") << text;
    EXPECT_EQ(problems_of(compile("!", form::base64)), "it is not base64 (RFC 4648)");
}

TEST(payload_template, sends_a_file_unchanged) {
    const auto path = std::filesystem::temp_directory_path() / "loadsim-payload_template_test.bin";
    const std::string bytes("\0{vin}\xff", 7);
    std::ofstream(path, std::ios::binary) << bytes;
    EXPECT_EQ(render_payload(path.string(), form::file, {.vin = "X"}), bytes);
    std::filesystem::remove(path);
    EXPECT_THAT(problems_of(compile(path.string(), form::file)), testing::HasSubstr("cannot be read (No such file"));
    EXPECT_THAT(problems_of(compile("/dev/zero", form::file)), testing::HasSubstr("cannot be read"));
}

TEST(payload_template, reports_whether_it_is_empty) {
    EXPECT_TRUE(payload_template{}.empty());
    EXPECT_TRUE(compile("")->empty());
    EXPECT_FALSE(compile("x")->empty());
}
