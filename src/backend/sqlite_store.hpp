// Event store in SQLite: the event table, and the database thread, so that users of the store do not wait for the disk.
#pragma once

#include "persistence.hpp"

#include <loadsim/base/result.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace loadsim::backend {

/// Event table: one row per state that a request entered; because of the primary key a repeated write has no effect.
///
/// Errors:  open() only; write() returns the number of rows written.
/// Threads: one at a time. Every call may block on the disk.
class sqlite_events {
public:
    /// An empty path opens SQLite's temporary database: in memory while small, then in a private file.
    static result<sqlite_events> open(const std::string& path);

    /// Writes the batch in one transaction; if that fails, each event separately, so that one bad row does not lose the
    /// others. Returns the number of events written or already present.
    std::size_t write(std::span<const stored_event>);

    /// Deletes all events of at most `limit` requests that ended at or before `before_ms`. Returns the number of
    /// requests.
    std::size_t delete_ended(std::int64_t before_ms, int limit);

    /// As event_store::read(). nullopt: the database cannot be read.
    std::optional<std::vector<stored_event>> read(const event_query&);

private:
    struct close_database {
        void operator()(sqlite3*) const noexcept;
    };
    struct finalize_statement {
        void operator()(sqlite3_stmt*) const noexcept;
    };
    using database = std::unique_ptr<sqlite3, close_database>;
    using statement = std::unique_ptr<sqlite3_stmt, finalize_statement>;

    explicit sqlite_events(database opened) : database_(std::move(opened)) {}
    bool execute(const char* sql);
    bool insert(const stored_event&);

    database database_; // declared first: the statements must be destroyed before it
    statement insert_;
    statement select_request_;
    statement select_history_;
    statement ended_;
    statement delete_;
};

/// Event store with a database thread. Batches are written and queries are run in order, each batch in one transaction;
/// events past their time to live are deleted in between.
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
