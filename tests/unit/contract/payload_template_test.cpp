#include "given.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

using namespace loadsim;
using namespace loadsim::contract;
using form = payload_options::form;

namespace {

result<payload_template> compile(std::string text, form as = form::text) {
    std::vector<std::string> pointers;
    return payload_template::compile({.text = std::move(text), .as = as}, all_names(), pointers);
}

/// Rendered, or "(none)".
std::string rendered(std::string text, form as, const values& v = {}) {
    const auto made = compile(text, as);
    EXPECT_TRUE(made) << text << "\n" << wrong(made);
    std::string out = "+";
    if (!made || !made->render(v, out)) {
        EXPECT_EQ(out, "+") << "as it was";
        return "(none)";
    }
    return out.substr(1);
}

} // namespace

TEST(payload_template, is_json_when_it_begins_so) {
    for (const auto* text :
         {R"({"a":1})", "[]", " \n [1]", R"({#ok}{"a":1}{/ok}{#ok}{/ok}{#vin}{/vin})", R"({{#seq}"a":1{/seq}})"}) {
        const auto made = compile(text);
        if (made) {
            EXPECT_TRUE(made->is_json()) << text;
        } else {
            EXPECT_THAT(wrong(made), testing::HasSubstr("it would be no JSON")) << text;
        }
    }
    for (const auto* text : {"", "on", "{vin} is here", "{{vin}}", "\"text\"", "{#seq}{seq}{/seq}", "12"}) {
        const auto made = compile(text);
        ASSERT_TRUE(made) << text << wrong(made);
        EXPECT_FALSE(made->is_json()) << text;
    }
    EXPECT_FALSE(compile("[not json", form::plain)->is_json());
    EXPECT_TRUE(compile("12", form::json)->is_json());
    EXPECT_THAT(wrong(compile("{\"a\":", form::text)), testing::HasSubstr("it would be no JSON"));
}

TEST(payload_template, makes_bytes_of_digits) {
    EXPECT_EQ(rendered("01 ff\n7F", form::hex), "\x01\xff\x7f");
    EXPECT_EQ(rendered("", form::hex), "");
    EXPECT_EQ(rendered("00{code}", form::hex, {.code = "41"}), std::string("\0A", 2));
    EXPECT_EQ(rendered("{code}", form::hex, {.code = "4"}), "(none)");
    EXPECT_EQ(rendered("{code}", form::hex, {.code = "4 1"}), "(none)") << "a byte is two digits together";
    EXPECT_EQ(rendered("{code}", form::hex, {.code = "4g"}), "(none)");
    EXPECT_EQ(wrong(compile("0", form::hex)), "it is not hex: two digits for each byte, such as 01ff");

    // RFC 4648, 10
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
        EXPECT_EQ(rendered("{code}", form::base64, {.code = text}), bytes) << text;
    for (const std::string_view text : {"Z", "Zg=", "Zg===", "Zm9v=", "=", "Zm-v", "Z===", "Zm9vZ", "Zm 9v"})
        EXPECT_EQ(rendered("{code}", form::base64, {.code = text}), "(none)") << text;
    EXPECT_EQ(wrong(compile("!", form::base64)), "it is not base64 (RFC 4648)");
}

TEST(payload_template, sends_a_file_as_it_is) {
    const auto path = std::filesystem::temp_directory_path() / "loadsim-payload_template_test.bin";
    const std::string bytes("\0{vin}\xff", 7);
    std::ofstream(path, std::ios::binary) << bytes;
    EXPECT_EQ(rendered(path.string(), form::file, {.vin = "X"}), bytes);
    std::filesystem::remove(path);
    EXPECT_THAT(wrong(compile(path.string(), form::file)), testing::HasSubstr("cannot be read: No such file"));
    EXPECT_THAT(wrong(compile("/dev/zero", form::file)), testing::HasSubstr("cannot be read"));
}

TEST(payload_template, knows_when_it_has_nothing) {
    EXPECT_TRUE(payload_template{}.empty());
    EXPECT_TRUE(compile("")->empty());
    EXPECT_FALSE(compile("x")->empty());
}
