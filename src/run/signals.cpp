#include "signals.hpp"

#include <loadsim/base/signals.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

namespace loadsim::run {
namespace {

class process_signals final : public stop_signals {
public:
    explicit process_signals(bool as_rank);
    ~process_signals() override;
    process_signals(const process_signals&) = delete;
    process_signals& operator=(const process_signals&) = delete;

    bool wait_until(monotonic_time) override;
    kind requested() const override;
    bool aborted() const override;
    std::string abort_reason() const override {
        return as_rank_ ? "the launcher ended all ranks, because one of them died or somebody stopped it"
                        : "a second signal (SIGTERM or SIGHUP) ended the drain";
    }

private:
    void listen();
    void handle(int number);

    const bool as_rank_;
    boost::asio::io_context io_;
    boost::asio::signal_set signals_;
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    kind requested_ = kind::none;
    bool aborted_ = false;
    bool pending_ = false;
    std::thread thread_; // last: the thread uses all members above
};

process_signals::process_signals(bool as_rank) : as_rank_(as_rank), io_(1), signals_(io_, SIGINT, SIGTERM) {
    if (!ignores_hangup()) signals_.add(SIGHUP);
    if (as_rank_) {
        signals_.add(SIGUSR1);
        signals_.add(SIGUSR2);
    }
    if (const int number = take_late_signal(); number != 0) handle(number); // of a run before this one
    listen();
    thread_ = std::thread([this] { io_.run(); });
}

process_signals::~process_signals() {
    io_.stop();
    thread_.join();
    boost::system::error_code ignored;
    signals_.clear(ignored); // leaves the default actions
    keep_late_signals();
    if (!as_rank_) return;
    // The launcher may send these signals until all ranks have ended; their default action would kill the process.
    std::signal(SIGUSR1, SIG_IGN);
    std::signal(SIGUSR2, SIG_IGN);
}

void process_signals::listen() {
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
        if (error) return;
        handle(number);
        arrived_.notify_all();
        listen();
    });
}

void process_signals::handle(int number) {
    const std::lock_guard lock(mutex_);
    if (as_rank_ && (number == SIGTERM || number == SIGHUP)) {
        aborted_ = pending_ = true;
        return;
    }
    if (number == SIGINT && requested_ != kind::none) std::_Exit(130);
    if (requested_ != kind::none) {
        if (number == SIGTERM || number == SIGHUP) aborted_ = pending_ = true;
        return;
    }
    requested_ = number == SIGINT || number == SIGUSR1 ? kind::interrupt : kind::terminate;
    pending_ = true;
}

bool process_signals::wait_until(monotonic_time when) {
    std::unique_lock lock(mutex_);
    arrived_.wait_until(lock, when, [this] { return pending_; });
    return std::exchange(pending_, false);
}

stop_signals::kind process_signals::requested() const {
    const std::lock_guard lock(mutex_);
    return requested_;
}

bool process_signals::aborted() const {
    const std::lock_guard lock(mutex_);
    return aborted_;
}

} // namespace

std::unique_ptr<stop_signals> handle_stop_signals(bool as_rank) { return std::make_unique<process_signals>(as_rank); }

} // namespace loadsim::run
