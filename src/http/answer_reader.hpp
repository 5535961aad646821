// Bytes from an API into one answer.
#pragma once

#include <loadsim/http/message.hpp>

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::http {

namespace beast = boost::beast;

/// Reads one answer after the other: Beast parses, and only what is looked at is kept (header fields only when asked for, so that
/// an answer allocates nothing once the body's buffer has grown).
///
/// Shape:   bodies of up to 64 KiB, headers of up to 8 KiB. Interim answers (1xx; RFC 9110, 15.2) are read over.
/// Errors:  Beast's: what is no HTTP, what is larger, what ends too early.
/// Threads: one. Pure: it knows of no socket.
class answer_reader {
public:
    using error_code = beast::error_code;
    static constexpr std::uint64_t body_limit = 64 * 1024;

    explicit answer_reader(bool keep_headers = false) : keep_headers_(keep_headers) {}

    /// Forgets the answer before; status() and body() are of the next from now on. `bodiless`: it has no body whatever its header
    /// says, for it answers a HEAD or a CONNECT.
    void begin(bool bodiless = false);
    /// Takes of `bytes` what it can and says how many; come again with the rest and more behind it. Nothing after the end of
    /// the answer is taken.
    std::size_t read(std::string_view bytes, error_code&);
    /// The connection has been closed: the end of an answer without a length, an error in all others.
    void end(error_code&);

    bool done() const; ///< the answer is whole
    unsigned status() const { return parser_->status; }
    std::string_view body() const { return body_; }
    const header_list& headers() const { return headers_; }   ///< empty unless they are kept
    bool keep_alive() const { return parser_->keep_alive(); } ///< of a whole answer: the server keeps the connection

private:
    struct parser final : beast::http::basic_parser<false> {
        parser(std::string& out, header_list* kept, bool bodiless);
        bool interim() const { return is_done() && status / 100 == 1 && status != 101; }

        std::string& body;
        header_list* headers; ///< null: not kept
        unsigned status = 0;

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
        void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
        std::size_t on_chunk_body_impl(std::uint64_t, text, error_code&) override;
        void on_finish_impl(error_code&) override {}
    };

    std::string body_;
    header_list headers_;
    bool keep_headers_;
    bool bodiless_ = false;
    std::optional<parser> parser_; ///< Beast's is for one message
};

} // namespace loadsim::http
