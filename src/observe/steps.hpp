// Asio's operations one after the other, for a thread that has nothing else to do.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <atomic>
#include <chrono>

namespace loadsim::observe {

/// Each step blocks until its operation is over. stop() ends the one that is waited for, and all that come after it.
/// Threads: everything on one, but for stop() and stopped(): any.
class steps {
public:
    using error_code = boost::system::error_code;

    boost::asio::io_context& io() noexcept { return io_; }
    bool stopped() const noexcept { return stopped_; }
    void stop() {
        stopped_ = true;
        boost::asio::post(io_, [] {}); // wakes who waits
    }

    /// `begin` is called with the handler of an operation, `cancel` once when it is to end early: with a socket it must close,
    /// for what an operation is made of may just be between two reads. What else is under way on io() goes on meanwhile.
    template <class Begin, class Cancel>
    error_code take(Begin begin, Cancel cancel) {
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
        take([&timer](auto done) { timer.async_wait(std::move(done)); }, [&timer] { timer.cancel(); });
    }

private:
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
    std::atomic<bool> stopped_{false};
};

} // namespace loadsim::observe
