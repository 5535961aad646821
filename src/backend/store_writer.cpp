#include "store_writer.hpp"

#include <chrono>
#include <utility>

namespace loadsim::backend {
namespace {

constexpr std::size_t waiting_batches_max = 20'000;
constexpr std::size_t waiting_queries_max = 1'000; // lower: queries must not displace batches
constexpr std::chrono::seconds delete_interval{1};
// Enough for thousands of requests per second, small enough to delay batches by milliseconds only.
constexpr int delete_requests_max = 10'000;

} // namespace

store_writer::store_writer(sqlite_events events, nanoseconds time_to_live, std::function<std::int64_t()> epoch_ms,
                           poster post)
    : events_(std::move(events)), time_to_live_(time_to_live), epoch_ms_(std::move(epoch_ms)), post_(std::move(post)),
      thread_([this] { run(); }) {}

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
    const auto size = batch.size();
    const auto job = [this, batch = std::move(batch)] {
        const auto done = events_.write(batch);
        written_ += done;
        lost_ += batch.size() - done;
    };
    if (!enqueue(job, waiting_batches_max)) lost_ += size;
}

void store_writer::read(event_query query, on_read done) {
    const auto job = [this, query = std::move(query), done] {
        post_([done, found = events_.read(query)] { done(found); });
    };
    if (!enqueue(job, waiting_queries_max)) post_([done = std::move(done)] { done(std::nullopt); });
}

bool store_writer::enqueue(std::function<void()> job, std::size_t waiting_max) {
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= waiting_max) return false;
        waiting_.push_back(std::move(job));
    }
    more_.notify_one();
    return true;
}

void store_writer::run() {
    auto next_delete = std::chrono::steady_clock::now(); // at once: the file may be from an earlier start
    std::unique_lock lock(mutex_);
    for (;;) {
        more_.wait_until(lock, next_delete, [this] { return closing_ || !waiting_.empty(); });
        const auto jobs = std::exchange(waiting_, {});
        if (jobs.empty() && closing_) return;
        lock.unlock();
        for (const auto& job : jobs) job();
        if (const auto now = std::chrono::steady_clock::now(); now >= next_delete) {
            events_.delete_ended(epoch_ms_() - std::chrono::floor<std::chrono::milliseconds>(time_to_live_).count(),
                                 delete_requests_max);
            next_delete = now + delete_interval;
        }
        lock.lock();
    }
}

} // namespace loadsim::backend
