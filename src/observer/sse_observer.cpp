#include "sse_observer.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace loadsim::observer {

sse_observer::sse_observer(const sse_options& wanted, const observer_context& context, on_completion handler,
                           std::uint32_t index)
    : streaming_observer("sse", wanted.path, wanted.reading, context, std::move(handler), index, false),
      event_(wanted.event) {}

std::string sse_observer::run_connection(any_stream stream, const http::request& request, const std::string& host) {
    auto wanted = request;
    std::erase_if(wanted.headers, [](const auto& h) { return http::equal_header_names(h.first, "Accept"); });
    wanted.headers.emplace_back("Accept", "text/event-stream");
    wanted.headers.emplace_back("Cache-Control", "no-store");
    if (!parser_.last_id().empty()) wanted.headers.emplace_back("Last-Event-ID", parser_.last_id());

    http::response_stream response;
    auto failed = write_all(stream, http::serialize(wanted, host));
    while (!failed && !response.has_header()) failed = read_into(stream, response);
    if (failed) return fmt::format("does not answer ({})", failed.message());
    const auto status = response.status();
    if (status == 204) { // WHATWG HTML, 9.2.3
        stop_reconnecting();
        sink().count_rejected("stream ended for good: status 204");
    }
    if (status != 200)
        return fmt::format("answers {} in place of an event stream; see its path and target.auth", status);
    const auto type = response.header("Content-Type");
    if (!type.starts_with("text/event-stream"))
        return fmt::format("answers '{}' in place of text/event-stream; see its path", type);

    mark_connected();
    parser_.restart();
    stream.expires_never(); // a stream may be silent; TCP keep-alive detects a lost peer
    while (true) {
        feed(response.take_body());
        if (failed) return fmt::format("is lost ({})", failed.message());
        if (response.done()) return "has ended";
        failed = read_into(stream, response);
    }
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
            return name == "id" ? std::string_view(e.id) : std::string_view{};
        };
        on_message(message, "a server-sent event");
    }
}

} // namespace loadsim::observer
