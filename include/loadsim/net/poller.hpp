// Which of many sockets have something to do.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <system_error>

namespace loadsim::net {

/// Whose socket it is. Does not have to outlive the poller, but says forget() before it goes.
class watched {
public:
    /// What the socket is ready for, as epoll(7) says it. May add, forget and close any socket, its own too.
    virtual void on_ready(std::uint32_t events) = 0;

protected:
    ~watched() = default;
};

/// One epoll instance for the sockets of a fleet, which is itself one descriptor of Asio's. A socket inside Asio costs some
/// 200 bytes and a system call each time it is waited for; here it costs nothing while it is idle, and one call in its life.
///
/// Shape:   by edge: told once when a socket becomes ready. Who leaves something in the socket says again().
///          What Asio does comes in between at the latest after `batch` sockets.
/// Errors:  of the kernel, as error codes; the constructor throws std::system_error (no open file left).
/// Threads: the loop's.
class poller {
public:
    explicit poller(boost::asio::io_context&);

    /// Watches a socket, for reading and writing, until it is closed.
    std::error_code add(int socket, watched&);
    /// Tells what it is ready for once more, in the next batch, if it is ready for anything.
    void again(int socket, watched&);
    /// Before its socket is closed: nothing of it is told after that.
    void forget(const watched&) noexcept;
    /// From now on it is another's to watch, and what it is ready for is told to that one, in the next batch.
    void hand_over(int socket, const watched& from, watched& to);

private:
    using descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;
    static constexpr int batch = 64; ///< a third of a millisecond: a timer that is due has to wait for it

    void wait();
    void tell();

    descriptor epoll_;
    std::array<epoll_event, batch> events_{};
    int next_ = 0; ///< of events_, to be told
    int told_ = 0; ///< up to here
};

} // namespace loadsim::net
