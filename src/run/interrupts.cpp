#include "interrupts.hpp"

#include <csignal>
#include <cstdlib>
#include <utility>

namespace loadsim::run {

interrupts::interrupts(bool as_rank) : as_rank_(as_rank), io_(1), signals_(io_, SIGINT, SIGTERM) {
    if (as_rank_) {
        signals_.add(SIGUSR1);
        signals_.add(SIGUSR2);
    }
    listen();
    thread_ = std::thread([this] { io_.run(); });
}

interrupts::~interrupts() {
    io_.stop();
    thread_.join();
    if (!as_rank_) return;
    boost::system::error_code ignored;
    signals_.clear(ignored);
    // The launcher says "drain" until everybody is gone, and the default of these signals is to end the process.
    std::signal(SIGUSR1, SIG_IGN);
    std::signal(SIGUSR2, SIG_IGN);
}

void interrupts::listen() {
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
        if (error) return;
        take(number);
        came_.notify_all();
        listen();
    });
}

void interrupts::take(int number) {
    const std::lock_guard lock(mutex_);
    if (as_rank_ && number == SIGTERM) {
        cut_off_ = news_ = true;
        return;
    }
    if (number == SIGINT && asked_ != kind::none) std::_Exit(130);
    if (asked_ != kind::none) return;
    asked_ = number == SIGINT || number == SIGUSR1 ? kind::interrupt : kind::terminate;
    news_ = true;
}

bool interrupts::wait_until(monotonic_time when) {
    std::unique_lock lock(mutex_);
    came_.wait_until(lock, when, [this] { return news_; });
    return std::exchange(news_, false);
}

interrupts::kind interrupts::asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
}

bool interrupts::cut_off() const {
    const std::lock_guard lock(mutex_);
    return cut_off_;
}

} // namespace loadsim::run
