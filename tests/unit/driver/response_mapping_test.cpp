#include "response_mapping.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::driver;
using mapped_kind = mapped_response::kind;

namespace {

const http::header_list no_headers;

mapped_response read(const contract::request_options& contract, const http::response_view& response) {
    return map_response(contract, *contract::field_path::parse(contract.id), response);
}

} // namespace

struct answer_case {
    unsigned status;
    const char* body;
    mapped_kind what;
    const char* text;
};

TEST(response_mapping, follows_the_built_in_contract) {
    const answer_case cases[] = {
        {202, R"({"id":"a1","state":"created"})", mapped_kind::accepted, "a1"},
        {202, R"({"id":7})", mapped_kind::accepted, "7"},
        {202, R"({"ID":"a1"})", mapped_kind::errored, "http: 202 without a request id"},
        {202, R"({"id":""})", mapped_kind::errored, "http: 202 without a request id"},
        {202, R"({"id":null})", mapped_kind::errored, "http: 202 without a request id"},
        {202, "", mapped_kind::errored, "http: 202 without a request id"},
        {202, "[]", mapped_kind::errored, "http: 202 without a request id"},
        {409, R"({"title":"busy"})", mapped_kind::rejected, "http: 409"},
        {200, R"({"id":"a1"})", mapped_kind::errored, "http: 200"}, // a platform with synchronous completion
        {404, "", mapped_kind::errored, "http: 404"},
        {503, "<html>", mapped_kind::errored, "http: 503"},
    };
    for (const auto& c : cases) {
        const auto mapped = read({}, {.status = c.status, .body = c.body, .error = {}, .headers = no_headers});
        EXPECT_EQ(mapped.what, c.what) << c.status << c.body;
        EXPECT_EQ(mapped.text, c.text) << c.status << c.body;
    }
}

TEST(response_mapping, follows_a_custom_contract) {
    contract::request_options custom{.accepted = {200, 201}, .rejected = {423, 429}, .id = "header:Location"};
    const http::header_list headers{{"location", "/jobs/17"}};
    const auto with = [&headers](unsigned status) {
        return http::response_view{.status = status, .body = {}, .error = {}, .headers = headers};
    };
    EXPECT_EQ(read(custom, with(201)).text, "17");
    EXPECT_EQ(read(custom, with(200)).what, mapped_kind::accepted);
    EXPECT_EQ(read(custom, with(202)).what, mapped_kind::errored);
    EXPECT_EQ(read(custom, with(409)).what, mapped_kind::errored);
    EXPECT_EQ(read(custom, with(423)).what, mapped_kind::rejected);
    EXPECT_EQ(read(custom, with(429)).text, "http: 429");
    custom.id = "";
    const auto nameless = read(custom, with(200));
    EXPECT_EQ(nameless.what, mapped_kind::accepted);
    EXPECT_EQ(nameless.text, "");
}

// Commands and events have the id, Location the URI of the request.
TEST(response_mapping, takes_the_last_path_segment_of_location) {
    const std::pair<const char*, const char*> rows[] = {
        {"/requests/1000", "1000"},
        {"https://api.test/requests/1000/", "1000"},
        {"https://api.test:8443/requests/1000?full=1#top", "1000"},
        {"//api.test/requests/a%2Fb", "a/b"},
        {"1000", "1000"},
        {"/", ""},
        {"https://api.test", ""},
        {"", ""},
    };
    for (const auto& id : {"header:Location", "header:location"})
        for (const auto& [location, expected] : rows) {
            const http::header_list headers{{"LOCATION", location}};
            const auto mapped = read({.id = id}, {.status = 202, .body = {}, .error = {}, .headers = headers});
            EXPECT_EQ(mapped.what, *expected == '\0' ? mapped_kind::errored : mapped_kind::accepted) << location;
            EXPECT_EQ(mapped.text, *expected == '\0' ? "http: 202 without a request id" : expected) << location;
        }
    const http::header_list headers{{"X-Id", "a/b"}};
    EXPECT_EQ(read({.id = "header:X-Id"}, {.status = 202, .body = {}, .error = {}, .headers = headers}).text, "a/b");
}

TEST(response_mapping, names_the_try) {
    const auto after = [](unsigned status, std::uint32_t tries, std::string_view error = {}) {
        return read({},
                    {.status = status, .body = R"({"id":"a"})", .error = error, .headers = no_headers, .tries = tries})
            .text;
    };
    EXPECT_EQ(after(409, 2), "http: 409 on try 2");
    EXPECT_EQ(after(202, 2), "a");
    EXPECT_EQ(after(503, 2), "http: 503");
    EXPECT_EQ(after(0, 1, "no response in time"), "http: no response in time");
    EXPECT_EQ(after(0, 3, "no response in time"), "http: no response in time (3 tries)");
}
