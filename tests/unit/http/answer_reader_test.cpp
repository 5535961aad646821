#include "answer_reader.hpp"

#include <boost/beast/http/error.hpp>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

using loadsim::http::answer_reader;
using beast_error = boost::beast::http::error;

namespace {

struct seen {
    unsigned status = 0;
    std::string body;
    bool keep_alive = false;
    std::size_t left = 0; ///< bytes that are not of the answer

    bool operator==(const seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const seen& s) {
    return out << s.status << " \"" << s.body << "\" keep alive " << s.keep_alive << ", left " << s.left;
}

/// Hands `bytes` over in pieces, as a connection does: what was not taken comes again with what follows.
std::pair<seen, answer_reader::error_code> in_pieces(answer_reader& reader, std::string_view bytes, std::size_t piece,
                                                     bool closed) {
    answer_reader::error_code error;
    std::string unread;
    reader.begin();
    while (!bytes.empty() && !error && !reader.done()) {
        unread += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        unread.erase(0, reader.read(unread, error));
    }
    if (!error && !reader.done() && closed) reader.end(error);
    if (error || !reader.done()) return {{}, error};
    return {{reader.status(), std::string(reader.body()), reader.keep_alive(), unread.size() + bytes.size()}, error};
}

struct answer_row {
    const char* name;
    std::string bytes;
    bool closed; ///< the server closes behind them
    seen wanted;
};

const answer_row whole_answers[] = {
    {"length", "HTTP/1.1 202 Accepted\r\nServer: x\r\nContent-Length: 4\r\n\r\nabcd", false, {202, "abcd", true, 0}},
    {"empty", "HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n", false, {409, "", true, 0}},
    {"no content", "HTTP/1.1 204 No Content\r\n\r\n", false, {204, "", true, 0}},
    {"chunks",
     "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nTrailer: z\r\n\r\n",
     false,
     {202, "abcd", true, 0}},
    {"no chunk but the last",
     "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     false,
     {202, "", true, 0}},
    {"close", "HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 1\r\n\r\na", false, {202, "a", false, 0}},
    {"1.0", "HTTP/1.0 202 Accepted\r\nContent-Length: 1\r\n\r\na", false, {202, "a", false, 0}},
    {"1.0, kept",
     "HTTP/1.0 202 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na",
     false,
     {202, "a", true, 0}},
    {"until the end", "HTTP/1.1 202 Accepted\r\n\r\nabcd", true, {202, "abcd", false, 0}},
    {"interim",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
     "HTTP/1.1 202 Accepted\r\nContent-Length: 1\r\n\r\na",
     false,
     {202, "a", true, 0}},
};

} // namespace

TEST(answer_reader, reads_whole_answers_however_they_arrive) {
    answer_reader reader; // one for all: nothing of an answer is left in the next
    for (const auto& row : whole_answers)
        for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, row.bytes.size()}) {
            const auto [got, error] = in_pieces(reader, row.bytes, piece, row.closed);
            EXPECT_FALSE(error) << row.name << " in pieces of " << piece << ": " << error.message();
            EXPECT_EQ(got, row.wanted) << row.name << " in pieces of " << piece;
        }
}

TEST(answer_reader, takes_nothing_behind_the_answer) {
    answer_reader reader;
    const std::string one = "HTTP/1.1 202 Accepted\r\nContent-Length: 1\r\n\r\na";
    const auto [got, error] = in_pieces(reader, one + one, 2 * one.size(), false);
    EXPECT_FALSE(error);
    EXPECT_EQ(got, (seen{202, "a", true, one.size()}));
}

TEST(answer_reader, waits_for_the_rest) {
    answer_reader reader;
    for (const auto& row : whole_answers)
        for (std::size_t size = 1; size < row.bytes.size(); ++size) {
            const auto [got, error] = in_pieces(reader, row.bytes.substr(0, size), size, false);
            EXPECT_FALSE(error) << row.name << " cut to " << size;
            EXPECT_EQ(got, seen{}) << row.name << " cut to " << size;
        }
}

TEST(answer_reader, names_what_is_wrong) {
    const std::string large(answer_reader::body_limit + 1, 'x');
    struct {
        const char* name;
        std::string bytes;
        beast_error wanted;
    } const rows[] = {
        {"nothing", "", beast_error::end_of_stream},
        {"no http", "220 mail.invalid ESMTP\r\n\r\n", beast_error::bad_version},
        {"a status that is none", "HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n", beast_error::bad_status},
        {"cut in the header", "HTTP/1.1 202 Acc", beast_error::partial_message},
        {"cut in the body", "HTTP/1.1 202 Accepted\r\nContent-Length: 50\r\n\r\n{", beast_error::partial_message},
        {"large by length", "HTTP/1.1 202 Accepted\r\nContent-Length: 65537\r\n\r\n", beast_error::body_limit},
        {"large by itself", "HTTP/1.1 202 Accepted\r\n\r\n" + large, beast_error::body_limit},
        {"a header without end", "HTTP/1.1 202 Accepted\r\nX: " + large, beast_error::header_limit},
        {"only an interim answer", "HTTP/1.1 103 Early Hints\r\n\r\n", beast_error::end_of_stream},
    };
    for (const auto& row : rows) {
        answer_reader reader;
        const auto [got, error] = in_pieces(reader, row.bytes, 1000, true);
        EXPECT_EQ(error, row.wanted) << row.name << ": " << error.message();
        EXPECT_EQ(got, seen{}) << row.name;
    }
}

TEST(answer_reader, keeps_header_fields_only_when_asked) {
    const std::string bytes = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nX-Twice: a\r\nx-twice: b\r\n"
                              "Content-Length: 0\r\n\r\n";
    answer_reader frugal;
    in_pieces(frugal, bytes, bytes.size(), false);
    EXPECT_TRUE(frugal.headers().empty());
    answer_reader keeper(true);
    for (int again = 0; again < 2; ++again) { // nothing of an answer is left in the next
        in_pieces(keeper, bytes, 5, false);
        ASSERT_EQ(keeper.headers().size(), 4U);
        EXPECT_EQ(loadsim::http::find(keeper.headers(), "retry-after"), "3");
        EXPECT_EQ(loadsim::http::find(keeper.headers(), "X-TWICE"), "a");
    }
    in_pieces(keeper, "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 9,
              false);
    EXPECT_EQ(loadsim::http::find(keeper.headers(), "Link"), "") << "of the interim answer";
}

TEST(answer_reader, waits_for_no_body_where_there_is_none) {
    answer_reader reader;
    answer_reader::error_code error;
    reader.begin(true);
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n";
    EXPECT_EQ(reader.read(head, error), head.size());
    EXPECT_TRUE(reader.done()) << "the answer to a HEAD tells the length of what it leaves out";
    reader.begin(true);
    const std::string tunnel = "HTTP/1.1 200 Connection established\r\n\r\n";
    EXPECT_EQ(reader.read(tunnel, error), tunnel.size());
    EXPECT_TRUE(reader.done()) << "the answer to a CONNECT has no end by itself";
}
