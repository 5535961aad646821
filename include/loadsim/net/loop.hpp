// The event loop of one shard: sockets, timers and the buffers that all its connections share.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/net/byte_tap.hpp>
#include <loadsim/net/poller.hpp>
#include <loadsim/net/timer_wheel.hpp>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace loadsim::net {

class graveyard;

using executor = boost::asio::io_context::executor_type;
/// Sockets and timers with the loop's own executor type: 40 bytes, not 88, and no indirect call.
using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;
using clock_timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                      boost::asio::wait_traits<std::chrono::steady_clock>, executor>;

/// What the MQTT links of a loop have moved, in all.
struct traffic {
    std::uint64_t published = 0;
    std::uint64_t received = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
};

/// Threads: all of it belongs to the thread that calls run(); only post-ing to io() is allowed from others.
class loop {
public:
    explicit loop(const time_source& time);
    ~loop();
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

    boost::asio::io_context& io() noexcept { return io_; }
    net::poller& sockets() noexcept { return sockets_; } ///< of the fleet; few others may as well be Asio's
    monotonic_time now() const noexcept { return time_.now(); }

    /// Runs until stop(). Nothing queued is lost before that.
    void run();
    void stop();

    /// Arms a timer of the wheel, and the clock behind it if this one is the first.
    void arm(timer&, monotonic_time when);

    /// Connections that were left behind, open and unread.
    graveyard& left_behind() noexcept { return *left_behind_; }

    /// What every connection of the loop reads into: nothing is kept here between two events.
    std::vector<std::uint8_t> read_buffer;
    /// The same for writing. Lent to one connection at a time: empty when it is free.
    std::vector<std::uint8_t> write_buffer;
    traffic moved;
    byte_tap* tap = nullptr; ///< sees what the MQTT links move; null: nobody does. Must outlive the links

private:
    void wait();
    void fire();

    const time_source& time_;
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<executor> work_;
    poller sockets_;
    std::unique_ptr<graveyard> left_behind_;
    timer_wheel wheel_;
    clock_timer clock_;
    monotonic_time clock_at_ = never; ///< what clock_ is set to
    bool firing_ = false;
};

} // namespace loadsim::net
