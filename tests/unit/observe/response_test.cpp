#include <loadsim/observe/response.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

using namespace loadsim;
using namespace loadsim::observe;
using namespace std::chrono_literals;

namespace {

contract::reading reading_of(const contract::reading_options& options) {
    auto made = reading_of_an_answer(options, "load.observers[0].response");
    EXPECT_TRUE(made) << (made ? "" : to_string(made.error()));
    return *made;
}

} // namespace

TEST(response, an_answer_may_be_the_end) {
    struct row {
        std::string body;
        std::optional<outcome> end;
        std::string reason;
    };
    const row rows[] = {
        {R"({"state":"executed"})", outcome::executed, ""}, // neither id nor VIN are looked for
        {R"({"state":"failed","reason":"door_open"})", outcome::failed, "door_open"},
        {R"({"state":"failed","reason":"timeout"})", outcome::timed_out, "timeout"},
        {R"({"state":"created"})", std::nullopt, ""},
        {"", std::nullopt, ""},
        {"{", std::nullopt, ""},
    };
    const auto reading = reading_of(response_options{}.reading);
    const monotonic_time at{5s};
    for (const auto& r : rows) {
        const auto seen = end_in_response(reading, r.body, {}, at, 1, nullptr);
        ASSERT_EQ(seen.has_value(), r.end.has_value()) << r.body;
        if (!seen) continue;
        EXPECT_EQ(seen->end, r.end) << r.body;
        EXPECT_EQ(seen->reason, r.reason) << r.body;
        EXPECT_EQ(seen->at, at);
        EXPECT_EQ(seen->observer, 1U);
    }
}

TEST(response, a_state_may_be_in_a_header) {
    const auto reading =
        reading_of({.state = {"header:X-State"}, .reason = {}, .ends = {{outcome::executed, {"DONE"}}}});
    EXPECT_TRUE(end_in_response(reading, "", {{"x-state", "DONE"}}, {}, 0, nullptr));
    EXPECT_FALSE(end_in_response(reading, "", {}, {}, 0, nullptr));
}

TEST(response, what_never_fits_is_told) {
    const auto reading = reading_of({.state = {"/status"}, .reason = {}, .ends = {{outcome::executed, {"DONE"}}}});
    contract::fit fit;
    for (std::uint32_t i = 0; i < contract::fit::after; ++i)
        (void)end_in_response(reading, R"({"state":"DONE"})", {}, {}, 0, &fit);
    const auto told = fit.take();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_NE(told[0].find("load.observers[0].response.state"), std::string::npos) << told[0];
}
