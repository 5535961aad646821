// Fake TCP server with scripted reactions.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace harness {

/// Reaction of the server to received bytes.
struct reaction {
    std::string bytes{};       ///< sent
    bool close = false;        ///< after the bytes
    bool stop_reading = false; ///< stops reading this connection and keeps it open
    std::chrono::milliseconds close_after{
        -1}; ///< closes this long after the bytes unless more is received; negative: never
    std::chrono::milliseconds between_bytes{0}; ///< sends the bytes one by one, with this pause; reads no more
    bool stream = false;                        ///< the connection is sent what other reactions broadcast
    std::string broadcast{};                    ///< sent to all connections that are streams
};

/// Called on the server's thread with the connection's number (from 0) and its unread bytes, which it may erase: once when
/// the connection is accepted (no bytes yet), then whenever more bytes have arrived.
using connection_handler = std::function<reaction(std::size_t connection, std::string& unread)>;

/// Listens on a free loopback port while it lives, on its own thread.
class fake_server {
public:
    explicit fake_server(connection_handler);
    ~fake_server();
    fake_server(const fake_server&) = delete;
    fake_server& operator=(const fake_server&) = delete;

    boost::asio::ip::tcp::endpoint address() const { return address_; }
    std::uint16_t port() const { return address_.port(); }
    std::size_t connections() const { return connections_; } ///< accepted so far

private:
    class connection;
    void accept();
    void broadcast(const std::string& bytes);

    connection_handler handler_;
    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::ip::tcp::endpoint address_;
    std::vector<std::shared_ptr<connection>> open_connections_; ///< also those no longer read
    std::atomic<std::size_t> connections_{0};
    std::thread thread_;
};

} // namespace harness
