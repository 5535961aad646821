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

namespace loadsim::observer {

namespace beast = boost::beast;

sse_observer::sse_observer(const sse_options& wanted, const observer_context& context, on_completion handler,
                           std::uint32_t index)
    : streaming_observer("sse", wanted.path, wanted.reading, context, std::move(handler), index, false),
      event_(wanted.event) {}

std::string sse_observer::run_connection(any_stream stream, const http::request& request) {
    beast::http::request<beast::http::empty_body> wanted{beast::http::verb::get, request.target, 11};
    for (const auto& [name, value] : request.headers) wanted.set(name, value);
    wanted.set(beast::http::field::accept, "text/event-stream");
    wanted.set(beast::http::field::cache_control, "no-store");
    if (!parser_.last_id().empty()) wanted.set("Last-Event-ID", parser_.last_id());

    auto& io = blocking();
    const auto cancel = [&] { stream.close(); };
    beast::flat_buffer unread{16 * 1024};
    beast::http::response_parser<beast::http::buffer_body> response;
    response.body_limit(boost::none);
    response.header_limit(8 * 1024);
    auto failed = io.run([&](auto done) { beast::http::async_write(stream, wanted, std::move(done)); }, cancel);
    if (!failed)
        failed = io.run([&](auto done) { beast::http::async_read_header(stream, unread, response, std::move(done)); },
                        cancel);
    if (failed) return fmt::format("does not answer ({})", failed.message());
    const auto status = response.get().result_int();
    if (status == 204) { // WHATWG HTML, 9.2.3
        stop_reconnecting();
        sink().count_rejected("stream ended for good: status 204");
    }
    if (status != 200)
        return fmt::format("answers {} in place of an event stream; see its path and target.auth", status);
    const std::string_view type = response.get()[beast::http::field::content_type];
    if (!type.starts_with("text/event-stream"))
        return fmt::format("answers '{}' in place of text/event-stream; see its path", type);

    mark_connected();
    parser_.restart();
    stream.expires_never(); // a stream may be silent; TCP keep-alive detects a lost peer
    std::array<char, 16 * 1024> bytes{};
    while (!response.is_done()) {
        response.get().body() = {.data = bytes.data(), .size = bytes.size(), .more = true};
        failed =
            io.run([&](auto done) { beast::http::async_read_some(stream, unread, response, std::move(done)); }, cancel);
        feed({bytes.data(), bytes.size() - response.get().body().size});
        if (failed && failed != beast::http::error::need_buffer) return fmt::format("is lost ({})", failed.message());
    }
    return "has ended";
}

void sse_observer::feed(std::string_view bytes) {
    const auto events = parser_.feed(bytes);
    sink().count_rejected("event over 64 KiB",
                          parser_.oversized() - std::exchange(counted_oversized_, parser_.oversized()));
    if (parser_.retry()) set_reconnect_delay(*parser_.retry());
    for (const auto& e : events) {
        if (!event_.empty() && e.name != event_) continue;
        contract::message_view message{.payload = e.data};
        message.property = [&](std::string_view name) -> std::string_view {
            if (name == "event") return e.name;
            return name == "id" ? std::string_view(parser_.last_id()) : std::string_view{};
        };
        on_message(message, "a server-sent event");
    }
}

} // namespace loadsim::observer
