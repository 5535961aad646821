// Readiness notification for many sockets with one epoll instance.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <system_error>

namespace loadsim::net {

/// Handler of one socket. Need not outlive the poller, but must be removed with remove() before it is destroyed.
class socket_handler {
public:
    /// `events`: readiness flags of epoll(7). May add, remove and close any socket, its own too.
    virtual void on_ready(std::uint32_t events) = 0;

protected:
    ~socket_handler() = default;
};

/// One epoll instance for the sockets of a fleet, registered with Asio as one descriptor. A socket inside Asio costs some
/// 200 bytes and a system call per wait; here an idle socket costs nothing, and one system call in its lifetime.
///
/// Shape:   edge-triggered: one notification when a socket becomes ready. A handler that leaves data unread calls rearm().
///          Asio's own handlers run after `batch_size` sockets at the latest.
/// Errors:  error codes of the kernel; the constructor throws std::system_error (no open file left).
/// Threads: the loop's.
class epoll_poller {
public:
    explicit epoll_poller(boost::asio::io_context&);

    /// Watches a socket, for reading and writing, until it is closed.
    std::error_code add(int socket, socket_handler&);
    /// Repeats the notification in the next batch if the socket is ready.
    void rearm(int socket, socket_handler&);
    /// Discards pending notifications. To be called before the socket is closed.
    void remove(const socket_handler&) noexcept;
    /// Moves the socket to another handler, which is notified in the next batch if the socket is ready.
    void transfer(int socket, const socket_handler& from, socket_handler& to);

private:
    using descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;
    static constexpr int batch_size = 64; ///< takes a third of a millisecond, by which a due timer may be late

    void wait();
    void dispatch();

    descriptor epoll_;
    std::array<epoll_event, batch_size> events_{};
    int next_event_ = 0;  ///< index into events_ of the next event to dispatch
    int ready_count_ = 0; ///< number of valid entries in events_
};

} // namespace loadsim::net
