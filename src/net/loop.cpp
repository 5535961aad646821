#include <loadsim/net/loop.hpp>

#include "abandoned_connections.hpp"

#include <boost/asio/executor_work_guard.hpp>

namespace loadsim::net {
namespace {
constexpr std::size_t read_buffer_size = 64 * 1024;
}

// Concurrency hint 1: one thread runs the loop, so Asio needs less locking; posts from other threads stay safe.
loop::loop(const time_source& time)
    : read_buffer(read_buffer_size), time_(time), io_(1), work_(io_.get_executor()), poller_(io_),
      abandoned_(std::make_unique<abandoned_connections>(poller_)), wheel_(time.now()), clock_(io_.get_executor()) {}

loop::~loop() = default;

void loop::run() { io_.run(); }

void loop::stop() { io_.stop(); }

bool loop::run_until(const std::function<bool()>& done, monotonic_time deadline) {
    io_.restart(); // after stop()
    while (!done()) {
        const auto left = deadline - now();
        if (left <= nanoseconds{0}) return false;
        io_.run_one_for(left);
    }
    return true;
}

void loop::arm(timer& t, monotonic_time when) {
    wheel_.arm(t, when);
    // Only a timer earlier than the clock can be the next one; wheel_.next() is a search, so it is avoided.
    if (!firing_ && when < clock_at_) arm_clock();
}

void loop::arm_clock() {
    clock_at_ = wheel_.next();
    if (clock_at_ == never) return;
    clock_.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(clock_at_));
    clock_.async_wait([this](boost::system::error_code error) {
        if (!error) fire_due_timers();
    });
}

void loop::fire_due_timers() {
    firing_ = true;
    wheel_.advance(now());
    firing_ = false;
    clock_at_ = never;
    arm_clock();
}

} // namespace loadsim::net
