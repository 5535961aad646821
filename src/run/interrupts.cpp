#include "interrupts.hpp"

#include <csignal>
#include <cstdlib>

namespace loadsim::run {

interrupts::interrupts() : io_(1), signals_(io_, SIGINT, SIGTERM) {
    listen();
    thread_ = std::thread([this] { io_.run(); });
}

interrupts::~interrupts() {
    io_.stop();
    thread_.join();
}

void interrupts::listen() {
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
        if (error) return;
        {
            const std::lock_guard lock(mutex_);
            if (number == SIGINT && asked_ != kind::none) std::_Exit(130);
            if (asked_ == kind::none) asked_ = number == SIGINT ? kind::interrupt : kind::terminate;
        }
        came_.notify_all();
        listen();
    });
}

void interrupts::wait_until(monotonic_time when) {
    std::unique_lock lock(mutex_);
    came_.wait_until(lock, when, [this] { return asked_ != kind::none && !told_; });
    told_ = asked_ != kind::none;
}

interrupts::kind interrupts::asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
}

} // namespace loadsim::run
