// Bodies that are written while the connection lasts: bounds, states, and the header before them.
#include "server_session.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

using namespace loadsim::http;
using state = streamed_body::state;

namespace {

streamed_body::text text(std::string content) { return std::make_shared<const std::string>(std::move(content)); }

/// Output of a session whose handler responds with the stream.
std::vector<pending_write> responses(std::string_view requests, const std::shared_ptr<streamed_body>& stream,
                                     bool& finished) {
    const handler on_request = [&](const request_view&) {
        return server_response{.content_type = "text/event-stream", .stream = stream};
    };
    server_session session(on_request, {});
    std::vector<pending_write> out;
    session.feed(requests, out);
    finished = session.finished();
    return out;
}

} // namespace

TEST(streamed_body, is_taken_in_the_order_of_writing) {
    streamed_body body(100);
    int changes = 0;
    body.on_change([&] { ++changes; });
    const auto shared = text("one");
    body.write(shared);
    body.write(text("")); // would end the body as a chunk
    body.write(text("two"));
    EXPECT_EQ(changes, 2);
    EXPECT_EQ(body.take(), shared) << "no copy";
    EXPECT_EQ(**body.take(), "two");
    EXPECT_FALSE(body.take());
    EXPECT_EQ(body.current(), state::open);
}

TEST(streamed_body, a_reader_that_is_too_slow_gets_nothing_more) {
    streamed_body body(10);
    body.write(text("12345"));
    body.write(text("12345"));
    EXPECT_EQ(body.current(), state::open) << "the limit itself";
    body.take();
    body.write(text("12345"));
    EXPECT_EQ(body.current(), state::open) << "what was taken no longer waits";
    body.write(text("1"));
    EXPECT_EQ(body.current(), state::too_slow);
    EXPECT_FALSE(body.take());
    body.write(text("2"));
    body.end();
    EXPECT_EQ(body.current(), state::too_slow);
}

TEST(streamed_body, what_waits_at_its_end_is_still_taken) {
    streamed_body body(10);
    body.write(text("last"));
    body.end();
    body.write(text("late"));
    EXPECT_EQ(**body.take(), "last");
    EXPECT_FALSE(body.take());
    body.close();
    EXPECT_EQ(body.current(), state::ended);
}

TEST(streamed_body, knows_that_the_client_has_gone) {
    streamed_body open(10);
    open.close();
    EXPECT_EQ(open.current(), state::client_gone);
    streamed_body ended(10);
    ended.write(text("lost"));
    ended.end();
    ended.close();
    EXPECT_EQ(ended.current(), state::client_gone) << "it did not get all";
}

TEST(streamed_body, begins_after_a_header_without_length_and_ends_the_session) {
    const auto stream = std::make_shared<streamed_body>(10);
    bool finished = false;
    const auto out =
        responses("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /pipelined HTTP/1.1\r\nHost: h\r\n\r\n", stream, finished);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].bytes, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
                            "Connection: close\r\n\r\n");
    EXPECT_EQ(out[0].stream, stream);
    EXPECT_TRUE(out[0].chunked);
    EXPECT_TRUE(finished);
}

TEST(streamed_body, has_no_chunks_for_http_1_0) {
    bool finished = false;
    const auto out = responses("GET / HTTP/1.0\r\n\r\n", std::make_shared<streamed_body>(10), finished);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].bytes.find("Transfer-Encoding"), std::string::npos);
    EXPECT_FALSE(out[0].chunked);
}

TEST(streamed_body, is_not_sent_to_head) {
    const auto stream = std::make_shared<streamed_body>(10);
    bool finished = false;
    const auto out = responses("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", stream, finished);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_FALSE(out[0].stream);
    EXPECT_EQ(stream->current(), state::client_gone);
}
