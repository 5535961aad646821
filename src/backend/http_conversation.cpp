#include "http_conversation.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <utility>

namespace loadsim::backend {

namespace http = boost::beast::http;

class http_conversation::state {
public:
    state(http_handler handler, http_limits limits) : handler_(std::move(handler)), limits_(limits) { next_request(); }

    std::string feed(std::string_view bytes) {
        std::string out;
        if (over) return out;
        pending_.append(bytes);
        std::string_view rest = pending_;
        while (!over && !rest.empty()) {
            boost::system::error_code error;
            const auto used = parser_->put(boost::asio::buffer(rest), error);
            rest.remove_prefix(used);
            if (parser_->is_done()) {
                respond(out);
                next_request();
            } else if (error && error != http::error::need_more) {
                refuse(error, out);
            } else {
                invite_body(out);
                if (used == 0) break;
            }
        }
        pending_.erase(0, pending_.size() - rest.size());
        mid_request = !pending_.empty() || parser_->got_some();
        return out;
    }

    bool over = false;
    bool mid_request = false;
    std::uint64_t answered = 0;
    std::uint64_t malformed = 0;

private:
    void next_request() {
        parser_.emplace();
        parser_->header_limit(limits_.header);
        parser_->body_limit(limits_.body);
        parser_->eager(true);
        invited_ = false;
    }

    void respond(std::string& out) {
        const auto& message = parser_->get();
        const bool head = message.method() == http::verb::head;
        const auto method = message.method_string();
        const auto target = message.target();
        const auto response = handler_({.method = head ? "GET" : std::string_view{method.data(), method.size()},
                                        .target = {target.data(), target.size()},
                                        .body = message.body()});
        over = !message.keep_alive();
        write(response, head, out);
    }

    void refuse(const boost::system::error_code& error, std::string& out) {
        over = true; // where the next request would begin is anybody's guess
        ++malformed;
        if (error == http::error::body_limit || error == http::error::buffer_overflow)
            write(problem_response(413, fmt::format("the body is over {} bytes", limits_.body)), false, out);
        else if (error == http::error::header_limit)
            write(problem_response(431, fmt::format("the header is over {} bytes", limits_.header)), false, out);
        else
            write(problem_response(400, "not HTTP: " + error.message()), false, out);
    }

    // RFC 9110, 10.1.1: such a client keeps its body back until it is asked for (curl does, over 1 KiB).
    void invite_body(std::string& out) {
        if (invited_ || !parser_->is_header_done()) return;
        invited_ = true;
        const auto expected = parser_->get().find(http::field::expect);
        if (expected == parser_->get().end()) return;
        if (boost::beast::iequals(expected->value(), "100-continue")) out += "HTTP/1.1 100 Continue\r\n\r\n";
    }

    void write(const http_response& response, bool head, std::string& out) {
        ++answered;
        const auto to = std::back_inserter(out);
        fmt::format_to(to, "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n", response.status,
                       reason_phrase(response.status), response.content_type, response.body.size());
        for (const auto& [name, value] : response.headers) fmt::format_to(to, "{}: {}\r\n", name, value);
        out += over ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
        if (!head) out += response.body;
    }

    http_handler handler_;
    http_limits limits_;
    std::string pending_; // bytes of an unfinished header: Beast wants it in one piece
    std::optional<http::request_parser<http::string_body>> parser_;
    bool invited_ = false;
};

http_conversation::http_conversation(http_handler handler, http_limits limits)
    : state_(std::make_unique<state>(std::move(handler), limits)) {}
http_conversation::~http_conversation() = default;

std::string http_conversation::feed(std::string_view bytes) { return state_->feed(bytes); }
bool http_conversation::over() const { return state_->over; }
bool http_conversation::mid_request() const { return state_->mid_request; }
std::uint64_t http_conversation::answered() const { return state_->answered; }
std::uint64_t http_conversation::malformed() const { return state_->malformed; }

} // namespace loadsim::backend
