// The thread that writes events to the database, so that nothing else waits for it.
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

/// Threads: write() from any. Batches are written in their order, each a transaction of its own; what is past its time
/// to live is deleted in between.
class store_writer final : public event_store {
public:
    /// `date_ms`: ms since the epoch, now; called on the writer's thread.
    store_writer(sqlite_events, nanoseconds time_to_live, std::function<std::int64_t()> date_ms);
    store_writer(const store_writer&) = delete;
    store_writer& operator=(const store_writer&) = delete;
    ~store_writer() override { finish(); }

    /// Never waits. If the disk cannot keep up and too much is waiting already, the batch is lost and counted.
    void write(std::vector<stored_event> batch) override;

    /// Returns when everything handed over is written; nothing may come after it.
    void finish();

    std::uint64_t written() const { return written_; }
    std::uint64_t lost() const { return lost_; }

private:
    void work();

    sqlite_events events_;
    nanoseconds time_to_live_;
    std::function<std::int64_t()> date_ms_;
    std::mutex mutex_;
    std::condition_variable more_;
    std::deque<std::vector<stored_event>> waiting_; // by mutex_, as is closing_
    bool closing_ = false;
    std::atomic<std::uint64_t> written_ = 0;
    std::atomic<std::uint64_t> lost_ = 0;
    std::thread thread_; // last: it uses all of the above
};

} // namespace loadsim::backend
