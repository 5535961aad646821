#include "http_answer.hpp"

#include <gtest/gtest.h>

using namespace loadsim::drive;
using kind = http_answer::kind;

struct answer_case {
    unsigned status;
    const char* body;
    kind what;
    const char* text;
};

TEST(http_answer, means_what_the_api_says) {
    const answer_case cases[] = {
        {202, R"({"id":"a1","state":"created"})", kind::accepted, "a1"},
        {202, R"({"ID":"a1"})", kind::errored, "http: 202 without a request id"},
        {202, R"({"id":7})", kind::errored, "http: 202 without a request id"},
        {202, R"({"id":""})", kind::errored, "http: 202 without a request id"},
        {202, "", kind::errored, "http: 202 without a request id"},
        {202, "[]", kind::errored, "http: 202 without a request id"},
        {409, R"({"title":"busy"})", kind::rejected, "http: 409"},
        {200, R"({"id":"a1"})", kind::errored, "http: 200"}, // a platform that does not accept asynchronously
        {404, "", kind::errored, "http: 404"},
        {503, "<html>", kind::errored, "http: 503"},
    };
    for (const auto& c : cases) {
        const auto read = read_answer(c.status, c.body);
        EXPECT_EQ(read.what, c.what) << c.status << c.body;
        EXPECT_EQ(read.text, c.text) << c.status << c.body;
    }
}
