// Event store with a database thread, so that writers do not wait for the disk.
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

/// Batches are written in order, one transaction each; events past their time to live are deleted in between.
/// Threads: write() from any.
class store_writer final : public event_store {
public:
    /// `epoch_ms`: returns the current time in ms since the epoch; called on the writer's thread.
    store_writer(sqlite_events, nanoseconds time_to_live, std::function<std::int64_t()> epoch_ms);
    store_writer(const store_writer&) = delete;
    store_writer& operator=(const store_writer&) = delete;
    ~store_writer() override { finish(); }

    /// Never blocks. If the queue is full because the disk is too slow, the batch is dropped and counted in lost().
    void write(std::vector<stored_event> batch) override;

    /// Returns when all batches are written; write() must not be called after it.
    void finish();

    std::uint64_t written() const { return written_; }
    std::uint64_t lost() const { return lost_; }

private:
    void run();

    sqlite_events events_;
    nanoseconds time_to_live_;
    std::function<std::int64_t()> epoch_ms_;
    std::mutex mutex_;
    std::condition_variable more_;
    std::deque<std::vector<stored_event>> waiting_; // guarded by mutex_, like closing_
    bool closing_ = false;
    std::atomic<std::uint64_t> written_ = 0;
    std::atomic<std::uint64_t> lost_ = 0;
    std::thread thread_; // last: uses the members above
};

} // namespace loadsim::backend
