#include "sse_observer.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <utility>

namespace loadsim::observe {

namespace beast = boost::beast;

sse_observer::sse_observer(const sse_options& wanted, const surroundings& where, on_event tell, std::uint32_t index)
    : standing_stream("sse", wanted.path, wanted.reading, where, std::move(tell), index, false), event_(wanted.event) {}

std::string sse_observer::converse(api_stream stream, const http::request& request) {
    beast::http::request<beast::http::empty_body> wanted{beast::http::verb::get, request.target, 11};
    for (const auto& [name, value] : request.headers) wanted.set(name, value);
    wanted.set(beast::http::field::accept, "text/event-stream");
    wanted.set(beast::http::field::cache_control, "no-store");
    if (!reader_.last_id().empty()) wanted.set("Last-Event-ID", reader_.last_id());

    auto& steps = step_by_step();
    const auto cancel = [&] { stream.close(); };
    beast::flat_buffer unread{16 * 1024};
    beast::http::response_parser<beast::http::buffer_body> answer;
    answer.body_limit(boost::none);
    answer.header_limit(8 * 1024);
    auto failed = steps.take([&](auto done) { beast::http::async_write(stream, wanted, std::move(done)); }, cancel);
    if (!failed)
        failed = steps.take([&](auto done) { beast::http::async_read_header(stream, unread, answer, std::move(done)); },
                            cancel);
    if (failed) return fmt::format("does not answer ({})", failed.message());
    const auto status = answer.get().result_int();
    if (status == 204) { // WHATWG HTML, 9.2.3
        give_up();
        counting().refuse("stream ended for good: status 204");
    }
    if (status != 200)
        return fmt::format("answers {} in place of an event stream; see its path and target.auth", status);
    const std::string_view type = answer.get()[beast::http::field::content_type];
    if (!type.starts_with("text/event-stream"))
        return fmt::format("answers '{}' in place of text/event-stream; see its path", type);

    is_up();
    reader_.restart();
    stream.expires_never(); // a stream may be silent; whether the other side is there TCP finds out
    std::array<char, 16 * 1024> bytes{};
    while (!answer.is_done()) {
        answer.get().body() = {.data = bytes.data(), .size = bytes.size(), .more = true};
        failed = steps.take([&](auto done) { beast::http::async_read_some(stream, unread, answer, std::move(done)); },
                            cancel);
        feed({bytes.data(), bytes.size() - answer.get().body().size});
        if (failed && failed != beast::http::error::need_buffer) return fmt::format("is lost ({})", failed.message());
    }
    return "has ended";
}

void sse_observer::feed(std::string_view bytes) {
    const auto events = reader_.feed(bytes);
    counting().refuse("event over 64 KiB", reader_.oversized() - std::exchange(oversized_, reader_.oversized()));
    if (reader_.retry()) wait_at_first(*reader_.retry());
    for (const auto& e : events) {
        if (!event_.empty() && e.name != event_) continue;
        contract::heard message{.payload = e.data};
        message.named = [&](std::string_view name) -> std::string_view {
            if (name == "event") return e.name;
            return name == "id" ? std::string_view(reader_.last_id()) : std::string_view{};
        };
        hear(message, "a server-sent event");
    }
}

} // namespace loadsim::observe
