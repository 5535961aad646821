// Stop signals of a run, as a waitable object.
#pragma once

#include <loadsim/base/time.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace loadsim::run {

/// Handles stop signals during its lifetime. Single process: SIGINT and SIGTERM; the first one counts, a later SIGINT
/// ends the process at once with 130. Rank: the launcher forwards SIGUSR1 (interrupt) and SIGUSR2 (terminate) to all
/// ranks; its SIGTERM announces SIGKILL within about a second, because a rank died or the launcher was stopped.
class stop_signals {
public:
    enum class kind : std::uint8_t { none, interrupt, terminate };

    explicit stop_signals(bool as_rank);
    ~stop_signals();
    stop_signals(const stop_signals&) = delete;
    stop_signals& operator=(const stop_signals&) = delete;

    /// Blocks until the given time (false), or until a signal that no earlier call has returned for (true).
    bool wait_until(monotonic_time);
    kind requested() const;
    bool aborted() const;

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

} // namespace loadsim::run
