// Event store with a database thread, so that its users do not wait for the disk.
#pragma once

#include "persistence.hpp"
#include "sqlite_events.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace loadsim::backend {

/// Batches are written and queries are run in order, each batch in one transaction; events past their time to live are
/// deleted in between.
/// Threads: write() and read() from any.
class store_writer final : public event_store {
public:
    /// Runs a function on the thread that calls read().
    using poster = std::function<void(std::function<void()>)>;
    /// `epoch_ms`: returns the current time in ms since the epoch. Both functions are called on the database thread.
    store_writer(sqlite_events, nanoseconds time_to_live, std::function<std::int64_t()> epoch_ms, poster post);
    store_writer(const store_writer&) = delete;
    store_writer& operator=(const store_writer&) = delete;
    ~store_writer() override { finish(); }

    /// If the queue is full because the disk is too slow, the batch is dropped and counted in lost().
    void write(std::vector<stored_event> batch) override;
    /// Fails at once while many batches are waiting.
    void read(event_query, on_read) override;

    /// Returns when all batches are written; write() and read() must not be called after it.
    void finish();

    std::uint64_t written() const { return written_; }
    std::uint64_t lost() const { return lost_; }

private:
    bool enqueue(std::function<void()> job, std::size_t waiting_max);
    void run();

    sqlite_events events_;
    nanoseconds time_to_live_;
    std::function<std::int64_t()> epoch_ms_;
    poster post_;
    std::mutex mutex_;
    std::condition_variable more_;
    std::deque<std::function<void()>> waiting_; // guarded by mutex_, like closing_
    bool closing_ = false;
    std::atomic<std::uint64_t> written_ = 0;
    std::atomic<std::uint64_t> lost_ = 0;
    std::thread thread_; // last: uses the members above
};

} // namespace loadsim::backend
