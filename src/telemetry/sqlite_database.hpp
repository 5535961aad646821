// SQLite database of stored messages: opening, checks, statements.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/telemetry/sqlite_persistence.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace loadsim::telemetry {

/// Sequences that starts of loadsim have used, besides the table of the last one of each vehicle and group.
struct sequence_reservation {
    std::uint32_t last_of_others = 0; ///< of those that are not in the table
    std::uint32_t reserved = 0; ///< sequences behind the last one that starts which did not save theirs may have used
};

/// Tables of messages and of sequences. Instants are since the epoch.
/// Errors: functions that return bool: error() says why.
class sqlite_database {
public:
    static result<sqlite_database> open(const sqlite_persistence_options&);

    bool execute(const char* sql);
    bool insert(const stored_message&, nanoseconds load_start);
    bool remove(std::int64_t position);
    /// True: a transaction is open. Some errors end it: a full disk, for one.
    bool in_transaction() const noexcept;
    bool read(nanoseconds load_start, const store_persistence::on_message&);
    std::optional<sequence_reservation> read_reservation(); ///< nullopt: error() says why
    bool write_reservation(const sequence_reservation&);
    bool read_sequences(const store_persistence::on_sequence&);
    bool raise_sequences(std::uint32_t by); ///< all of the table
    bool insert(const last_sequence&);
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
    statement insert_sequence_;
};

} // namespace loadsim::telemetry
