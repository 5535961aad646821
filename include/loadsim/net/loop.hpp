// Event loop of one shard: sockets, timers and the buffers shared by all its connections.
#pragma once

#include <loadsim/base/message_steps.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/net/byte_tap.hpp>
#include <loadsim/net/epoll_poller.hpp>
#include <loadsim/net/timer_wheel.hpp>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace loadsim::net {

class abandoned_connections;

using executor = boost::asio::io_context::executor_type;
/// Sockets and timers with the loop's concrete executor type: 40 bytes instead of 88, and no indirect call.
using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;
using clock_timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                      boost::asio::wait_traits<std::chrono::steady_clock>, executor>;

/// Totals of messages and bytes over all MQTT links of a loop.
struct traffic_counts {
    std::uint64_t published = 0;
    std::uint64_t received = 0;
    std::uint64_t bytes_sent = 0; ///< of MQTT packets: with TLS before encryption
    std::uint64_t bytes_received = 0;
    std::uint64_t tls_bytes_sent = 0; ///< of TLS records: handshakes, encrypted packets, alerts
    std::uint64_t tls_bytes_received = 0;
    std::uint64_t published_steps = 0; ///< message_steps() of those published
    std::uint64_t received_steps = 0;
};

/// Takes a buffer of a loop for one use, and returns it empty with its capacity. Nested uses get a buffer of their own.
class lent_buffer {
public:
    explicit lent_buffer(std::vector<std::uint8_t>& owner) : owner_(owner), bytes_(std::exchange(owner, {})) {}
    ~lent_buffer() {
        bytes_.clear();
        owner_ = std::move(bytes_);
    }
    lent_buffer(const lent_buffer&) = delete;
    lent_buffer& operator=(const lent_buffer&) = delete;
    std::vector<std::uint8_t>& operator*() const noexcept { return bytes_; }
    std::vector<std::uint8_t>* operator->() const noexcept { return &bytes_; }

private:
    std::vector<std::uint8_t>& owner_;
    mutable std::vector<std::uint8_t> bytes_;
};

/// Threads: the thread that calls run(); other threads may only post to io().
class loop {
public:
    explicit loop(const time_source& time);
    ~loop();
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

    boost::asio::io_context& io() noexcept { return io_; }
    net::epoll_poller& poller() noexcept { return poller_; } ///< for the fleet's sockets; the few others may be Asio's
    monotonic_time now() const noexcept { return time_.now(); }

    /// Runs until stop(). Handlers queued before that are not lost.
    void run();
    void stop();
    /// Runs on the calling thread until `done()` or the deadline; true: done. Not while run() runs.
    bool run_until(const std::function<bool()>& done, monotonic_time deadline);

    /// Arms a timer of the wheel, and the underlying clock timer if this one expires first.
    void arm(timer&, monotonic_time when);

    /// Connections kept open and unread after their link has abandoned them.
    abandoned_connections& abandoned() noexcept { return *abandoned_; }

    /// Read buffer shared by all connections of the loop; holds nothing between two events.
    std::vector<std::uint8_t> read_buffer;
    /// Write buffer, lent to one connection at a time; empty while it is not in use.
    std::vector<std::uint8_t> write_buffer;
    /// Decrypted bytes of one connection at a time; empty while it is not in use.
    std::vector<std::uint8_t> plain_buffer;
    std::vector<std::uint8_t> record_buffer; ///< TLS records to be sent, likewise
    traffic_counts traffic;
    std::uint64_t message_step = 0; ///< bytes of topic and payload that count as one message; 0: steps are not counted
    /// Count a message with so many bytes of topic and payload.
    void count_published(std::size_t bytes) noexcept {
        ++traffic.published;
        traffic.published_steps += message_steps(bytes, message_step);
    }
    void count_received(std::size_t bytes) noexcept {
        ++traffic.received;
        traffic.received_steps += message_steps(bytes, message_step);
    }
    /// Bytes of incomplete packets of all MQTT links together, and their limit: a link that exceeds it ends with
    /// errc::too_many_partial_packets. Default: one packet of MQTT's largest size.
    std::size_t partial_bytes = 0;
    std::size_t partial_bytes_max = 256 * 1024 * 1024 + 4;
    byte_tap* tap = nullptr; ///< receives the bytes of MQTT links and API connections; null: none. Must outlive them

private:
    void arm_clock();
    void fire_due_timers();

    const time_source& time_;
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<executor> work_;
    epoll_poller poller_;
    std::unique_ptr<abandoned_connections> abandoned_;
    timer_wheel wheel_;
    clock_timer clock_;
    monotonic_time clock_at_ = never; ///< expiry of clock_
    bool firing_ = false;
};

} // namespace loadsim::net
