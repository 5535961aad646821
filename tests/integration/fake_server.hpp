// Somebody at a TCP port who does what the test says, and no more.
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

namespace stage {

/// What it does when something came.
struct reaction {
    std::string bytes{};                       ///< sent
    bool close = false;                        ///< after the bytes
    bool deaf = false;                         ///< reads nothing more from this connection, and keeps it
    std::chrono::milliseconds close_after{-1}; ///< closes so long after the bytes, if nothing else came meanwhile
};

/// Called on the server's thread with the connection's number (from 0) and all that came and was not taken off: once when
/// the connection is made (nothing came yet) and then whenever more has come.
using manners = std::function<reaction(std::size_t connection, std::string& unread)>;

/// Listens on a free loopback port while it lives, on a thread of its own.
class fake_server {
public:
    explicit fake_server(manners);
    ~fake_server();
    fake_server(const fake_server&) = delete;
    fake_server& operator=(const fake_server&) = delete;

    boost::asio::ip::tcp::endpoint address() const { return address_; }
    std::uint16_t port() const { return address_.port(); }
    std::size_t connections() const { return connections_; } ///< made so far

private:
    class connection;
    void accept();

    manners manners_;
    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::ip::tcp::endpoint address_;
    std::vector<std::shared_ptr<connection>> open_; ///< also those that nobody reads from
    std::atomic<std::size_t> connections_{0};
    std::thread thread_;
};

} // namespace stage
