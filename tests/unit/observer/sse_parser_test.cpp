#include "sse_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

using namespace loadsim::observer;
using namespace std::chrono_literals;
using std::string_literals::operator""s;

namespace {

struct parsed_stream {
    std::vector<sse_event> events;
    std::string last_id;
    std::uint64_t oversized = 0;
};

parsed_stream read(std::string_view stream, std::size_t piece) {
    sse_parser reader;
    parsed_stream all;
    for (std::size_t at = 0; at < stream.size(); at += piece)
        for (auto& e : reader.feed(stream.substr(at, piece))) all.events.push_back(std::move(e));
    all.last_id = reader.last_id();
    all.oversized = reader.oversized();
    return all;
}

} // namespace

TEST(sse_parser, follows_the_standard) {
    struct row {
        std::string stream;
        std::vector<sse_event> events;
        std::string last_id;
        const char* why;
    };
    const row rows[] = {
        {"data: a\n\n", {{"message", "a"}}, "", "the least"},
        {"data: a\r\n\r\n", {{"message", "a"}}, "", "CRLF"},
        {"data: a\r\r", {{"message", "a"}}, "", "CR alone"},
        {"data: a\r\n\n", {{"message", "a"}}, "", "mixed"},
        {"data: a", {}, "", "an event that does not end is none"},
        {"data: a\n", {}, "", "nor is one without its blank line"},
        {"data: YHOO\ndata: +2\ndata: 10\n\n", {{"message", "YHOO\n+2\n10"}}, "", "9.2.6: lines are joined"},
        {": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
         {{"message", "first event", "1"}, {"message", "second event"}, {"message", " third event"}},
         "",
         "9.2.6: a comment, an id that is taken back, one blank that is dropped"},
        {"data\n\ndata\ndata\n\ndata:", {{"message", ""}, {"message", "\n"}}, "", "9.2.6: data without a value"},
        {"data:test\n\ndata: test\n\n", {{"message", "test"}, {"message", "test"}}, "", "9.2.6: the same twice"},
        {"event: end\nid: 7\n\ndata: x\n\n", {{"message", "x", "7"}}, "7", "no event without data, but its id stays"},
        {"event: end\ndata: x\n\ndata: y\n\n", {{"end", "x"}, {"message", "y"}}, "", "a name is one event's"},
        {"id: 7\ndata: x\n\ndata: y\n\n",
         {{"message", "x", "7"}, {"message", "y", "7"}},
         "7",
         "an id is all the following ones'"},
        {"id: 7\ndata: x\n\nid: 8\ndata: y\n", {{"message", "x", "7"}}, "7", "the id of an event that did not end"},
        {"id: 7\0"s + "7\ndata: x\n\n", {{"message", "x"}}, "", "an id with a zero byte is none"},
        {"\xef\xbb\xbf"
         "data: x\n\n\xef\xbb\xbf"
         "data: y\n\n",
         {{"message", "x"}},
         "",
         "a byte order mark at the beginning, and only there"},
        {"what: ever\ndata: x\n\n", {{"message", "x"}}, "", "unknown fields are ignored"},
        {"data: a:b\n\n", {{"message", "a:b"}}, "", "the first colon counts"},
        {"\n\n\n", {}, "", "blank lines are nothing"},
    };
    for (const auto& r : rows)
        for (const std::size_t piece : {std::size_t{1'000}, std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
            const auto all = read(r.stream, piece);
            EXPECT_EQ(all.events, r.events) << r.why << ", in pieces of " << piece;
            EXPECT_EQ(all.last_id, r.last_id) << r.why << ", in pieces of " << piece;
        }
}

TEST(sse_parser, retry_is_in_milliseconds) {
    sse_parser reader;
    EXPECT_EQ(reader.retry(), std::nullopt);
    reader.feed("retry: 1500\n");
    EXPECT_EQ(reader.retry(), 1500ms);
    reader.feed("retry: 15s\nretry:\nretry: -3\nretry: 99999999999999999999\n");
    EXPECT_EQ(reader.retry(), 1500ms);
}

TEST(sse_parser, retry_is_bounded) {
    sse_parser reader;
    reader.feed("retry: 0\n");
    EXPECT_EQ(reader.retry(), 100ms);
    reader.feed("retry: 4000000000\n");
    EXPECT_EQ(reader.retry(), 30s);
}

TEST(sse_parser, drops_and_counts_oversized_events) {
    const auto limit = loadsim::http::limits{}.body;
    const std::string most(limit - 1, 'x');
    const std::string over(limit + 1, 'x');
    const std::string half(limit / 2 + 1, 'x');
    const sse_event after{"message", "after"};
    const auto end = "\n\ndata: after\n\n"s;
    // The limit also applies to the line including "data:".
    EXPECT_THAT(read("data:" + half + end, 4096).events, testing::ElementsAre(sse_event{"message", half}, after));
    for (const auto& stream : {"data:" + over + end, "data:" + most + end, over + end,
                               "data:" + half + "\ndata:" + half + end, ":" + over + "\ndata: cut" + end})
        for (const std::size_t piece : {std::size_t{1} << 20U, std::size_t{4096}, std::size_t{7}}) {
            const auto all = read(stream, piece);
            EXPECT_THAT(all.events, testing::ElementsAre(after)) << piece;
            EXPECT_EQ(all.oversized, 1U) << piece;
        }
}

TEST(sse_parser, limit_is_an_option) {
    sse_parser small(16);
    EXPECT_TRUE(small.feed("data: 0123456789abcdef\n\n").empty());
    EXPECT_EQ(small.oversized(), 1U);
    sse_parser large(1'000'000);
    EXPECT_EQ(large.feed("data: " + std::string(500'000, 'x') + "\n\n").size(), 1U);
}

TEST(sse_parser, restart_keeps_the_last_id) {
    sse_parser reader;
    reader.feed("id: 7\ndata: x\n\nid: 8\nevent: e\ndata: half of");
    reader.restart();
    EXPECT_EQ(reader.last_id(), "7");
    EXPECT_THAT(reader.feed("\xef\xbb\xbf"
                            "data: y\n\n"),
                testing::ElementsAre(sse_event{"message", "y", "7"}));
    EXPECT_EQ(reader.last_id(), "7");
}
