#include "signals.hpp"

#include <loadsim/base/signals.hpp>
#include <loadsim/run/run.hpp>

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
    std::string abort_reason() const override;
    bool killed_soon() const override;
    void request_stop();

private:
    void listen();
    void handle(int number);

    const bool as_rank_;
    boost::asio::io_context io_;
    boost::asio::signal_set signals_;
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    stop_decision decision_;
    std::string abort_reason_; ///< of the first cause; empty: none
    bool killed_soon_ = false;
    bool pending_ = false;
    std::thread thread_; // last: the thread uses all members above
};

std::mutex current_mutex;
process_signals* current = nullptr; ///< what handles the signals now; null: no run

process_signals::process_signals(bool as_rank) : as_rank_(as_rank), io_(1), signals_(io_, SIGINT, SIGTERM) {
    if (!ignores_hangup()) signals_.add(SIGHUP);
    if (as_rank_) {
        signals_.add(SIGUSR1);
        signals_.add(SIGUSR2);
    }
    if (const int number = take_late_signal(); number != 0) handle(number); // of a run before this one
    listen();
    thread_ = std::thread([this] { io_.run(); });
    const std::lock_guard lock(current_mutex);
    current = this;
}

process_signals::~process_signals() {
    {
        const std::lock_guard lock(current_mutex);
        current = nullptr;
    }
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
    const auto abort = [this](const char* reason) {
        pending_ = true;
        if (abort_reason_.empty()) abort_reason_ = reason;
    };
    if (as_rank_ && (number == SIGTERM || number == SIGHUP)) {
        killed_soon_ = true;
        return abort("the launcher ended all ranks, because one of them died or somebody stopped it");
    }
    const auto what = number == SIGINT || number == SIGUSR1 ? kind::interrupt : kind::terminate;
    const bool forwarded = number == SIGUSR1 || number == SIGUSR2;
    switch (forwarded ? decision_.on_forwarded(what) : decision_.on(what)) {
    case stop_effect::none: break;
    case stop_effect::drain: pending_ = true; break;
    case stop_effect::end_drain: abort("a second signal (Ctrl-C, SIGTERM or SIGHUP) ended the drain"); break;
    case stop_effect::end_process: std::_Exit(stop_exit_code(decision_.first()));
    }
}

void process_signals::request_stop() {
    {
        const std::lock_guard lock(mutex_);
        if (decision_.first() != kind::none || !abort_reason_.empty()) return; // a second one would end the drain
        decision_.on(kind::interrupt);
        pending_ = true;
    }
    arrived_.notify_all();
}

bool process_signals::wait_until(monotonic_time when) {
    std::unique_lock lock(mutex_);
    arrived_.wait_until(lock, when, [this] { return pending_; });
    return std::exchange(pending_, false);
}

stop_signals::kind process_signals::requested() const {
    const std::lock_guard lock(mutex_);
    return decision_.first();
}

bool process_signals::aborted() const { return !abort_reason().empty(); }

std::string process_signals::abort_reason() const {
    const std::lock_guard lock(mutex_);
    return abort_reason_;
}

bool process_signals::killed_soon() const {
    const std::lock_guard lock(mutex_);
    return killed_soon_;
}

} // namespace

void request_stop() {
    const std::lock_guard lock(current_mutex);
    current != nullptr ? current->request_stop() : keep_late_signal(SIGINT);
}

std::unique_ptr<stop_signals> handle_stop_signals(bool as_rank) { return std::make_unique<process_signals>(as_rank); }

} // namespace loadsim::run
