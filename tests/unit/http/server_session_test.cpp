// HTTP server session: fragmentation, pipelining, limits and malformed input.
#include "server_session.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace loadsim::http;
using namespace std::chrono_literals;

namespace {

/// Handler that echoes and counts requests.
struct echo {
    int requests = 0;
    handler on_request{[this](const request_view& r) {
        ++requests;
        return server_response{.body = std::string(r.method) + ' ' + std::string(r.target) + ' ' + std::string(r.body),
                               .content_type = "text/plain",
                               .headers = {{"Location", "/here"}}};
    }};
    server_session session{on_request, {.header = 512, .body = 64}};

    /// All output, delayed or not.
    std::string feed(std::string_view bytes) {
        std::vector<pending_write> out;
        session.feed(bytes, out);
        std::string all;
        for (const auto& o : out) all += o.bytes;
        return all;
    }
};

unsigned status_of(const std::string& out) {
    return out.starts_with("HTTP/1.1 ") ? static_cast<unsigned>(std::stoul(out.substr(9, 3))) : 0;
}

std::string body_of(const std::string& out) { return out.substr(std::min(out.find("\r\n\r\n") + 4, out.size())); }

constexpr std::string_view get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

} // namespace

TEST(server_session, a_request_gets_exactly_this_response) {
    echo e;
    EXPECT_EQ(e.feed(get), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\nLocation: /here\r\n"
                           "Connection: keep-alive\r\n\r\nGET /a ");
    EXPECT_FALSE(e.session.finished());
    EXPECT_FALSE(e.session.mid_request());
}

TEST(server_session, fragments_may_have_any_size) {
    const std::string whole = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" + std::string(get);
    for (std::size_t size = 1; size <= whole.size(); ++size) {
        echo e;
        std::string out;
        for (std::size_t at = 0; at < whole.size(); at += size) out += e.feed(std::string_view(whole).substr(at, size));
        EXPECT_EQ(e.requests, 2) << size;
        EXPECT_NE(out.find("POST /p hello"), std::string::npos) << size;
        EXPECT_TRUE(out.ends_with("GET /a ")) << size;
        EXPECT_FALSE(e.session.mid_request()) << size;
    }
}

TEST(server_session, pipelined_requests_are_answered_in_order) {
    echo e;
    std::string many;
    for (int i = 0; i < 20; ++i) many += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
    const auto out = e.feed(many);
    std::size_t at = 0;
    for (int i = 0; i < 20; ++i) {
        at = out.find("GET /" + std::to_string(i) + " ", at);
        ASSERT_NE(at, std::string::npos) << i;
    }
    EXPECT_EQ(e.session.responses(), 20U);
}

TEST(server_session, mid_request_is_set_while_a_request_is_incomplete) {
    echo e;
    EXPECT_FALSE(e.session.mid_request());
    EXPECT_EQ(e.feed("GET /a HT"), "");
    EXPECT_TRUE(e.session.mid_request());
    e.feed("TP/1.1\r\nHost: h\r\n\r\nPOST");
    EXPECT_EQ(e.requests, 1);
    EXPECT_TRUE(e.session.mid_request()) << "the next one has begun";
}

TEST(server_session, a_body_may_be_chunked) {
    echo e;
    const auto out =
        e.feed("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
    EXPECT_EQ(body_of(out), "POST /p hello");
}

TEST(server_session, chunks_may_be_fragmented_anywhere) {
    for (const std::string_view chunks : {"0\r\n\r\n", "0\r\nX: y\r\n\r\n", "1\r\na\r\n0\r\n\r\n"}) {
        const std::string whole =
            "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(chunks);
        for (std::size_t first = 1; first < whole.size(); ++first)
            for (std::size_t size = 1; size <= 3; ++size) {
                echo e;
                auto out = e.feed(std::string_view(whole).substr(0, first));
                for (std::size_t at = first; at < whole.size(); at += size) {
                    EXPECT_TRUE(e.session.mid_request());
                    out += e.feed(std::string_view(whole).substr(at, size));
                }
                EXPECT_EQ(e.requests, 1) << chunks << " after " << first << " in pieces of " << size;
                EXPECT_EQ(status_of(out), 200U) << chunks << " after " << first << " in pieces of " << size;
            }
    }
}

TEST(server_session, expect_100_continue_gets_one_interim_response) {
    echo e;
    EXPECT_EQ(e.feed("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"),
              "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(e.feed("h"), "");
    EXPECT_EQ(status_of(e.feed("i")), 200U);
}

TEST(server_session, head_is_get_without_the_body) {
    echo e;
    const auto out = e.feed("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_NE(out.find("Content-Length: 7\r\n"), std::string::npos);
    EXPECT_EQ(body_of(out), "");
}

struct ending {
    std::string_view bytes;
    unsigned status;
    std::string_view why;
};

TEST(server_session, malformed_and_closing_requests_end_the_session) {
    const std::string long_header = "GET / HTTP/1.1\r\nX: " + std::string(600, 'x');
    const std::string long_target = "GET /" + std::string(600, 'x');
    const ending endings[] = {
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200, "the client is done"},
        {"GET / HTTP/1.0\r\n\r\n", 200, "1.0 does not keep alive"},
        {"\x16\x03\x01\x02", 400, "TLS at a plain port"},
        {"hello\r\n\r\n", 400, "no request line"},
        {"GET / HTTP/3.7\r\n\r\n", 400, "version"},
        {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "field"},
        {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400, "length"},
        {"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n", 400, "two lengths: smuggling"},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "chunk size"},
        {"POST / HTTP/1.1\r\nContent-Length: 65\r\n\r\n", 413, "told too long"},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n41\r\n", 413, "too long in chunks"},
        {"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400, "no number"},
        {long_header, 431, "a header without end"},
        {long_target, 431, "a target without end"},
    };
    for (const auto& end : endings) {
        echo e;
        const auto out = e.feed(end.bytes);
        EXPECT_EQ(status_of(out), end.status) << end.why << '\n' << out;
        EXPECT_TRUE(e.session.finished()) << end.why;
        EXPECT_NE(out.find("Connection: close\r\n"), std::string::npos) << end.why;
        EXPECT_EQ(e.session.malformed(), end.status == 200 ? 0U : 1U) << end.why;
        EXPECT_EQ(e.session.oversized(), end.status == 413 || end.status == 431 ? 1U : 0U) << end.why;
        EXPECT_EQ(out.find("application/problem+json") != std::string::npos, end.status != 200) << end.why;
        EXPECT_EQ(e.feed(get), "") << "nothing after the end: " << end.why;
    }
}

TEST(server_session, no_response_after_a_close_in_a_pipeline) {
    echo e;
    e.feed("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n" + std::string(get));
    EXPECT_EQ(e.requests, 1);
}

TEST(server_session, a_body_of_exactly_the_limit_is_accepted) {
    echo e;
    EXPECT_EQ(status_of(e.feed("POST / HTTP/1.1\r\nContent-Length: 64\r\n\r\n" + std::string(64, 'x'))), 200U);
}

namespace {

/// Handler that responds to the n-th request with the n-th response.
struct scripted {
    std::vector<server_response> responses;
    std::size_t next = 0;
    handler on_request{[this](const request_view&) { return responses.at(next++); }};
    server_session session{on_request, {}};
    std::vector<pending_write> out{};
};

} // namespace

TEST(server_session, delayed_responses_keep_their_order) {
    scripted s{.responses = {{.status = 201}, {.status = 202, .delay = 3s}, {.status = 204}, {.status = 200}}};
    std::string four;
    for (int i = 0; i < 4; ++i) four += get;
    s.session.feed(four, s.out);
    ASSERT_EQ(s.out.size(), 2U) << "at once, and after three seconds with all that came behind";
    EXPECT_EQ(s.out[0].delay, 0s);
    EXPECT_EQ(status_of(s.out[0].bytes), 201U);
    EXPECT_EQ(s.out[1].delay, 3s);
    EXPECT_EQ(status_of(s.out[1].bytes), 202U);
    EXPECT_NE(s.out[1].bytes.find("HTTP/1.1 204"), std::string::npos);
    EXPECT_TRUE(s.out[1].bytes.ends_with("\r\n\r\n"));
    EXPECT_EQ(s.session.responses(), 4U);
    EXPECT_FALSE(s.session.finished());
}

TEST(server_session, a_reset_ends_the_session) {
    scripted s{.responses = {{}, {.delay = 1s, .kind = server_response::response_kind::reset}, {}}};
    s.session.feed(std::string(get) + std::string(get) + std::string(get), s.out);
    ASSERT_EQ(s.out.size(), 2U);
    EXPECT_FALSE(s.out[0].reset);
    EXPECT_TRUE(s.out[1].reset);
    EXPECT_EQ(s.out[1].delay, 1s);
    EXPECT_EQ(s.out[1].bytes, "");
    EXPECT_TRUE(s.session.finished());
    EXPECT_EQ(s.next, 2U) << "nobody asks after that";
    EXPECT_EQ(s.session.responses(), 1U);
}

TEST(server_session, responses_after_a_deferred_one_wait_for_it) {
    const auto deferred = std::make_shared<deferred_response>();
    scripted s{.responses = {{.status = 201}, {.deferred = deferred}, {.status = 202}}};
    s.session.feed(std::string(get) + "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" +
                       "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                   s.out);
    ASSERT_EQ(s.out.size(), 3U);
    EXPECT_EQ(status_of(s.out[0].bytes), 201U);
    EXPECT_EQ(s.out[1].deferred, deferred);
    EXPECT_EQ(s.out[1].bytes, "");
    EXPECT_TRUE(s.out[1].head);
    EXPECT_FALSE(s.out[1].last);
    EXPECT_EQ(status_of(s.out[2].bytes), 202U);
    EXPECT_EQ(s.session.responses(), 3U);
}

TEST(deferred_response, is_completed_once_and_then_serialized) {
    deferred_response deferred;
    EXPECT_EQ(deferred.find(), nullptr);
    int calls = 0;
    deferred.on_complete([&] { ++calls; });
    deferred.complete({.status = 404, .body = "gone"});
    EXPECT_EQ(calls, 1);
    ASSERT_NE(deferred.find(), nullptr);
    std::string out;
    serialize(*deferred.find(), false, true, out);
    EXPECT_EQ(out, "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 4\r\n"
                   "Connection: close\r\n\r\ngone");
}

TEST(server_session, a_handler_sees_the_header_fields) {
    std::string seen;
    const handler on_request = [&seen](const request_view& r) {
        seen = std::string(r.header("x-SIGNATURE")) + '|' + std::string(r.header("Absent"));
        return server_response{.content_type = ""};
    };
    server_session session(on_request, {});
    std::vector<pending_write> out;
    session.feed("POST / HTTP/1.1\r\nHost: h\r\nX-Signature:  sha256=ab \r\nContent-Length: 0\r\n\r\n", out);
    EXPECT_EQ(seen, "sha256=ab|");
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].bytes.find("Content-Type"), std::string::npos);
}

TEST(server_session, a_204_response_has_no_content_length) {
    scripted s{.responses = {{.status = 204, .body = "forgotten"}}};
    s.session.feed(get, s.out);
    EXPECT_EQ(s.out.at(0).bytes.find("Content-Length"), std::string::npos);
    EXPECT_TRUE(s.out.at(0).bytes.ends_with("\r\n\r\n"));
}

TEST(request_view, path_has_no_host_query_or_fragment) {
    for (const auto& [target, path] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
             {"/a/b", "/a/b"}, {"/a?x=/y#z", "/a"}, {"http://host:80/a?q", "/a"}, {"HTTPS://host", ""}, {"*", "*"}})
        EXPECT_EQ((request_view{.method = "GET", .target = target}).path(), path) << target;
}

TEST(request_view, parameter_is_the_first_of_its_name) {
    using values = std::initializer_list<std::pair<std::string_view, std::optional<std::string_view>>>;
    for (const auto& [target, value] :
         values{{"/a?x=1&y=2&x=3", "1"}, {"/a?y=2&x=#f", ""}, {"/a?xx=1&x", std::nullopt}, {"/x=1", std::nullopt}})
        EXPECT_EQ((request_view{.method = "GET", .target = target}).parameter("x"), value) << target;
}

TEST(request_view, query_has_no_path_or_fragment) {
    for (const auto& [target, query] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
             {"/a?x=1&y=/z#f", "x=1&y=/z"}, {"/a", ""}, {"/a?", ""}, {"/a#f?x", ""}, {"http://host/a?q?r", "q?r"}})
        EXPECT_EQ((request_view{.method = "GET", .target = target}).query(), query) << target;
}
