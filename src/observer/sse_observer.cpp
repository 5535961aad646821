// Server-sent events: the parser and the observer.
#include "sse_observer.hpp"

#include <loadsim/base/encoding.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace loadsim::observer {

std::vector<sse_event> sse_parser::feed(std::string_view piece) {
    std::vector<sse_event> out;
    while (!piece.empty()) {
        if (std::exchange(after_cr_, false) && piece.front() == '\n') {
            piece.remove_prefix(1);
            continue;
        }
        const auto end = piece.find_first_of("\r\n");
        const auto text = piece.substr(0, end);
        if (line_.size() + text.size() > max_event_size_)
            event_oversized_ = line_truncated_ = true;
        else
            line_ += text;
        if (end == std::string_view::npos) break;
        after_cr_ = piece[end] == '\r';
        piece.remove_prefix(end + 1);
        end_line(out);
    }
    return out;
}

void sse_parser::restart() {
    line_.clear();
    name_.clear();
    data_.clear();
    id_ = last_id_;
    first_line_ = true;
    after_cr_ = line_truncated_ = event_oversized_ = false;
}

void sse_parser::end_line(std::vector<sse_event>& out) {
    std::string_view line = line_;
    if (std::exchange(first_line_, false) && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    if (std::exchange(line_truncated_, false)) {
        // A truncated line is ignored.
    } else if (line.empty())
        end_event(out);
    else if (const auto colon = line.find(':'); colon == std::string_view::npos)
        set_field(line, {});
    else if (colon != 0) { // a leading colon marks a comment
        auto value = line.substr(colon + 1);
        if (value.starts_with(' ')) value.remove_prefix(1);
        set_field(line.substr(0, colon), value);
    }
    line_.clear();
}

void sse_parser::set_field(std::string_view name, std::string_view value) {
    if (name == "event") {
        name_ = value;
    } else if (name == "data") {
        if (data_.size() + value.size() >= max_event_size_) {
            event_oversized_ = true;
            data_.clear();
        } else {
            data_ += value;
            data_ += '\n';
        }
    } else if (name == "id") {
        if (value.find('\0') == std::string_view::npos) id_ = value;
    } else if (name == "retry" && value.find_first_not_of("0123456789") == std::string_view::npos) {
        std::uint32_t milliseconds = 0; // ignores a number that is too large
        if (std::from_chars(value.data(), value.data() + value.size(), milliseconds).ec == std::errc{})
            retry_ = std::clamp(std::chrono::milliseconds{milliseconds}, min_retry, max_retry);
    }
}

void sse_parser::end_event(std::vector<sse_event>& out) {
    last_id_ = id_;
    if (std::exchange(event_oversized_, false)) {
        ++oversized_;
    } else if (!data_.empty()) {
        data_.pop_back();
        out.push_back({name_.empty() ? "message" : name_, data_, last_id_});
    }
    name_.clear();
    data_.clear();
}

sse_observer::sse_observer(const sse_options& wanted, const observer_context& context, on_completion handler,
                           std::uint32_t index)
    : streaming_observer("sse", wanted.path, wanted.reading, context, std::move(handler), index, false),
      event_(wanted.event), parser_(context.api.limits.body) {}

std::string sse_observer::run_connection(any_stream stream, const http::request& request, const std::string& host) {
    auto wanted = request;
    std::erase_if(wanted.headers, [](const auto& h) { return equal_ignoring_case(h.first, "Accept"); });
    wanted.headers.emplace_back("Accept", "text/event-stream");
    wanted.headers.emplace_back("Cache-Control", "no-store");
    if (!parser_.last_id().empty()) wanted.headers.emplace_back("Last-Event-ID", parser_.last_id());

    http::response_stream response(context().api.limits);
    const auto describe = [&](const boost::system::error_code& failed) {
        auto text = response.describe(failed);
        return text.empty() ? stream.describe(failed) : text;
    };
    auto failed = write_all(stream, http::serialize(wanted, host));
    while (!failed && !response.has_header()) failed = read_into(stream, response);
    if (failed) return fmt::format("does not answer ({})", describe(failed));
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
    stream.expires_never(); // a stream may be silent; any_stream detects a dead path
    while (true) {
        feed(response.take_body());
        if (failed) return fmt::format("is lost ({})", describe(failed));
        if (response.done()) return "has ended";
        failed = read_into(stream, response);
    }
}

void sse_observer::feed(std::string_view bytes) {
    const auto events = parser_.feed(bytes);
    sink().count_rejected("event over load.http.maxBody",
                          parser_.oversized() - std::exchange(counted_oversized_, parser_.oversized()));
    if (parser_.retry()) set_reconnect_delay(*parser_.retry());
    for (const auto& e : events) {
        if (!event_.empty() && e.name != event_) continue;
        contract::message_view message{.payload = e.data, .parse_limit = e.data.size()};
        message.property = [&](std::string_view name) -> std::string_view {
            if (name == "event") return e.name;
            return name == "id" ? std::string_view(e.id) : std::string_view{};
        };
        on_message(message, "a server-sent event");
    }
}

} // namespace loadsim::observer
