// Stops a loop on request of another thread or a signal.
#pragma once

#include <loadsim/net/loop.hpp>

#include <chrono>
#include <functional>
#include <utility>

namespace loadsim::net {

/// Polls `should_stop` while the loop runs; true: stops the loop. An empty function never stops it. Threads: the loop's.
class loop_stopper final : private timer {
public:
    loop_stopper(loop& stopped, std::function<bool()> should_stop)
        : loop_(stopped), should_stop_(std::move(should_stop)) {
        if (should_stop_) loop_.arm(*this, loop_.now());
    }

private:
    static constexpr nanoseconds poll_interval = std::chrono::milliseconds{20};

    void on_timer(monotonic_time now) override {
        if (should_stop_()) return loop_.stop();
        loop_.arm(*this, now + poll_interval);
    }

    loop& loop_;
    std::function<bool()> should_stop_;
};

} // namespace loadsim::net
