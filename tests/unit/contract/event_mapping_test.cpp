#include "template_fixture.hpp"

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::contract;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

event_mapping compiled_mapping(const event_mapping_options& o) {
    auto made = event_mapping::compile(o, "contract.responses");
    EXPECT_TRUE(made) << problems_of(made);
    return made ? *made : event_mapping{};
}

event_mapping_options with_outcomes(decltype(event_mapping_options::outcomes) ends) {
    return {.state = {"/s"}, .outcomes = std::move(ends)};
}

} // namespace

TEST(event_mapping, maps_states_to_outcomes) {
    const auto r = compiled_mapping(with_outcomes({{outcome::failed, {"failed*", "gone"}},
                                                   {outcome::timed_out, {"failed timeout", "failed slow*"}},
                                                   {outcome::executed, {"failed", "ok"}}}));
    const std::pair<std::string_view, std::optional<outcome>> cases[] = {
        {"failed door_open", outcome::failed},
        {"failed timeout", outcome::timed_out}, // exact match before prefix
        {"failed timeout 2", outcome::failed},
        {"failed slowly", outcome::timed_out}, // the longest prefix
        {"failed", outcome::executed},
        {"gone", outcome::failed},
        {"gone away", std::nullopt},
        {"ok", outcome::executed},
        {"OK", std::nullopt},
        {"", std::nullopt}};
    for (const auto& [state, end] : cases) EXPECT_EQ(r.outcome_of(state), end) << state;
    EXPECT_EQ(compiled_mapping(with_outcomes({{outcome::executed, {"*"}}})).outcome_of(""), outcome::executed);
}

TEST(event_mapping, joins_the_fields_of_a_state) {
    const auto r = compiled_mapping(
        {.id = "/id", .vin = "", .state = {"/a", "/b", "/c"}, .outcomes = default_event_mapping().outcomes});
    const std::pair<std::string_view, std::string_view> cases[] = {{R"({"id":"1","a":"x","b":true,"c":3})", "x true 3"},
                                                                   {R"({"id":"1","a":"x"})", "x"},
                                                                   {R"({"id":"1","a":"x","b":""})", "x"},
                                                                   {R"({"id":"1","a":"x","c":"z"})", "x  z"},
                                                                   {R"({"id":"1","b":"y"})", " y"},
                                                                   {R"({"id":"1"})", ""}};
    for (const auto& [payload, state] : cases) {
        const auto extracted = r.extract({.payload = payload}, nullptr);
        ASSERT_TRUE(extracted) << payload;
        EXPECT_EQ(extracted->state, state) << payload;
    }
}

TEST(event_mapping, extracts_events_of_a_custom_contract) {
    const auto r = compiled_mapping({.id = "topic[3]",
                                     .vin = "property:car",
                                     .state = {"payload"},
                                     .reason = "correlation",
                                     .outcomes = {{outcome::executed, {"DONE"}}, {outcome::failed, {"ERR*"}}}});
    const auto lookup = [](std::string_view name) {
        return name == "car" ? std::string_view("V1") : std::string_view{};
    };
    const auto extracted =
        r.extract({.topic = "a/b/c/17", .payload = "ERR 5", .correlation = "why", .property = lookup}, nullptr);
    ASSERT_TRUE(extracted);
    EXPECT_EQ(extracted->request_id, "17");
    EXPECT_EQ(extracted->vin, "V1");
    EXPECT_EQ(extracted->state, "ERR 5");
    EXPECT_EQ(extracted->reason, "why");
    EXPECT_EQ(extracted->final_outcome, outcome::failed);
    EXPECT_EQ(extracted->sequence, 0U);
    EXPECT_FALSE(r.extract({.topic = "a/b/c"}, nullptr)) << "no id";
    EXPECT_FALSE(r.extract({.topic = "a/b/c/"}, nullptr)) << "an empty one";
    EXPECT_TRUE(r.has_vin());
}

TEST(event_mapping, needs_no_id_without_an_id_path) {
    const auto r =
        compiled_mapping({.id = "", .vin = "", .state = {"/s"}, .outcomes = default_event_mapping().outcomes});
    const auto extracted = r.extract({.payload = R"({"s":"executed"})"}, nullptr);
    ASSERT_TRUE(extracted);
    EXPECT_EQ(extracted->request_id, "");
    EXPECT_EQ(extracted->final_outcome, outcome::executed);
    EXPECT_FALSE(r.has_id());
    EXPECT_FALSE(r.has_vin());
}

TEST(event_mapping, reports_all_problems_with_their_options) {
    const auto made = event_mapping::compile({.id = "id",
                                              .vin = "topic[x]",
                                              .state = {},
                                              .sequence = "seq",
                                              .outcomes = {{outcome::executed, {"a", "b*", ""}},
                                                           {outcome::failed, {"a", "b*"}},
                                                           {outcome::rejected, {"c"}}}},
                                             "load.observers[0]");
    const auto text = problems_of(made);
    for (const auto* sentence :
         {"load.observers[0].id: 'id' is no field path", "load.observers[0].vin: 'topic[x]'",
          "load.observers[0].state: where does a message hold", "load.observers[0].sequence: 'seq'",
          "load.observers[0].ends: 'a' is there twice", "load.observers[0].ends: 'b*' is there twice",
          "an empty text is no state", "an end is executed, failed or timed_out, not rejected"})
        EXPECT_THAT(text, HasSubstr(sentence));
    EXPECT_THAT(problems_of(event_mapping::compile({.state = {"/s"}}, "x")), HasSubstr("x.ends: no state is an end"));
}

TEST(field_match_stats, reports_fields_never_found_with_an_example) {
    field_match_stats stats;
    const auto r = compiled_mapping({.id = "/id",
                                     .vin = "topic[1]",
                                     .state = {"/s", "/t"},
                                     .reason = "/why",
                                     .outcomes = {{outcome::executed, {"ok"}}, {outcome::failed, {"ko"}}}});
    for (int i = 0; i < 19; ++i) {
        (void)r.extract({.topic = "v1", .payload = R"({"ref":1})"}, &stats);
        EXPECT_THAT(stats.take_unmatched(), IsEmpty()) << "too early to say";
    }
    (void)r.extract({.payload = R"({"ref":2})"}, &stats);
    EXPECT_THAT(
        stats.take_unmatched(),
        ElementsAre("contract.responses.id: '/id' was in none of the first 20 messages; one of them: {\"ref\":1}"));
    (void)r.extract({.payload = R"({"ref":2})"}, &stats);
    EXPECT_THAT(stats.take_unmatched(), IsEmpty()) << "once";

    for (int i = 0; i < 20; ++i) (void)r.extract({.topic = "v1", .payload = R"({"id":1,"t":"x"})"}, &stats);
    EXPECT_THAT(stats.take_unmatched(),
                ElementsAre(HasSubstr(
                    "contract.responses.vin: 'topic[1]' was in none of the first 20 messages; one of them: v1")))
        << "one of a state's texts is enough, and no failure was without its reason";
    for (int i = 0; i < 20; ++i) (void)r.extract({.payload = R"({"id":1,"s":"ko"})"}, &stats);
    EXPECT_THAT(stats.take_unmatched(), ElementsAre(HasSubstr("contract.responses.reason: '/why'")));
}

TEST(field_match_stats, one_match_is_enough) {
    field_match_stats stats;
    const auto id = *field_path::parse("/id");
    for (int i = 0; i < 100; ++i) stats.record("x.id", id, i == 19, "{}");
    EXPECT_THAT(stats.take_unmatched(), IsEmpty());
    field_match_stats late;
    for (int i = 0; i < 100; ++i) late.record("x.id", id, i == 20, "{}");
    EXPECT_THAT(late.take_unmatched(), testing::SizeIs(1)) << "not in the first 20";
}

TEST(field_match_stats, escapes_example_messages_for_a_terminal) {
    const auto shown = [](std::string_view sample) {
        field_match_stats stats;
        for (std::uint32_t i = 0; i < field_match_stats::sample_size; ++i)
            stats.record("p", *field_path::parse("/id"), false, sample);
        const auto all = stats.take_unmatched();
        const std::string sentence = all.empty() ? "" : all.front();
        return sentence.substr(sentence.find("of them: ") + 9);
    };
    EXPECT_EQ(shown("a\x1b[2J\n\xff\xc3\xa4"), "a\\x1b[2J \\xff\xc3\xa4");
    EXPECT_EQ(shown(""), "(empty)");
    EXPECT_EQ(shown(std::string(200, 'x')), std::string(200, 'x'));
    EXPECT_EQ(shown(std::string(300, 'x')), std::string(200, 'x') + "...");
}
