#include "websocket_observer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace loadsim::observer {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

websocket_observer::websocket_observer(const websocket_options& wanted, const observer_context& context,
                                       on_completion handler, std::uint32_t index)
    : streaming_observer("websocket", wanted.path, wanted.reading, context, std::move(handler), index, true) {}

std::string websocket_observer::run_connection(any_stream stream, const http::request& request,
                                               const std::string& host) {
    stream.expires_never(); // the WebSocket stream has its own timeouts
    websocket::stream<any_stream> socket(std::move(stream));
    socket.set_option(websocket::stream_base::timeout{.handshake_timeout = std::chrono::seconds{5},
                                                      .idle_timeout = std::chrono::seconds{30},
                                                      .keep_alive_pings = true});
    socket.set_option(websocket::stream_base::decorator([&](websocket::request_type& r) {
        for (const auto& [name, value] : request.headers) r.set(name, value);
    }));
    socket.read_message_max(context().api.limits.body);

    auto& io = blocking();
    const auto cancel = [&] { socket.next_layer().close(); };
    websocket::response_type response;
    auto failed =
        io.run([&](auto done) { socket.async_handshake(response, host, request.target, std::move(done)); }, cancel);
    if (failed == websocket::error::upgrade_declined)
        return fmt::format("answers {} in place of opening a WebSocket; see its path and target.auth",
                           response.result_int());
    if (failed) return fmt::format("does not open a WebSocket ({})", socket.next_layer().describe(failed));
    if (const auto& first = context().subscribe; !first.empty()) {
        failed = io.run([&](auto done) { socket.async_write(boost::asio::buffer(first), std::move(done)); }, cancel);
        if (failed) return fmt::format("does not take the subscription ({})", socket.next_layer().describe(failed));
    }

    mark_connected();
    beast::flat_buffer message;
    while (true) {
        failed = io.run([&](auto done) { socket.async_read(message, std::move(done)); }, cancel);
        if (failed == websocket::error::message_too_big || failed == websocket::error::buffer_overflow)
            sink().count_rejected("message over load.http.maxBody");
        if (failed == websocket::error::closed) {
            const auto& reason = socket.reason();
            return fmt::format("is closed ({}{}{})", reason.code, reason.reason.empty() ? "" : " ",
                               reason.reason.c_str());
        }
        if (failed) return fmt::format("is lost ({})", socket.next_layer().describe(failed));
        const auto bytes = message.cdata();
        on_message({.payload = {static_cast<const char*>(bytes.data()), bytes.size()}, .parse_limit = bytes.size()},
                   "a message of the WebSocket");
        message.clear();
    }
}

} // namespace loadsim::observer
