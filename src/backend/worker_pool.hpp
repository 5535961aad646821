// Workers of the backend: how many requests are processed at once, and the queue of those that wait for a worker.
#pragma once

#include "requests.hpp"

#include <loadsim/backend/counts.hpp>
#include <loadsim/base/time.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

namespace loadsim::backend {

/// Requests wait in the order of their creation. A worker that becomes free begins the next request at that instant, even if this is
/// noticed later: the throughput under overload is workers / processing time exactly, whatever the timer's lateness.
/// Threads: one. Pure: reads no clock.
class worker_pool {
public:
    /// `workers`: nullopt: every request has a worker at once.
    worker_pool(std::optional<std::uint32_t> workers, std::size_t queue_limit) : queue_limit_(queue_limit) {
        is_bounded_ = workers.has_value();
        for (std::uint32_t i = 0; i < workers.value_or(0); ++i) free_from_.push(monotonic_time::min());
    }

    void add(request_number number, monotonic_time at) {
        waiting_.push_back({number, at});
        counts_.waiting_peak = std::max<std::uint64_t>(counts_.waiting_peak, waiting_.size());
    }

    struct task {
        request_number number{};
        monotonic_time begin{}; ///< a worker was free and the request was there
    };
    /// The next request that has a worker; the caller calls release() for each. nullopt: none waits, or all workers are busy.
    std::optional<task> take(monotonic_time now) {
        if (waiting_.empty() || (is_bounded_ && (free_from_.empty() || free_from_.top() > now))) return std::nullopt;
        const auto [number, at] = waiting_.front();
        waiting_.pop_front();
        if (!is_bounded_) return task{number, now};
        const auto free_from = free_from_.top();
        free_from_.pop();
        return task{number, std::max(free_from, at)};
    }
    /// The worker of a task is busy until then.
    void release(monotonic_time until) {
        if (is_bounded_) free_from_.push(until);
    }

    /// Further requests find no room; `more`: created, and not yet added.
    bool is_full(std::size_t more) const { return is_bounded_ && waiting_.size() + more >= queue_limit_; }
    /// When a waiting request has a worker.
    monotonic_time next_due() const { return waiting_.empty() || free_from_.empty() ? never : free_from_.top(); }
    worker_counts counts() const {
        auto now = counts_;
        now.waiting = waiting_.size();
        return now;
    }

private:
    struct waiting_request {
        request_number number{};
        monotonic_time at{};
    };
    bool is_bounded_ = false;
    std::size_t queue_limit_;
    std::deque<waiting_request> waiting_;
    std::priority_queue<monotonic_time, std::vector<monotonic_time>, std::greater<>>
        free_from_; ///< of each idle worker
    worker_counts counts_;
};

} // namespace loadsim::backend
