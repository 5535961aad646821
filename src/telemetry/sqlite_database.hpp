// SQLite database of stored messages: opening, checks, statements.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/telemetry/sqlite_store.hpp>

#include <cstdint>
#include <memory>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace loadsim::telemetry {

/// Table of messages. Instants are since the epoch.
/// Errors: functions that return bool: error() says why.
class sqlite_database {
public:
    static result<sqlite_database> open(const sqlite_store_options&);

    bool execute(const char* sql);
    bool insert(const stored_message&, nanoseconds load_start);
    bool remove(std::int64_t position);
    /// True: a transaction is open. Some errors end it: a full disk, for one.
    bool in_transaction() const noexcept;
    bool read(nanoseconds load_start, const store_persistence::on_message&);
    std::string error() const;
    bool is_full() const noexcept; ///< of the last error: the disk or the limit of bytes

private:
    struct close_database {
        void operator()(sqlite3*) const noexcept;
    };
    struct finalize_statement {
        void operator()(sqlite3_stmt*) const noexcept;
    };
    using database = std::unique_ptr<sqlite3, close_database>;
    using statement = std::unique_ptr<sqlite3_stmt, finalize_statement>;

    explicit sqlite_database(database opened) : database_(std::move(opened)) {}
    std::string problem_of_file(const store_identity&);
    std::string create(const store_identity&);
    std::string problem_of_identity(const store_identity&);
    std::string read_error() const;
    std::string first_text(const char* sql); ///< of the first row; empty: no row, or an error
    statement prepare(const char* sql);
    static bool run(sqlite3_stmt*);

    database database_; // declared first: the statements must be destroyed before it
    statement insert_;
    statement remove_;
};

} // namespace loadsim::telemetry
