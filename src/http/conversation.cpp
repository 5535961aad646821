#include "conversation.hpp"

#include "last_chunk.hpp"

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

class fields_of final : public field_source {
public:
    explicit fields_of(const parser::value_type& message) : message_(message) {}
    std::string_view find(std::string_view name) const override {
        const auto found = message_.find(beast::string_view(name.data(), name.size()));
        if (found == message_.end()) return {};
        return {found->value().data(), found->value().size()};
    }

private:
    const parser::value_type& message_;
};

} // namespace

class conversation::state {
public:
    state(const handler& answers, limits limits) : answers_(answers), limits_(limits) { next_request(); }

    void feed(std::string_view bytes, std::vector<outgoing>& out) {
        if (over) return;
        pending_.append(bytes);
        std::string_view rest = pending_;
        while (!over && !rest.empty() && !too_few_of_chunks(*parser_, rest.size())) {
            boost::system::error_code error;
            const auto used = parser_->put(boost::asio::buffer(rest), error);
            rest.remove_prefix(used);
            if (parser_->is_done()) {
                respond(out);
                next_request();
            } else if (error && error != beast::http::error::need_more) {
                refuse(error, out);
            } else {
                invite_body(out);
                if (used == 0) break;
            }
        }
        pending_.erase(0, pending_.size() - rest.size());
        mid_request = !pending_.empty() || parser_->got_some();
    }

    bool over = false;
    bool mid_request = false;
    std::uint64_t answered = 0;
    std::uint64_t malformed = 0;
    std::uint64_t oversized = 0;

private:
    void next_request() {
        parser_.emplace();
        parser_->header_limit(limits_.header);
        parser_->body_limit(limits_.body);
        parser_->eager(true);
        invited_ = false;
    }

    void respond(std::vector<outgoing>& out) {
        const auto& message = parser_->get();
        const bool head = message.method() == beast::http::verb::head;
        const auto method = message.method_string();
        const auto target = message.target();
        const fields_of fields(message);
        const auto said = answers_({.method = head ? "GET" : std::string_view{method.data(), method.size()},
                                    .target = {target.data(), target.size()},
                                    .body = message.body(),
                                    .fields = &fields});
        over = !message.keep_alive() || said.how == reply::manner::reset;
        write(said, head, out);
    }

    void refuse(const boost::system::error_code& failed, std::vector<outgoing>& out) {
        using beast::http::error;
        over = true; // where the next request would begin is anybody's guess
        ++malformed;
        if (failed == error::body_limit || failed == error::buffer_overflow)
            write(too_large(413, fmt::format("the body is over {} bytes", limits_.body)), false, out);
        else if (failed == error::header_limit)
            write(too_large(431, fmt::format("the header is over {} bytes", limits_.header)), false, out);
        else
            write(problem(400, "not HTTP: " + failed.message()), false, out);
    }

    reply too_large(unsigned status, const std::string& why) {
        ++oversized;
        return problem(status, why);
    }

    // RFC 9110, 10.1.1: such a client keeps its body back until it is asked for (curl does, over 1 KiB).
    void invite_body(std::vector<outgoing>& out) {
        if (invited_ || !parser_->is_header_done()) return;
        invited_ = true;
        const auto expected = parser_->get().find(beast::http::field::expect);
        if (expected == parser_->get().end()) return;
        if (beast::iequals(expected->value(), "100-continue")) end_of(out, {}).bytes += "HTTP/1.1 100 Continue\r\n\r\n";
    }

    /// Where the next bytes go: behind what goes at once, unless they have to wait.
    static outgoing& end_of(std::vector<outgoing>& out, nanoseconds after) {
        if (out.empty() || after > nanoseconds{0}) out.push_back({.bytes = {}, .after = after});
        return out.back();
    }

    void write(const reply& said, bool head, std::vector<outgoing>& out) {
        if (said.how == reply::manner::reset) {
            out.push_back({.bytes = {}, .after = said.after, .reset = true});
            return;
        }
        ++answered;
        auto& bytes = end_of(out, said.after).bytes;
        const auto to = std::back_inserter(bytes);
        fmt::format_to(to, "HTTP/1.1 {} {}\r\n", said.status, reason_phrase(said.status));
        if (!said.content_type.empty()) fmt::format_to(to, "Content-Type: {}\r\n", said.content_type);
        // RFC 9110, 8.6: never in an answer of 1xx or 204.
        if (said.status != 204) fmt::format_to(to, "Content-Length: {}\r\n", said.body.size());
        for (const auto& [name, value] : said.headers) fmt::format_to(to, "{}: {}\r\n", name, value);
        bytes += over ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
        if (!head && said.status != 204) bytes += said.body;
    }

    const handler& answers_;
    limits limits_;
    std::string pending_; // bytes of an unfinished header: Beast wants it in one piece
    std::optional<parser> parser_;
    bool invited_ = false;
};

conversation::conversation(const handler& answers, limits limits) : state_(std::make_unique<state>(answers, limits)) {}
conversation::~conversation() = default;

void conversation::feed(std::string_view bytes, std::vector<outgoing>& out) { state_->feed(bytes, out); }
bool conversation::over() const { return state_->over; }
bool conversation::mid_request() const { return state_->mid_request; }
std::uint64_t conversation::answered() const { return state_->answered; }
std::uint64_t conversation::malformed() const { return state_->malformed; }
std::uint64_t conversation::oversized() const { return state_->oversized; }

} // namespace loadsim::http
