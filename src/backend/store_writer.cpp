#include "store_writer.hpp"

#include <chrono>
#include <utility>

namespace loadsim::backend {
namespace {

constexpr std::size_t waiting_batches_max = 20'000;
constexpr std::chrono::seconds forget_every{1};
// Enough to keep up with thousands of requests a second, few enough to hold batches up for milliseconds only.
constexpr int forget_at_most = 10'000;

} // namespace

store_writer::store_writer(sqlite_events events, nanoseconds time_to_live, std::function<std::int64_t()> date_ms)
    : events_(std::move(events)), time_to_live_(time_to_live), date_ms_(std::move(date_ms)),
      thread_([this] { work(); }) {}

void store_writer::finish() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    more_.notify_one();
    thread_.join();
}

void store_writer::write(std::vector<stored_event> batch) {
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= waiting_batches_max) {
            lost_ += batch.size();
            return;
        }
        waiting_.push_back(std::move(batch));
    }
    more_.notify_one();
}

void store_writer::work() {
    auto next_forget = std::chrono::steady_clock::now(); // at once: the file may be of an earlier start
    std::unique_lock lock(mutex_);
    for (;;) {
        more_.wait_until(lock, next_forget, [this] { return closing_ || !waiting_.empty(); });
        auto batches = std::exchange(waiting_, {});
        if (batches.empty() && closing_) return;
        lock.unlock();
        for (const auto& batch : batches) {
            const auto done = events_.write(batch);
            written_ += done;
            lost_ += batch.size() - done;
        }
        if (const auto now = std::chrono::steady_clock::now(); now >= next_forget) {
            events_.forget_ended(date_ms_() - std::chrono::floor<std::chrono::milliseconds>(time_to_live_).count(),
                                 forget_at_most);
            next_forget = now + forget_every;
        }
        lock.lock();
    }
}

} // namespace loadsim::backend
