// Signals that want the run to end, as something to wait for.
#pragma once

#include <loadsim/base/time.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace loadsim::run {

/// Takes the signals that end a run while it lives. Alone: SIGINT and SIGTERM; the first one counts, and a SIGINT after it ends the
/// process with 130, whatever it is busy with. As a rank: a launcher forwards SIGUSR1 (interrupt) and SIGUSR2 (terminate) to all
/// ranks; its SIGTERM means that they will be killed in a second or so, because one of them died or somebody wants it.
class interrupts {
public:
    enum class kind : std::uint8_t { none, interrupt, terminate };

    explicit interrupts(bool as_rank);
    ~interrupts();
    interrupts(const interrupts&) = delete;
    interrupts& operator=(const interrupts&) = delete;

    /// Waits until the instant, or until a signal that has not been waited for: true.
    bool wait_until(monotonic_time);
    kind asked() const;
    bool cut_off() const;

private:
    void listen();
    void take(int number);

    const bool as_rank_;
    boost::asio::io_context io_;
    boost::asio::signal_set signals_;
    mutable std::mutex mutex_;
    std::condition_variable came_;
    kind asked_ = kind::none;
    bool cut_off_ = false;
    bool news_ = false;
    std::thread thread_; // last: it uses all of the above
};

} // namespace loadsim::run
