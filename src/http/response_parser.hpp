// Incremental parser of HTTP responses.
#pragma once

#include <loadsim/http/message.hpp>

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace loadsim::http {

namespace beast = boost::beast;

/// Errors that Beast does not report.
enum class parse_error {
    compressed = 1,   ///< the body, by Content-Encoding or Transfer-Encoding
    too_many_interim, ///< more than response_parser::max_interim responses before the final one
    bare_line_feed,   ///< the line of a chunk or of a trailer ends in LF alone
};
beast::error_code make_error_code(parse_error) noexcept;

/// Parses responses with Beast and keeps only what is needed: header fields only on request, so that a response causes no
/// allocation once the body's buffer has grown.
///
/// Shape:   interim responses (1xx; RFC 9110, 15.2) are skipped. Accepts what other clients do and Beast does not: lines of the
///          header that end in LF alone (RFC 9112, 2.2), and a status code without the blank that must follow it (4).
/// Errors:  Beast's: not HTTP, over a limit, truncated; parse_error.
/// Threads: one. Pure: no socket.
class response_parser {
public:
    using error_code = beast::error_code;
    static constexpr unsigned max_interim = 100; ///< of a response; a server may send them without end

    struct options {
        http::limits limits{};
        bool keep_headers = false;
        bool limit_body = true; ///< false: the caller takes the body away while it arrives
    };
    response_parser() = default;
    explicit response_parser(options wanted) : options_(wanted) {}

    /// Discards the previous response and starts the next. `bodiless`: response to HEAD or CONNECT, without a body whatever its
    /// header says.
    void begin(bool bodiless = false);
    /// Parses the next bytes of the connection, up to the end of the response; keeps those that it cannot parse yet.
    void feed(std::string_view bytes, error_code&);
    /// Bytes not parsed yet; after the response: those behind it.
    std::string_view unread() const { return unread_; }
    /// End of the connection: completes a response without a length, is an error otherwise.
    void put_eof(error_code&);
    /// Short text of an error of this; empty: of another one.
    std::string describe(const error_code&) const;
    /// The error is about an HTTP response that loadsim does not take: over a limit, compressed, too many interim ones.
    static bool is_refused(const error_code&) noexcept;

    bool has_header() const;
    bool done() const; ///< the response is complete
    unsigned status() const { return parser_->status; }
    std::string_view body() const { return body_; }
    std::string take_body() { return std::exchange(body_, {}); } ///< moves out what has arrived of the body
    const header_list& headers() const { return headers_; }      ///< empty unless keep_headers is set
    bool keep_alive() const { return parser_->keep_alive(); } ///< of a complete response: the connection can be reused

private:
    struct parser final : beast::http::basic_parser<false> {
        parser(std::string& out, header_list* kept, const options&, bool bodiless);
        bool interim() const { return is_done() && status / 100 == 1 && status != 101; }
        bool at_chunk_line() const { return is_header_done() && !is_done() && chunked() && chunk_left == 0; }

        std::string& body;
        header_list* headers; ///< null: not kept
        unsigned status = 0;
        std::string_view compression; ///< of the body; empty: none
        std::uint64_t chunk_left = 0; ///< bytes of the chunk that have not arrived

    private:
        using text = beast::string_view;
        using verb = beast::http::verb;
        using field = beast::http::field;
        void on_request_impl(verb, text, text, int, error_code&) override {}
        void on_response_impl(int code, text reason, int version, error_code&) override;
        void on_field_impl(field, text name, text value, error_code&) override;
        void on_header_impl(error_code&) override {}
        void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
        std::size_t on_body_impl(text, error_code&) override;
        void on_chunk_header_impl(std::uint64_t size, text, error_code&) override { chunk_left = size; }
        std::size_t on_chunk_body_impl(std::uint64_t, text, error_code&) override;
        void on_finish_impl(error_code&) override {}
    };

    void next_message();
    std::size_t parse(std::string_view bytes, error_code&);
    std::size_t parse_header(std::string_view bytes, error_code&);

    std::string unread_; ///< an incomplete header or chunk header, which Beast needs in one piece
    std::string header_; ///< as Beast requires it
    std::string body_;
    header_list headers_;
    options options_;
    bool bodiless_ = false;
    unsigned interim_ = 0;         ///< interim responses before the final one
    std::optional<parser> parser_; ///< a Beast parser is for one message
};

} // namespace loadsim::http

template <>
struct boost::system::is_error_code_enum<loadsim::http::parse_error> : std::true_type {};
