// Base class of observers with a persistent API connection: server-sent events and WebSocket.
#pragma once

#include "any_stream.hpp"
#include "blocking_io.hpp"
#include "event_sink.hpp"

#include <loadsim/http/response_stream.hpp>
#include <loadsim/net/server_list.hpp>
#include <loadsim/observer/event.hpp>
#include <loadsim/observer/observer_factory.hpp>

#include <boost/asio/ssl/context.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <thread>

namespace loadsim::observer {

/// Connects to the addresses of the API's base URLs in turn and reconnects with backoff, on its own thread.
class streaming_observer : public observer {
public:
    result<void> start() final;
    void stop() final;
    counts take_counts() final { return sink_.take_counts(); }
    void set_trace(on_trace handler) final { sink_.set_trace(std::move(handler)); }
    std::string notice() const final;

protected:
    /// `always_tunnel`: uses CONNECT through a proxy even without TLS (RFC 6455, 4.1).
    streaming_observer(std::string kind, std::string path, contract::event_mapping_options, const observer_context&,
                       on_completion, std::uint32_t index, bool always_tunnel);
    ~streaming_observer() override = default; // the destructor of the derived class must call stop()

    /// Sends the request on one connection and receives until it closes. `host`: value of the Host field. Returns the reason.
    virtual std::string run_connection(any_stream, const http::request&, const std::string& host) = 0;

    boost::system::error_code write_all(any_stream&, std::string_view);
    /// Waits for the next bytes and parses them; the end of the connection completes a response without a length.
    boost::system::error_code read_into(any_stream&, http::response_stream&);

    /// Reports that events are being received: start() returns, and the reconnect backoff is reset.
    void mark_connected();
    void on_message(const contract::message_view&, std::string_view what);
    void set_reconnect_delay(std::chrono::milliseconds base) { reconnect_delay_ = base; } ///< initial reconnect delay
    void stop_reconnecting() { stop_reconnecting_ = true; } ///< the platform refuses further connections

    const observer_context& context() const { return context_; }
    blocking_io& blocking() { return blocking_io_; }
    event_sink& sink() { return sink_; }

private:
    void run();
    std::string connect_once(const net::endpoint& base, const boost::asio::ip::tcp::endpoint& address);
    std::string connect_tcp(any_stream&, const boost::asio::ip::tcp::endpoint&);
    std::string open_tunnel(any_stream&, const net::endpoint&);

    std::string kind_, path_, options_path_;
    contract::event_mapping_options mapping_options_;
    observer_context context_;
    bool always_tunnel_;
    std::uint32_t index_;      ///< in load.observers: several observers begin at different addresses
    net::server_list servers_; ///< of the API, or of its proxy
    event_sink sink_;
    std::optional<contract::event_mapping> mapping_;
    boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_client};
    blocking_io blocking_io_;
    // Used on the observer's thread only.
    std::promise<std::string> start_result_; ///< start result: error sentence; empty: connected
    bool start_reported_ = false;            ///< the start result is set
    bool was_connected_ = false;             ///< the current connection was established
    bool stop_reconnecting_ = false;
    std::chrono::milliseconds reconnect_delay_{200};
    std::array<char, 16 * 1024> bytes_{}; ///< read buffer
    std::thread thread_;
};

} // namespace loadsim::observer
