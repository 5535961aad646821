#include "signals.hpp"

#include <csignal>
#include <cstdlib>
#include <utility>

namespace loadsim::run {

stop_signals::stop_signals(bool as_rank) : as_rank_(as_rank), io_(1), signals_(io_, SIGINT, SIGTERM) {
    if (as_rank_) {
        signals_.add(SIGUSR1);
        signals_.add(SIGUSR2);
    }
    listen();
    thread_ = std::thread([this] { io_.run(); });
}

stop_signals::~stop_signals() {
    io_.stop();
    thread_.join();
    if (!as_rank_) return;
    boost::system::error_code ignored;
    signals_.clear(ignored);
    // The launcher may send these signals until all ranks have ended; their default action would kill the process.
    std::signal(SIGUSR1, SIG_IGN);
    std::signal(SIGUSR2, SIG_IGN);
}

void stop_signals::listen() {
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
        if (error) return;
        handle(number);
        arrived_.notify_all();
        listen();
    });
}

void stop_signals::handle(int number) {
    const std::lock_guard lock(mutex_);
    if (as_rank_ && number == SIGTERM) {
        aborted_ = pending_ = true;
        return;
    }
    if (number == SIGINT && requested_ != kind::none) std::_Exit(130);
    if (requested_ != kind::none) return;
    requested_ = number == SIGINT || number == SIGUSR1 ? kind::interrupt : kind::terminate;
    pending_ = true;
}

bool stop_signals::wait_until(monotonic_time when) {
    std::unique_lock lock(mutex_);
    arrived_.wait_until(lock, when, [this] { return pending_; });
    return std::exchange(pending_, false);
}

stop_signals::kind stop_signals::requested() const {
    const std::lock_guard lock(mutex_);
    return requested_;
}

bool stop_signals::aborted() const {
    const std::lock_guard lock(mutex_);
    return aborted_;
}

} // namespace loadsim::run
