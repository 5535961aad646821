#include "event_stream_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

using namespace loadsim::observe;
using namespace std::chrono_literals;
using std::string_literals::operator""s;

namespace {

struct heard {
    std::vector<stream_event> events;
    std::string last_id;
    std::uint64_t oversized = 0;
};

heard read(std::string_view stream, std::size_t piece) {
    event_stream_reader reader;
    heard all;
    for (std::size_t at = 0; at < stream.size(); at += piece)
        for (auto& e : reader.feed(stream.substr(at, piece))) all.events.push_back(std::move(e));
    all.last_id = reader.last_id();
    all.oversized = reader.oversized();
    return all;
}

} // namespace

TEST(event_stream, reads_what_the_standard_says) {
    struct row {
        std::string stream;
        std::vector<stream_event> events;
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
         {{"message", "first event"}, {"message", "second event"}, {"message", " third event"}},
         "",
         "9.2.6: a comment, an id that is taken back, one blank that is dropped"},
        {"data\n\ndata\ndata\n\ndata:", {{"message", ""}, {"message", "\n"}}, "", "9.2.6: data without a value"},
        {"data:test\n\ndata: test\n\n", {{"message", "test"}, {"message", "test"}}, "", "9.2.6: the same twice"},
        {"event: end\nid: 7\n\ndata: x\n\n", {{"message", "x"}}, "7", "without data nothing is told, the id holds"},
        {"event: end\ndata: x\n\ndata: y\n\n", {{"end", "x"}, {"message", "y"}}, "", "a name is one event's"},
        {"id: 7\ndata: x\n\ndata: y\n\n",
         {{"message", "x"}, {"message", "y"}},
         "7",
         "an id is all the following ones'"},
        {"id: 7\ndata: x\n\nid: 8\ndata: y\n", {{"message", "x"}}, "7", "the id of an event that did not end"},
        {"id: 7\0"s + "7\ndata: x\n\n", {{"message", "x"}}, "", "an id with a zero byte is none"},
        {"\xef\xbb\xbf"
         "data: x\n\n\xef\xbb\xbf"
         "data: y\n\n",
         {{"message", "x"}},
         "",
         "a byte order mark at the beginning, and only there"},
        {"what: ever\ndata: x\n\n", {{"message", "x"}}, "", "unknown fields are passed over"},
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

TEST(event_stream, retry_is_a_number_of_milliseconds) {
    event_stream_reader reader;
    EXPECT_EQ(reader.retry(), std::nullopt);
    reader.feed("retry: 1500\n");
    EXPECT_EQ(reader.retry(), 1500ms);
    reader.feed("retry: 15s\nretry:\nretry: -3\nretry: 99999999999999999999\n");
    EXPECT_EQ(reader.retry(), 1500ms);
}

TEST(event_stream, what_is_too_long_is_left_out_and_counted) {
    const std::string most(event_stream_reader::limit - 1, 'x');
    const std::string over(event_stream_reader::limit + 1, 'x');
    const std::string half(event_stream_reader::limit / 2 + 1, 'x');
    const stream_event after{"message", "after"};
    const auto end = "\n\ndata: after\n\n"s;
    // With "data:" the line itself must fit, too.
    EXPECT_THAT(read("data:" + half + end, 4096).events, testing::ElementsAre(stream_event{"message", half}, after));
    for (const auto& stream : {"data:" + over + end, "data:" + most + end, over + end,
                               "data:" + half + "\ndata:" + half + end, ":" + over + "\ndata: cut" + end})
        for (const std::size_t piece : {std::size_t{1} << 20U, std::size_t{4096}, std::size_t{7}}) {
            const auto all = read(stream, piece);
            EXPECT_THAT(all.events, testing::ElementsAre(after)) << piece;
            EXPECT_EQ(all.oversized, 1U) << piece;
        }
}

TEST(event_stream, a_new_connection_begins_anew_and_keeps_the_id) {
    event_stream_reader reader;
    reader.feed("id: 7\ndata: x\n\nid: 8\nevent: e\ndata: half of");
    reader.restart();
    EXPECT_EQ(reader.last_id(), "7");
    EXPECT_THAT(reader.feed("\xef\xbb\xbf"
                            "data: y\n\n"),
                testing::ElementsAre(stream_event{"message", "y"}));
    EXPECT_EQ(reader.last_id(), "7");
}
