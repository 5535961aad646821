#include <loadsim/net/loop.hpp>

#include "graveyard.hpp"

#include <boost/asio/executor_work_guard.hpp>

namespace loadsim::net {
namespace {
constexpr std::size_t read_buffer_size = 64 * 1024;
}

// One thread runs the loop: the hint spares the scheduler's locking between threads, posts from others stay safe.
loop::loop(const time_source& time)
    : read_buffer(read_buffer_size), time_(time), io_(1), work_(io_.get_executor()), sockets_(io_),
      left_behind_(std::make_unique<graveyard>(sockets_)), wheel_(time.now()), clock_(io_.get_executor()) {}

loop::~loop() = default;

void loop::run() { io_.run(); }

void loop::stop() { io_.stop(); }

void loop::arm(timer& t, monotonic_time when) {
    wheel_.arm(t, when);
    // Only an earlier one can be the next: asking the wheel for that is a search.
    if (!firing_ && when < clock_at_) wait();
}

void loop::wait() {
    clock_at_ = wheel_.next();
    if (clock_at_ == never) return;
    clock_.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(clock_at_));
    clock_.async_wait([this](boost::system::error_code error) {
        if (!error) fire();
    });
}

void loop::fire() {
    firing_ = true;
    wheel_.advance(now());
    firing_ = false;
    clock_at_ = never;
    wait();
}

} // namespace loadsim::net
