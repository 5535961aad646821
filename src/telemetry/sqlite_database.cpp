#include "sqlite_database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace loadsim::telemetry {
namespace {

// The application id distinguishes a store from the database of another program; the version identifies its tables.
constexpr auto application_id = "1819505516";
constexpr auto format_version = "2";
constexpr std::int64_t page_bytes = 4'096;
constexpr std::int64_t log_bytes = 1'000'000; // of the write-ahead log, about: it begins anew after as many

constexpr auto settings = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -2048;
PRAGMA wal_autocheckpoint = 200;
PRAGMA journal_size_limit = 1000000;
)sql";
constexpr auto tables = R"sql(
CREATE TABLE identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE message (
  position INTEGER PRIMARY KEY, vehicle INTEGER NOT NULL, message_group INTEGER NOT NULL, sequence INTEGER NOT NULL,
  due INTEGER NOT NULL, deadline INTEGER NOT NULL, qos INTEGER NOT NULL, topic BLOB NOT NULL, payload BLOB NOT NULL);
CREATE TABLE sequence (
  vehicle INTEGER NOT NULL, message_group INTEGER NOT NULL, last INTEGER NOT NULL,
  PRIMARY KEY (vehicle, message_group)) WITHOUT ROWID;
CREATE TABLE sequence_reservation (last_of_others INTEGER NOT NULL, reserved INTEGER NOT NULL);
INSERT INTO sequence_reservation VALUES (0, 0);
)sql";
constexpr auto select_messages =
    "SELECT position, vehicle, message_group, sequence, due, deadline, qos, topic, payload "
    "FROM message ORDER BY position";

void bind_bytes(sqlite3_stmt* to, int index, std::string_view bytes) {
    // A zero pointer would bind NULL. The bytes must outlive the step and reset of the statement.
    sqlite3_bind_blob64(to, index, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
}

std::string_view bytes_of(sqlite3_stmt* row, int column) {
    const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(row, column))};
}

nanoseconds shifted(std::int64_t instant, nanoseconds by) {
    return instant == nanoseconds::max().count() ? nanoseconds::max() : nanoseconds{instant} + by;
}

std::string shard_text(fleet_partition shard) { return fmt::format("{} of {}", shard.index + 1, shard.count); }

} // namespace

void sqlite_database::close_database::operator()(sqlite3* d) const noexcept { sqlite3_close(d); }
void sqlite_database::finalize_statement::operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }

result<sqlite_database> sqlite_database::open(const sqlite_persistence_options& options) {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(options.path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    sqlite_database d{database{raw}};
    std::string wrong;
    if (opened != SQLITE_OK)
        wrong = fmt::format("the telemetry store cannot be opened ({}); give a writable folder that exists",
                            raw != nullptr ? sqlite3_errmsg(raw) : "out of memory");
    else
        wrong = d.problem_of_file(options.identity);
    if (!wrong.empty()) return problems{options.path, std::move(wrong)};
    const auto pages = (static_cast<std::int64_t>(options.disk_bytes) - log_bytes) / page_bytes;
    d.execute(fmt::format("PRAGMA max_page_count = {}", std::max<std::int64_t>(pages, 1)).c_str());
    d.insert_ = d.prepare("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    d.remove_ = d.prepare("DELETE FROM message WHERE position = ?");
    d.insert_sequence_ = d.prepare("INSERT OR REPLACE INTO sequence VALUES (?, ?, ?)");
    if (!d.insert_ || !d.remove_ || !d.insert_sequence_) return problems{options.path, d.read_error()};
    return d;
}

/// Empty: the database is ready. A foreign file is not changed.
std::string sqlite_database::problem_of_file(const store_identity& identity) {
    if (!execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN; SELECT count(*) FROM sqlite_schema; COMMIT"))
        return read_error();
    const auto application = first_text("PRAGMA application_id");
    const bool is_new = application == "0" && first_text("SELECT count(*) FROM sqlite_schema") == "0";
    if (!is_new && application != application_id)
        return "is a database of another program and no telemetry store; give another folder";
    if (!execute(settings)) return read_error();
    if (is_new) return create(identity);
    if (const auto checked = first_text("PRAGMA quick_check(1)"); checked != "ok")
        return fmt::format("the telemetry store is damaged ({}); remove it, or give another folder",
                           checked.empty() ? error() : checked.substr(0, checked.find('\n')));
    return problem_of_identity(identity);
}

std::string sqlite_database::create(const store_identity& identity) {
    const auto made = [&] {
        if (!execute("BEGIN IMMEDIATE") || !execute(tables)) return false;
        const auto row = prepare("INSERT INTO identity VALUES (?, ?)");
        const auto add = [&](std::string_view name, std::string_view value) {
            sqlite3_bind_text(row.get(), 1, name.data(), static_cast<int>(name.size()), SQLITE_TRANSIENT);
            sqlite3_bind_text(row.get(), 2, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
            return run(row.get());
        };
        return row && add("scenario", identity.scenario) && add("seed", std::to_string(identity.seed)) &&
               add("shard", shard_text(identity.shard)) &&
               execute(
                   fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id, format_version)
                       .c_str()) &&
               execute("COMMIT");
    };
    return made() ? std::string{}
                  : fmt::format("the telemetry store cannot be created ({}); give a writable folder", error());
}

std::string sqlite_database::problem_of_identity(const store_identity& identity) {
    if (first_text("PRAGMA user_version") != format_version)
        return "the telemetry store is of another version of loadsim; remove it, or give another folder";
    const auto differs = [this](const char* sql, std::string_view wanted) { return first_text(sql) != wanted; };
    if (differs("SELECT value FROM identity WHERE name = 'scenario'", identity.scenario))
        return "holds telemetry of another scenario; remove it, or give another folder";
    if (differs("SELECT value FROM identity WHERE name = 'seed'", std::to_string(identity.seed)))
        return fmt::format(
            "holds telemetry of seed {}, and this run has seed {}; run with that seed, or give another folder",
            first_text("SELECT value FROM identity WHERE name = 'seed'"), identity.seed);
    if (differs("SELECT value FROM identity WHERE name = 'shard'", shard_text(identity.shard)))
        return fmt::format(
            "holds telemetry of shard {}, and this one is {}; run with as many shards, or give another folder",
            first_text("SELECT value FROM identity WHERE name = 'shard'"), shard_text(identity.shard));
    return {};
}

std::string sqlite_database::read_error() const {
    switch (sqlite3_errcode(database_.get())) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "the telemetry store is in use by another process; wait until it has ended, or give another folder";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return fmt::format("the telemetry store is damaged, or no database ({}); remove it, or give another folder",
                           error());
    default: return fmt::format("the telemetry store cannot be used ({}); give a writable folder", error());
    }
}

std::string sqlite_database::error() const { return sqlite3_errmsg(database_.get()); }
bool sqlite_database::is_full() const noexcept { return sqlite3_errcode(database_.get()) == SQLITE_FULL; }
bool sqlite_database::in_transaction() const noexcept { return sqlite3_get_autocommit(database_.get()) == 0; }

bool sqlite_database::execute(const char* sql) {
    return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

sqlite_database::statement sqlite_database::prepare(const char* sql) {
    sqlite3_stmt* prepared = nullptr;
    sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    return statement{prepared};
}

bool sqlite_database::run(sqlite3_stmt* s) {
    const bool done = sqlite3_step(s) == SQLITE_DONE;
    sqlite3_reset(s);
    return done;
}

std::string sqlite_database::first_text(const char* sql) {
    const auto row = prepare(sql);
    if (!row || sqlite3_step(row.get()) != SQLITE_ROW) return {};
    const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(row.get(), 0));
    return text != nullptr ? text : "";
}

bool sqlite_database::insert(const stored_message& m, nanoseconds load_start) {
    auto* const row = insert_.get();
    sqlite3_bind_int64(row, 1, m.position);
    sqlite3_bind_int64(row, 2, index(m.vehicle));
    sqlite3_bind_int64(row, 3, m.group);
    sqlite3_bind_int64(row, 4, m.sequence);
    sqlite3_bind_int64(row, 5, (m.due + load_start).count());
    sqlite3_bind_int64(row, 6, shifted(m.deadline.count(), load_start).count());
    sqlite3_bind_int(row, 7, m.qos);
    bind_bytes(row, 8, m.topic);
    bind_bytes(row, 9, m.payload);
    return run(row);
}

bool sqlite_database::remove(std::int64_t position) {
    sqlite3_bind_int64(remove_.get(), 1, position);
    return run(remove_.get());
}

bool sqlite_database::read(nanoseconds load_start, const store_persistence::on_message& take) {
    const auto select = prepare(select_messages);
    auto* const row = select.get();
    if (row == nullptr) return false;
    int step = sqlite3_step(row);
    for (; step == SQLITE_ROW; step = sqlite3_step(row)) {
        stored_message m;
        m.position = sqlite3_column_int64(row, 0);
        m.vehicle = vehicle_id{static_cast<std::uint32_t>(sqlite3_column_int64(row, 1))};
        m.group = static_cast<std::uint32_t>(sqlite3_column_int64(row, 2));
        m.sequence = static_cast<std::uint32_t>(sqlite3_column_int64(row, 3));
        m.due = nanoseconds{sqlite3_column_int64(row, 4)} - load_start;
        m.deadline = shifted(sqlite3_column_int64(row, 5), -load_start);
        m.qos = static_cast<std::uint8_t>(sqlite3_column_int(row, 6));
        m.topic = bytes_of(row, 7);
        m.payload = bytes_of(row, 8);
        take(m);
    }
    return step == SQLITE_DONE;
}

std::optional<sequence_reservation> sqlite_database::read_reservation() {
    const auto select = prepare("SELECT last_of_others, reserved FROM sequence_reservation");
    auto* const row = select.get();
    if (row == nullptr || sqlite3_step(row) != SQLITE_ROW) return std::nullopt;
    return sequence_reservation{static_cast<std::uint32_t>(sqlite3_column_int64(row, 0)),
                                static_cast<std::uint32_t>(sqlite3_column_int64(row, 1))};
}

bool sqlite_database::write_reservation(const sequence_reservation& r) {
    return execute(
        fmt::format("UPDATE sequence_reservation SET last_of_others = {}, reserved = {}", r.last_of_others, r.reserved)
            .c_str());
}

bool sqlite_database::read_sequences(const store_persistence::on_sequence& take) {
    const auto select = prepare("SELECT vehicle, message_group, last FROM sequence");
    auto* const row = select.get();
    if (row == nullptr) return false;
    int step = sqlite3_step(row);
    for (; step == SQLITE_ROW; step = sqlite3_step(row))
        take({.vehicle = vehicle_id{static_cast<std::uint32_t>(sqlite3_column_int64(row, 0))},
              .group = static_cast<std::uint32_t>(sqlite3_column_int64(row, 1)),
              .sequence = static_cast<std::uint32_t>(sqlite3_column_int64(row, 2))});
    return step == SQLITE_DONE;
}

bool sqlite_database::raise_sequences(std::uint32_t by) {
    return execute(fmt::format("UPDATE sequence SET last = last + {}", by).c_str());
}

bool sqlite_database::insert(const last_sequence& s) {
    auto* const row = insert_sequence_.get();
    sqlite3_bind_int64(row, 1, index(s.vehicle));
    sqlite3_bind_int64(row, 2, s.group);
    sqlite3_bind_int64(row, 3, s.sequence);
    return run(row);
}

} // namespace loadsim::telemetry
