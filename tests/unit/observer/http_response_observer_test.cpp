#include <loadsim/observer/http_response_observer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

using namespace loadsim;
using namespace loadsim::observer;
using namespace std::chrono_literals;

namespace {

contract::event_mapping make_mapping(const contract::event_mapping_options& options) {
    auto made = compile_response_mapping(options, "load.observers[0].response");
    EXPECT_TRUE(made) << (made ? "" : to_string(made.error()));
    return *made;
}

} // namespace

TEST(http_response_observer, extracts_the_completion) {
    struct row {
        std::string body;
        std::optional<outcome> end;
        std::string reason;
    };
    const row rows[] = {
        {R"({"state":"executed"})", outcome::executed, ""}, // id and VIN are ignored
        {R"({"state":"failed","reason":"door_open"})", outcome::failed, "door_open"},
        {R"({"state":"failed","reason":"timeout"})", outcome::timed_out, "timeout"},
        {R"({"state":"created"})", std::nullopt, ""},
        {"", std::nullopt, ""},
        {"{", std::nullopt, ""},
    };
    const auto mapping = make_mapping(response_options{}.reading);
    const monotonic_time at{5s};
    for (const auto& r : rows) {
        const auto completed = completion_in_http_response(mapping, r.body, {}, at, 1, nullptr);
        ASSERT_EQ(completed.has_value(), r.end.has_value()) << r.body;
        if (!completed) continue;
        EXPECT_EQ(completed->final_outcome, r.end) << r.body;
        EXPECT_EQ(completed->reason, r.reason) << r.body;
        EXPECT_EQ(completed->at, at);
        EXPECT_EQ(completed->observer, 1U);
    }
}

TEST(http_response_observer, state_may_be_in_a_header) {
    const auto mapping =
        make_mapping({.state = {"header:X-State"}, .reason = {}, .outcomes = {{outcome::executed, {"DONE"}}}});
    EXPECT_TRUE(completion_in_http_response(mapping, "", {{"x-state", "DONE"}}, {}, 0, nullptr));
    EXPECT_FALSE(completion_in_http_response(mapping, "", {}, {}, 0, nullptr));
}

TEST(http_response_observer, reports_fields_that_never_matched) {
    const auto mapping =
        make_mapping({.state = {"/status"}, .reason = {}, .outcomes = {{outcome::executed, {"DONE"}}}});
    contract::field_match_stats match_stats;
    for (std::uint32_t i = 0; i < contract::field_match_stats::sample_size; ++i)
        (void)completion_in_http_response(mapping, R"({"state":"DONE"})", {}, {}, 0, &match_stats);
    const auto sentences = match_stats.take_unmatched();
    ASSERT_EQ(sentences.size(), 1U);
    EXPECT_NE(sentences[0].find("load.observers[0].response.state"), std::string::npos) << sentences[0];
}
