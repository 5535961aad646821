#include "http_answer.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::drive;
using kind = http_answer::kind;

namespace {

const http::header_list no_headers;

http_answer read(const contract::request_options& contract, const http::answer& seen) {
    return read_answer(contract, *contract::source::parse(contract.id), seen);
}

} // namespace

struct answer_case {
    unsigned status;
    const char* body;
    kind what;
    const char* text;
};

TEST(http_answer, means_what_our_own_contract_says) {
    const answer_case cases[] = {
        {202, R"({"id":"a1","state":"created"})", kind::accepted, "a1"},
        {202, R"({"id":7})", kind::accepted, "7"},
        {202, R"({"ID":"a1"})", kind::errored, "http: 202 without a request id"},
        {202, R"({"id":""})", kind::errored, "http: 202 without a request id"},
        {202, R"({"id":null})", kind::errored, "http: 202 without a request id"},
        {202, "", kind::errored, "http: 202 without a request id"},
        {202, "[]", kind::errored, "http: 202 without a request id"},
        {409, R"({"title":"busy"})", kind::rejected, "http: 409"},
        {200, R"({"id":"a1"})", kind::errored, "http: 200"}, // a platform that does not accept asynchronously
        {404, "", kind::errored, "http: 404"},
        {503, "<html>", kind::errored, "http: 503"},
    };
    for (const auto& c : cases) {
        const auto said = read({}, {.status = c.status, .body = c.body, .trouble = {}, .headers = no_headers});
        EXPECT_EQ(said.what, c.what) << c.status << c.body;
        EXPECT_EQ(said.text, c.text) << c.status << c.body;
    }
}

TEST(http_answer, means_what_another_contract_says) {
    contract::request_options theirs{.accepted = {200, 201}, .rejected = {423, 429}, .id = "header:Location"};
    const http::header_list headers{{"location", "/jobs/17"}};
    const auto with = [&headers](unsigned status) {
        return http::answer{.status = status, .body = {}, .trouble = {}, .headers = headers};
    };
    EXPECT_EQ(read(theirs, with(201)).text, "/jobs/17");
    EXPECT_EQ(read(theirs, with(200)).what, kind::accepted);
    EXPECT_EQ(read(theirs, with(202)).what, kind::errored);
    EXPECT_EQ(read(theirs, with(409)).what, kind::errored);
    EXPECT_EQ(read(theirs, with(423)).what, kind::rejected);
    EXPECT_EQ(read(theirs, with(429)).text, "http: 429");
    theirs.id = "";
    const auto nameless = read(theirs, with(200));
    EXPECT_EQ(nameless.what, kind::accepted);
    EXPECT_EQ(nameless.text, "");
}

TEST(http_answer, says_which_try_it_is_of) {
    const auto after = [](unsigned status, std::uint32_t tries, std::string_view trouble = {}) {
        return read({}, {.status = status,
                         .body = R"({"id":"a"})",
                         .trouble = trouble,
                         .headers = no_headers,
                         .tries = tries})
            .text;
    };
    EXPECT_EQ(after(409, 2), "http: 409 on try 2");
    EXPECT_EQ(after(202, 2), "a");
    EXPECT_EQ(after(503, 2), "http: 503");
    EXPECT_EQ(after(0, 1, "no answer in time"), "http: no answer in time");
    EXPECT_EQ(after(0, 3, "no answer in time"), "http: no answer in time (3 tries)");
}
