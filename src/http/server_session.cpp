#include "server_session.hpp"

#include "beast_chunk_workaround.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <utility>

namespace loadsim::http {

namespace beast = boost::beast;

namespace {

using parser = beast::http::request_parser<beast::http::string_body>;

class beast_header_fields final : public header_fields {
public:
    explicit beast_header_fields(const parser::value_type& message) : message_(message) {}
    std::string_view find(std::string_view name) const override {
        const auto found = message_.find(beast::string_view(name.data(), name.size()));
        if (found == message_.end()) return {};
        return {found->value().data(), found->value().size()};
    }

private:
    const parser::value_type& message_;
};

} // namespace

void serialize(const server_response& response, bool head, bool last, std::string& out, bool chunked) {
    out += fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    if (!response.content_type.empty()) out += fmt::format("Content-Type: {}\r\n", response.content_type);
    if (chunked) out += "Transfer-Encoding: chunked\r\n";
    // RFC 9110, 8.6: never in a response of status 1xx or 204. A stream without chunks ends with its connection.
    if (response.status != 204 && !response.stream) out += fmt::format("Content-Length: {}\r\n", response.body.size());
    for (const auto& [name, value] : response.headers) out += fmt::format("{}: {}\r\n", name, value);
    out += last ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
    if (!head && response.status != 204) out += response.body;
}

class server_session::state {
public:
    state(const handler& on_request, limits limits) : handler_(on_request), limits_(limits) { next_request(); }

    void feed(std::string_view bytes, std::vector<pending_write>& out) {
        if (finished) return;
        pending_.append(bytes);
        std::string_view rest = pending_;
        while (!finished && !rest.empty() && !too_few_chunk_bytes(*parser_, rest.size())) {
            boost::system::error_code error;
            const auto used = parser_->put(boost::asio::buffer(rest), error);
            rest.remove_prefix(used);
            if (parser_->is_done()) {
                respond(out);
                next_request();
            } else if (error && error != beast::http::error::need_more) {
                reject(error, out);
            } else {
                send_continue(out);
                if (used == 0) break;
            }
        }
        pending_.erase(0, pending_.size() - rest.size());
        mid_request = !pending_.empty() || parser_->got_some();
    }

    bool finished = false;
    bool mid_request = false;
    std::uint64_t responses = 0;
    std::uint64_t malformed = 0;
    std::uint64_t oversized = 0;

private:
    void next_request() {
        parser_.emplace();
        parser_->header_limit(limits_.header);
        parser_->body_limit(limits_.body);
        parser_->eager(true);
        continue_sent_ = false;
    }

    void respond(std::vector<pending_write>& out) {
        const auto& message = parser_->get();
        const bool head = message.method() == beast::http::verb::head;
        const auto method = message.method_string();
        const auto target = message.target();
        const beast_header_fields fields(message);
        const auto response = handler_({.method = head ? "GET" : std::string_view{method.data(), method.size()},
                                        .target = {target.data(), target.size()},
                                        .body = message.body(),
                                        .fields = &fields});
        finished = !message.keep_alive() || response.kind == server_response::response_kind::reset || response.stream;
        if (response.deferred) {
            ++responses;
            out.push_back({.bytes = {}, .deferred = response.deferred, .head = head, .last = finished});
            return;
        }
        if (response.stream) return stream(response, head, message.version() >= 11, out);
        write(response, head, out);
    }

    void stream(const server_response& response, bool head, bool chunked, std::vector<pending_write>& out) {
        ++responses;
        out.push_back(
            {.bytes = {}, .delay = response.delay, .stream = head ? nullptr : response.stream, .chunked = chunked});
        serialize(response, true, true, out.back().bytes, chunked);
        if (head) response.stream->close();
    }

    void reject(const boost::system::error_code& failed, std::vector<pending_write>& out) {
        using beast::http::error;
        finished = true; // the start of the next request is unknown
        ++malformed;
        if (failed == error::body_limit || failed == error::buffer_overflow)
            write(too_large(413, fmt::format("the body is over {} bytes", limits_.body)), false, out);
        else if (failed == error::header_limit)
            write(too_large(431, fmt::format("the header is over {} bytes", limits_.header)), false, out);
        else
            write(problem_details(400, "not HTTP: " + failed.message()), false, out);
    }

    server_response too_large(unsigned status, const std::string& why) {
        ++oversized;
        return problem_details(status, why);
    }

    // RFC 9110, 10.1.1: the client waits for 100 Continue before it sends the body (curl does, above 1 KiB).
    void send_continue(std::vector<pending_write>& out) {
        if (continue_sent_ || !parser_->is_header_done()) return;
        continue_sent_ = true;
        const auto expected = parser_->get().find(beast::http::field::expect);
        if (expected == parser_->get().end()) return;
        if (beast::iequals(expected->value(), "100-continue"))
            last_write(out, {}).bytes += "HTTP/1.1 100 Continue\r\n\r\n";
    }

    /// Output element for the next bytes: the last one, or a new one if they are delayed.
    static pending_write& last_write(std::vector<pending_write>& out, nanoseconds delay) {
        if (out.empty() || delay > nanoseconds{0} || out.back().deferred) out.push_back({.bytes = {}, .delay = delay});
        return out.back();
    }

    void write(const server_response& response, bool head, std::vector<pending_write>& out) {
        if (response.kind == server_response::response_kind::reset) {
            out.push_back({.bytes = {}, .delay = response.delay, .reset = true});
            return;
        }
        ++responses;
        serialize(response, head, finished, last_write(out, response.delay).bytes);
    }

    const handler& handler_;
    limits limits_;
    std::string pending_; // bytes of an incomplete header, which Beast needs in one piece
    std::optional<parser> parser_;
    bool continue_sent_ = false;
};

server_session::server_session(const handler& on_request, limits limits)
    : state_(std::make_unique<state>(on_request, limits)) {}
server_session::~server_session() = default;

void server_session::feed(std::string_view bytes, std::vector<pending_write>& out) { state_->feed(bytes, out); }
bool server_session::finished() const { return state_->finished; }
bool server_session::mid_request() const { return state_->mid_request; }
std::uint64_t server_session::responses() const { return state_->responses; }
std::uint64_t server_session::malformed() const { return state_->malformed; }
std::uint64_t server_session::oversized() const { return state_->oversized; }

} // namespace loadsim::http
