// The table of events in SQLite.
#pragma once

#include "persistence.hpp"

#include <loadsim/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace loadsim::backend {

/// One row for each state that a request entered; the key makes writing one twice harmless.
///
/// Errors:  open() only; later what cannot be written is told by number.
/// Threads: one at a time, and every call may block on the disk.
class sqlite_events {
public:
    /// An empty path is SQLite's temporary database: in memory while small, then in a file nobody else sees.
    static result<sqlite_events> open(const std::string& path);

    /// One transaction. If that fails each event is tried alone, so that one bad record does not take nine with it.
    /// Hands back how many are written (or were already there).
    std::size_t write(std::span<const stored_event>);

    /// Deletes all events of at most `limit` requests that ended at or before `before_ms`; how many requests.
    std::size_t forget_ended(std::int64_t before_ms, int limit);

    /// A request's events in the order of its states. Empty: unknown.
    std::vector<stored_event> events_of(const std::string& id);

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

    database database_; // before the statements, which must go first
    statement insert_;
    statement select_;
    statement ended_;
    statement delete_;
};

} // namespace loadsim::backend
