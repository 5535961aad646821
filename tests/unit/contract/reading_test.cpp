#include "given.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::contract;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

reading compiled_reading(const reading_options& o) {
    auto made = reading::compile(o, "contract.words");
    EXPECT_TRUE(made) << wrong(made);
    return made ? *made : reading{};
}

reading_options with_ends(decltype(reading_options::ends) ends) { return {.state = {"/s"}, .ends = std::move(ends)}; }

} // namespace

TEST(reading, knows_what_a_state_means) {
    const auto r = compiled_reading(with_ends({{outcome::failed, {"failed*", "gone"}},
                                               {outcome::timed_out, {"failed timeout", "failed slow*"}},
                                               {outcome::executed, {"failed", "ok"}}}));
    const std::pair<std::string_view, std::optional<outcome>> cases[] = {
        {"failed door_open", outcome::failed},
        {"failed timeout", outcome::timed_out}, // exact before prefix
        {"failed timeout 2", outcome::failed},
        {"failed slowly", outcome::timed_out}, // the longest prefix
        {"failed", outcome::executed},
        {"gone", outcome::failed},
        {"gone away", std::nullopt},
        {"ok", outcome::executed},
        {"OK", std::nullopt},
        {"", std::nullopt}};
    for (const auto& [state, end] : cases) EXPECT_EQ(r.end_of(state), end) << state;
    EXPECT_EQ(compiled_reading(with_ends({{outcome::executed, {"*"}}})).end_of(""), outcome::executed);
}

TEST(reading, joins_the_texts_of_a_state) {
    const auto r =
        compiled_reading({.id = "/id", .vin = "", .state = {"/a", "/b", "/c"}, .ends = event_reading().ends});
    const std::pair<std::string_view, std::string_view> cases[] = {{R"({"id":"1","a":"x","b":true,"c":3})", "x true 3"},
                                                                   {R"({"id":"1","a":"x"})", "x"},
                                                                   {R"({"id":"1","a":"x","b":""})", "x"},
                                                                   {R"({"id":"1","a":"x","c":"z"})", "x  z"},
                                                                   {R"({"id":"1","b":"y"})", " y"},
                                                                   {R"({"id":"1"})", ""}};
    for (const auto& [payload, state] : cases) {
        const auto said = r.read({.payload = payload}, nullptr);
        ASSERT_TRUE(said) << payload;
        EXPECT_EQ(said->state, state) << payload;
    }
}

TEST(reading, understands_a_foreign_message) {
    const auto r = compiled_reading({.id = "topic[3]",
                                     .vin = "property:car",
                                     .state = {"payload"},
                                     .reason = "correlation",
                                     .ends = {{outcome::executed, {"DONE"}}, {outcome::failed, {"ERR*"}}}});
    const auto car = [](std::string_view name) { return name == "car" ? std::string_view("V1") : std::string_view{}; };
    const auto said = r.read({.topic = "a/b/c/17", .payload = "ERR 5", .correlation = "why", .named = car}, nullptr);
    ASSERT_TRUE(said);
    EXPECT_EQ(said->request, "17");
    EXPECT_EQ(said->vin, "V1");
    EXPECT_EQ(said->state, "ERR 5");
    EXPECT_EQ(said->reason, "why");
    EXPECT_EQ(said->end, outcome::failed);
    EXPECT_EQ(said->sequence, 0U);
    EXPECT_FALSE(r.read({.topic = "a/b/c"}, nullptr)) << "no id";
    EXPECT_FALSE(r.read({.topic = "a/b/c/"}, nullptr)) << "an empty one";
    EXPECT_TRUE(r.says_vin());
}

TEST(reading, does_without_an_id_when_told_so) {
    const auto r = compiled_reading({.id = "", .vin = "", .state = {"/s"}, .ends = event_reading().ends});
    const auto said = r.read({.payload = R"({"s":"executed"})"}, nullptr);
    ASSERT_TRUE(said);
    EXPECT_EQ(said->request, "");
    EXPECT_EQ(said->end, outcome::executed);
    EXPECT_FALSE(r.says_id());
    EXPECT_FALSE(r.says_vin());
}

TEST(reading, refuses_all_that_is_wrong_with_its_place) {
    const auto made = reading::compile(
        {.id = "id",
         .vin = "topic[x]",
         .state = {},
         .sequence = "seq",
         .ends = {{outcome::executed, {"a", "b*", ""}}, {outcome::failed, {"a", "b*"}}, {outcome::rejected, {"c"}}}},
        "load.observers[0]");
    const auto text = wrong(made);
    for (const auto* sentence :
         {"load.observers[0].id: 'id' is no source", "load.observers[0].vin: 'topic[x]'",
          "load.observers[0].state: nothing says where", "load.observers[0].sequence: 'seq'",
          "load.observers[0].ends: 'a' is there twice", "load.observers[0].ends: 'b*' is there twice",
          "an empty text is no state", "an end is executed, failed or timed_out, not rejected"})
        EXPECT_THAT(text, HasSubstr(sentence));
    EXPECT_THAT(wrong(reading::compile({.state = {"/s"}}, "x")), HasSubstr("x.ends: no state is an end"));
}

TEST(fit, tells_what_is_never_found_and_shows_a_message) {
    fit watch;
    const auto r = compiled_reading({.id = "/id",
                                     .vin = "topic[1]",
                                     .state = {"/s", "/t"},
                                     .reason = "/why",
                                     .ends = {{outcome::executed, {"ok"}}, {outcome::failed, {"ko"}}}});
    for (int i = 0; i < 19; ++i) {
        (void)r.read({.topic = "v1", .payload = R"({"ref":1})"}, &watch);
        EXPECT_THAT(watch.take(), IsEmpty()) << "too early to say";
    }
    (void)r.read({.payload = R"({"ref":2})"}, &watch);
    EXPECT_THAT(watch.take(),
                ElementsAre("contract.words.id: '/id' was in none of the first 20 messages; one of them: {\"ref\":1}"));
    (void)r.read({.payload = R"({"ref":2})"}, &watch);
    EXPECT_THAT(watch.take(), IsEmpty()) << "once";

    for (int i = 0; i < 20; ++i) (void)r.read({.topic = "v1", .payload = R"({"id":1,"t":"x"})"}, &watch);
    EXPECT_THAT(
        watch.take(),
        ElementsAre(HasSubstr("contract.words.vin: 'topic[1]' was in none of the first 20 messages; one of them: v1")))
        << "one of a state's texts is enough, and no failure was without its reason";
    for (int i = 0; i < 20; ++i) (void)r.read({.payload = R"({"id":1,"s":"ko"})"}, &watch);
    EXPECT_THAT(watch.take(), ElementsAre(HasSubstr("contract.words.reason: '/why'")));
}

TEST(fit, is_content_with_one_hit) {
    fit watch;
    const auto id = *source::parse("/id");
    for (int i = 0; i < 100; ++i) watch.note("x.id", id, i == 19, "{}");
    EXPECT_THAT(watch.take(), IsEmpty());
    fit late;
    for (int i = 0; i < 100; ++i) late.note("x.id", id, i == 20, "{}");
    EXPECT_THAT(late.take(), testing::SizeIs(1)) << "not in the first 20";
}

TEST(fit, shows_a_message_that_a_terminal_can_bear) {
    const auto shown = [](std::string_view sample) {
        fit watch;
        for (std::uint32_t i = 0; i < fit::after; ++i) watch.note("p", *source::parse("/id"), false, sample);
        const auto all = watch.take();
        const std::string sentence = all.empty() ? "" : all.front();
        return sentence.substr(sentence.find("of them: ") + 9);
    };
    EXPECT_EQ(shown("a\x1b[2J\n\xff\xc3\xa4"), "a\\x1b[2J\\x0a\\xff\xc3\xa4");
    EXPECT_EQ(shown(""), "(empty)");
    EXPECT_EQ(shown(std::string(200, 'x')), std::string(200, 'x'));
    EXPECT_EQ(shown(std::string(300, 'x')), std::string(200, 'x') + "...");
}
