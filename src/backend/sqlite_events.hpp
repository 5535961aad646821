// Event table in SQLite.
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

/// One row per state that a request entered; because of the primary key a repeated write has no effect.
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

} // namespace loadsim::backend
