// Ctrl-C and SIGTERM, as something to wait for.
#pragma once

#include <loadsim/base/time.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace loadsim::run {

/// Takes SIGINT and SIGTERM while it lives. The first one counts; a SIGINT after it ends the process with 130,
/// whatever it is busy with.
class interrupts {
public:
    enum class kind : std::uint8_t { none, interrupt, terminate };

    interrupts();
    ~interrupts();
    interrupts(const interrupts&) = delete;
    interrupts& operator=(const interrupts&) = delete;

    /// Waits until the instant, or until the first signal comes; a signal that has been waited for does not wake again.
    void wait_until(monotonic_time);
    kind asked() const;

private:
    void listen();

    boost::asio::io_context io_;
    boost::asio::signal_set signals_;
    mutable std::mutex mutex_;
    std::condition_variable came_;
    kind asked_ = kind::none;
    bool told_ = false;
    std::thread thread_; // last: it uses all of the above
};

} // namespace loadsim::run
