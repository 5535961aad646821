// Blocking runner of asynchronous Asio operations, for a dedicated thread.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <atomic>
#include <chrono>

namespace loadsim::observer {

/// Each run() blocks until its operation completes. stop() cancels the current operation and all later ones.
/// Threads: one, except stop() and stopped(): any.
class blocking_io {
public:
    using error_code = boost::system::error_code;

    boost::asio::io_context& io() noexcept { return io_; }
    bool stopped() const noexcept { return stopped_; }
    void stop() {
        stopped_ = true;
        boost::asio::post(io_, [] {}); // wakes run_one()
    }

    /// `begin` starts the operation with the given handler. `cancel` is called once to abort; it must close the socket, since a
    /// composed operation may be between two reads. Other operations on io() continue meanwhile.
    template <class Begin, class Cancel>
    error_code run(Begin begin, Cancel cancel) {
        if (stopped_) return boost::asio::error::operation_aborted;
        bool over = false;
        bool cancelled = false;
        error_code ended;
        begin([&over, &ended](error_code error, const auto&...) {
            ended = error;
            over = true;
        });
        while (!over) {
            if (stopped_ && !cancelled) {
                cancel();
                cancelled = true;
            }
            io_.run_one();
        }
        return stopped_ ? boost::asio::error::operation_aborted : ended;
    }

    void sleep(std::chrono::nanoseconds time) {
        boost::asio::steady_timer timer(io_, time);
        run([&timer](auto done) { timer.async_wait(std::move(done)); }, [&timer] { timer.cancel(); });
    }

private:
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
    std::atomic<bool> stopped_{false};
};

} // namespace loadsim::observer
