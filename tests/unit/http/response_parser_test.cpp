#include "response_parser.hpp"

#include <boost/beast/http/error.hpp>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

using loadsim::http::response_parser;
using beast_error = boost::beast::http::error;

namespace {

struct parsed_response {
    unsigned status = 0;
    std::string body;
    bool keep_alive = false;
    std::size_t unconsumed = 0; ///< bytes not belonging to the response

    bool operator==(const parsed_response&) const = default;
};

std::ostream& operator<<(std::ostream& out, const parsed_response& s) {
    return out << s.status << " \"" << s.body << "\" keep alive " << s.keep_alive << ", left " << s.unconsumed;
}

/// Passes `bytes` in pieces, as a connection does.
std::pair<parsed_response, response_parser::error_code> in_pieces(response_parser& parser, std::string_view bytes,
                                                                  std::size_t piece, bool closed) {
    response_parser::error_code error;
    parser.begin();
    while (!bytes.empty() && !error && !parser.done()) {
        parser.feed(bytes.substr(0, piece), error);
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    if (!error && !parser.done() && closed) parser.put_eof(error);
    if (error || !parser.done()) return {{}, error};
    return {{parser.status(), std::string(parser.body()), parser.keep_alive(), parser.unread().size() + bytes.size()},
            error};
}

struct response_row {
    const char* name;
    std::string bytes;
    bool closed; ///< the server closes the connection afterwards
    parsed_response wanted;
};

const response_row complete_responses[] = {
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
    {"lines that end in LF",
     "HTTP/1.1 202 Accepted\nServer: x\nContent-Length: 4\n\na\nbc",
     false,
     {202, "a\nbc", true, 0}},
    {"both line ends", "HTTP/1.1 202 Accepted\r\nServer: x\nContent-Length: 1\n\r\na", false, {202, "a", true, 0}},
    {"no reason", "HTTP/1.1 202 \r\nContent-Length: 1\r\n\r\na", false, {202, "a", true, 0}},
    {"no reason and no blank", "HTTP/1.1 202\r\nContent-Length: 1\r\n\r\na", false, {202, "a", true, 0}},
    {"nothing but a status", "HTTP/1.1 202\n\n", true, {202, "", false, 0}},
    {"no compression",
     "HTTP/1.1 202 OK\r\nContent-Encoding: identity\r\nContent-Length: 1\r\n\r\na",
     false,
     {202, "a", true, 0}},
    {"compressed, and empty",
     "HTTP/1.1 202 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
     false,
     {202, "", true, 0}},
};

} // namespace

TEST(response_parser, parses_complete_responses_in_any_fragmentation) {
    response_parser parser; // shared: no state of a response is left for the next
    for (const auto& row : complete_responses)
        for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, row.bytes.size()}) {
            const auto [got, error] = in_pieces(parser, row.bytes, piece, row.closed);
            EXPECT_FALSE(error) << row.name << " in pieces of " << piece << ": " << error.message();
            EXPECT_EQ(got, row.wanted) << row.name << " in pieces of " << piece;
        }
}

TEST(response_parser, stops_at_the_end_of_the_response) {
    response_parser parser;
    const std::string one = "HTTP/1.1 202 Accepted\r\nContent-Length: 1\r\n\r\na";
    const auto [got, error] = in_pieces(parser, one + one, 2 * one.size(), false);
    EXPECT_FALSE(error);
    EXPECT_EQ(got, (parsed_response{202, "a", true, one.size()}));
}

TEST(response_parser, waits_for_the_rest) {
    response_parser parser;
    for (const auto& row : complete_responses)
        for (std::size_t size = 1; size < row.bytes.size(); ++size) {
            const auto [got, error] = in_pieces(parser, row.bytes.substr(0, size), size, false);
            EXPECT_FALSE(error) << row.name << " cut to " << size;
            EXPECT_EQ(got, parsed_response{}) << row.name << " cut to " << size;
        }
}

TEST(response_parser, reports_errors) {
    const std::string large(loadsim::http::limits{}.body + 1, 'x');
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
        {"a trailer without end", "HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + large,
         beast_error::header_limit},
        {"another protocol without a line", "SSH-2.0", beast_error::bad_version},
        {"only an interim answer", "HTTP/1.1 103 Early Hints\r\n\r\n", beast_error::end_of_stream},
    };
    for (const auto& row : rows) {
        response_parser parser;
        const auto [got, error] = in_pieces(parser, row.bytes, 1000, true);
        EXPECT_EQ(error, row.wanted) << row.name << ": " << error.message();
        EXPECT_EQ(got, parsed_response{}) << row.name;
    }
}

TEST(response_parser, keeps_header_fields_only_on_request) {
    const std::string bytes = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nX-Twice: a\r\nx-twice: b\r\n"
                              "Content-Length: 0\r\n\r\n";
    response_parser frugal;
    in_pieces(frugal, bytes, bytes.size(), false);
    EXPECT_TRUE(frugal.headers().empty());
    response_parser keeper({.keep_headers = true});
    for (int again = 0; again < 2; ++again) { // no state of a response is left for the next
        in_pieces(keeper, bytes, 5, false);
        ASSERT_EQ(keeper.headers().size(), 4U);
        EXPECT_EQ(loadsim::http::find_header(keeper.headers(), "retry-after"), "3");
        EXPECT_EQ(loadsim::http::find_header(keeper.headers(), "X-TWICE"), "a");
    }
    in_pieces(keeper, "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 9,
              false);
    EXPECT_EQ(loadsim::http::find_header(keeper.headers(), "Link"), "") << "of the interim answer";
}

TEST(response_parser, bodiless_response_is_complete_after_the_header) {
    response_parser parser;
    response_parser::error_code error;
    parser.begin(true);
    parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", error);
    EXPECT_TRUE(parser.done()) << "the answer to a HEAD tells the length of what it leaves out";
    parser.begin(true);
    parser.feed("HTTP/1.1 200 Connection established\r\n\r\n", error);
    EXPECT_TRUE(parser.done()) << "the answer to a CONNECT has no end by itself";
    EXPECT_FALSE(error);
}

TEST(response_parser, skips_a_bounded_number_of_interim_responses) {
    std::string interim;
    for (unsigned i = 0; i < response_parser::max_interim; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
    const std::string last = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
    response_parser parser;
    for (int again = 0; again < 2; ++again) { // counted for each response
        const auto [got, error] = in_pieces(parser, interim + last, 40, false);
        EXPECT_FALSE(error) << error.message();
        EXPECT_EQ(got.status, 202U);
    }
    const auto [got, error] = in_pieces(parser, interim + interim + last, 40, false);
    EXPECT_EQ(error, loadsim::http::parse_error::too_many_interim);
    EXPECT_TRUE(response_parser::is_refused(error));
}

TEST(response_parser, names_a_line_of_a_chunk_that_ends_in_LF) {
    const std::string chunked = "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string body : {"2\n{}\n0\n\n", "0\n\n", "2\r\n{}\r\n0\n\n", "2\r\n{}\r\n0\r\nA: b\n\n"})
        for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, std::size_t{1000}}) {
            response_parser parser;
            const auto [got, error] = in_pieces(parser, chunked + body, piece, false);
            EXPECT_EQ(error, loadsim::http::parse_error::bare_line_feed) << body << " in pieces of " << piece;
            EXPECT_EQ(parser.describe(error), "http: a line of a chunked body ends in LF and not in CR LF");
        }
    for (const std::string data : {"\n", "\n\n\n", "a\nb\n"}) // line ends in the data of chunks are data
        for (const std::size_t piece : {std::size_t{1}, std::size_t{4}, std::size_t{1000}}) {
            response_parser parser;
            const auto chunk = std::to_string(data.size()) + "\r\n" + data + "\r\n";
            const auto [got, error] = in_pieces(parser, chunked + chunk + chunk + "0\r\n\r\n", piece, false);
            EXPECT_FALSE(error) << error.message();
            EXPECT_EQ(got.body, data + data);
        }
}

TEST(response_parser, errors_name_the_limit_and_the_compression) {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const std::pair<std::string, const char*> rows[] = {
        {ok + "X: " + std::string(100, 'x') + "\r\n\r\n",
         "response with a header over 100 bytes (load.http.maxHeader)"},
        {ok + "Content-Length: 21\r\n\r\n", "response with a body over 20 bytes (load.http.maxBody)"},
        {ok + "Transfer-Encoding: chunked\r\n\r\n20\r\nx", "response with a body over 20 bytes (load.http.maxBody)"},
        {ok + "Content-Encoding: GZIP\r\nContent-Length: 2\r\n\r\n\x1f\x8b",
         "response 200 with a compressed body (gzip), although loadsim sends no Accept-Encoding; switch compression "
         "off "
         "at the API"},
        {ok + "Content-Encoding: a, b\r\n\r\nx",
         "response 200 with a compressed body (another coding), although loadsim sends no Accept-Encoding; switch "
         "compression off at the API"},
        {ok + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n\x1f\x8b\r\n0\r\n\r\n",
         "response 200 with a compressed body (gzip), although loadsim sends no Accept-Encoding; switch compression "
         "off at the API"},
        {"", "connection closed by the API"},
    };
    for (const auto& [bytes, text] : rows) {
        response_parser parser({.limits = {.header = 100, .body = 20}});
        const auto [got, error] = in_pieces(parser, bytes, bytes.size(), true);
        EXPECT_EQ(parser.describe(error), text);
    }
    response_parser large({.limits = {.header = 1 << 20, .body = 1 << 20}});
    const auto [got, error] =
        in_pieces(large, ok + "X: " + std::string(500'000, 'x') + "\r\n\r\n" + std::string(500'000, 'y'), 60'000, true);
    EXPECT_FALSE(error) << error.message();
    EXPECT_EQ(got.body.size(), 500'000U);
}
