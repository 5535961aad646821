#include <loadsim/base/encoding.hpp>
#include <loadsim/base/secrets.hpp>

#include <gtest/gtest.h>

#include <string>

using namespace loadsim;

namespace {

std::string masked(std::string_view secret, std::string_view text) {
    secret_masker masker;
    masker.add(secret);
    return masker.mask(text);
}

std::string in_json(std::string_view text) {
    std::string out;
    append_json_escaped(text, out);
    return out;
}

} // namespace

TEST(secrets, are_masked_wherever_they_are) {
    EXPECT_EQ(masked("Secret-77", "Secret-77 and aSecret-77b, not secret-77"), "*** and a***b, not secret-77");
    EXPECT_EQ(masked("Secret-77", ""), "");
    EXPECT_EQ(masked("aaaa", "aaaaaa"), "***") << "overlapping occurrences leave nothing of a secret";
    EXPECT_EQ(masked("Secret-77", "Secret-7"), "Secret-7");
}

TEST(secrets, are_masked_in_encodings) {
    constexpr std::string_view secret = "p{vin} \"w\\/&\xc3\xa4\xf0\x9f\x94\x91'\n";
    for (const auto part : {url_part::component, url_part::path, url_part::target, url_part::form})
        EXPECT_EQ(masked(secret, "x=" + percent_encode(secret, part) + "&y"), "x=***&y");
    EXPECT_EQ(masked("a/b?c", "a%2fb%3fc a%2Fb?c"), "*** ***");
    EXPECT_EQ(masked("%41%25", "%41%25 %2541%2525"), "*** ***") << "a value that looks like an encoding";
    EXPECT_EQ(masked(secret, in_json(secret)), "***");
    EXPECT_EQ(masked(secret, R"(p\u007bvin} \"w\\\/&\u00e4\ud83d\udd11'\n)"), "***");
    EXPECT_EQ(masked(secret, escape_for_terminal(secret)), "***");
    EXPECT_EQ(masked("it's", "--set 'a=it'\\''s' 'it''s'"), "--set 'a=***' '***'");
    EXPECT_EQ(masked(secret, to_hex(secret)), "***");
    EXPECT_EQ(masked("Secret", "53656372657420 536563726574"), "***20 ***");
    EXPECT_EQ(masked("nOpQ", "6e4f7051 6E4F7051"), "*** ***");
}

TEST(secrets, are_masked_in_encodings_of_encodings) {
    constexpr std::string_view secret = "p{v} \"w\\/&%\xc3\xa4\n";
    const auto url = [](std::string_view text) { return percent_encode(text, url_part::component); };
    const std::string plain(secret);
    for (const auto& text : {in_json(in_json(plain)), in_json(in_json(in_json(plain))), url(url(plain)),
                             url(in_json(plain)), in_json(url(plain)), in_json(url(in_json(plain))),
                             url(in_json(in_json(plain))), escape_for_terminal(in_json(in_json(plain)))})
        EXPECT_EQ(masked(secret, "{\"a\":\"" + text + "\"}"), "{\"a\":\"***\"}") << text;
    EXPECT_EQ(masked("a\\\\b", R"(a\\b a\\\\b)"), "*** ***") << "two backslashes, escaped once and twice";
    EXPECT_EQ(masked("Secret", R"(\\u0053ecret %255cu0053ecret)"), "*** ***");
    EXPECT_EQ(masked("a b c", "a%2Bb%2Bc a%252Bb%252Bc"), "*** ***") << "'+' for a blank, within a URL";
    EXPECT_EQ(masked("Secret", R"(\\u0053ecre \ % \u %2 '')"), R"(\\u0053ecre \ % \u %2 '')");
}

TEST(secrets, are_masked_in_base64) {
    constexpr std::string_view secret = "Secret-77";
    EXPECT_EQ(masked(secret, to_base64(secret)), "***");
    for (const std::string before : {"", "a", "ab", "abc", "user:"})
        for (const std::string after : {"", "a", "ab"}) {
            const auto text = to_base64(before + std::string(secret) + after);
            const auto found = masked(secret, text);
            EXPECT_NE(found.find("***"), std::string::npos) << text;
            EXPECT_LE(found.size(), text.size() - 10 + 3) << found;
        }
    EXPECT_EQ(masked("\xfb\xff\xfe~~~", "-__-fn5- +//+fn5+ %2B//%2Bfn5%2B"), "*** *** ***");
}

TEST(secrets, that_are_short_are_not_searched_for) {
    EXPECT_EQ(masked("car", "a car"), "a car");
    EXPECT_EQ(masked("cars", "two cars"), "two ***");
    EXPECT_EQ(masked("", "a car"), "a car");
}

TEST(secrets, overlap) {
    secret_masker masker;
    for (const auto* secret : {"abcdef", "defghi", "abcdefgh"}) masker.add(secret);
    EXPECT_EQ(masker.mask("1abcdefghi2"), "1***2");
    EXPECT_EQ(masker.mask("abcdefgh"), "***");
    EXPECT_EQ(masker.mask("abcdefabcdef"), "******");
}

TEST(secrets, are_masked_before_a_text_is_cut) {
    secret_masker masker;
    masker.add("Secret-77");
    EXPECT_EQ(masker.mask("12345 Secret-77 and more", 8), "12345 **");
    EXPECT_EQ(masker.mask("12345 Secret-77 and more", 13), "12345 *** and");
    EXPECT_EQ(masker.mask("12345", 5), "12345");
}

TEST(secrets, of_the_process) {
    constexpr auto secret = "registered by secrets_test";
    EXPECT_EQ(mask_secrets(secret), secret);
    EXPECT_EQ(mask_secrets("12345", 3), "123");
    register_secret("");
    register_secret(secret);
    EXPECT_TRUE(has_secrets());
    EXPECT_EQ(mask_secrets(std::string("it was ") + secret), "it was ***");
    forget_secrets();
    EXPECT_FALSE(has_secrets());
    EXPECT_EQ(mask_secrets(secret), secret);
}
