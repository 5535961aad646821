#include "sqlite_store.hpp"

#include <loadsim/base/exhaustion.hpp>

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::backend {
namespace {

// The backend must not wait for the disk: a power failure may lose the last events, a crash of the process none (WAL).
constexpr auto schema = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8192;
CREATE TABLE IF NOT EXISTS event (
  id TEXT NOT NULL, state INTEGER NOT NULL, vin TEXT NOT NULL, service TEXT NOT NULL, reason TEXT NOT NULL,
  at_ms INTEGER NOT NULL, PRIMARY KEY (id, state)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ended ON event (at_ms) WHERE state >= 3;
CREATE INDEX IF NOT EXISTS history ON event (vin, at_ms, id) WHERE state = 0;
)sql";
constexpr auto select_request = "SELECT id, vin, service, state, reason, at_ms FROM event WHERE id = ? ORDER BY state";
// By the time of creation; ids decide within a millisecond. The limit comes first: only its requests are joined.
constexpr auto select_history = R"sql(
SELECT e.id, e.vin, e.service, e.state, e.reason, e.at_ms
FROM (SELECT id, at_ms FROM event
      WHERE state = 0 AND vin = ?1 AND (at_ms, id) < (SELECT at_ms, id FROM event WHERE id = ?2 AND state = 0
                                                      UNION ALL SELECT 9223372036854775807, '' WHERE ?2 = '')
      ORDER BY at_ms DESC, id DESC LIMIT ?3) AS r
JOIN event AS e ON e.id = r.id ORDER BY r.at_ms DESC, r.id DESC, e.state
)sql";
static_assert(static_cast<int>(state::created) == 0);
static_assert(static_cast<int>(state::executed) == 3 && static_cast<int>(state::failed) == 4);

void bind_text(sqlite3_stmt* to, int index, std::string_view text) {
    // The text must outlive the step and reset of the statement.
    sqlite3_bind_text(to, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

std::string text(sqlite3_stmt* row, int column) {
    const auto* chars = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
    return {chars, static_cast<std::size_t>(sqlite3_column_bytes(row, column))};
}

constexpr std::size_t waiting_batches_max = 20'000;
constexpr std::size_t waiting_queries_max = 1'000; // lower: queries must not displace batches
constexpr std::chrono::seconds delete_interval{1};
// Enough for thousands of requests per second, small enough to delay batches by milliseconds only.
constexpr int delete_requests_max = 10'000;

} // namespace

void sqlite_events::close_database::operator()(sqlite3* d) const noexcept { sqlite3_close(d); }
void sqlite_events::finalize_statement::operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }

result<sqlite_events> sqlite_events::open(const std::string& path) {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open(path.c_str(), &raw);
    sqlite_events events{database{raw}};
    const auto prepare = [&](const char* sql, statement& into) {
        sqlite3_stmt* prepared = nullptr;
        const bool good = sqlite3_prepare_v3(raw, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr) == SQLITE_OK;
        into.reset(prepared);
        return good;
    };
    if (opened != SQLITE_OK || sqlite3_busy_timeout(raw, 1'000) != SQLITE_OK || !events.execute(schema) ||
        !prepare("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?)", events.insert_) ||
        !prepare(select_request, events.select_request_) || !prepare(select_history, events.select_history_) ||
        !prepare("SELECT id FROM event WHERE state >= 3 AND at_ms <= ? LIMIT ?", events.ended_) ||
        !prepare("DELETE FROM event WHERE id = ?", events.delete_))
        return problems{
            path.empty() ? "temporary database" : path,
            fmt::format("the event database cannot be opened ({}); give a path in a writable folder that is a "
                        "SQLite file of ours or none yet",
                        raw != nullptr ? sqlite3_errmsg(raw) : "out of memory")};
    return events;
}

bool sqlite_events::execute(const char* sql) {
    return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

bool sqlite_events::insert(const stored_event& event) {
    auto* row = insert_.get();
    bind_text(row, 1, event.id);
    sqlite3_bind_int(row, 2, static_cast<int>(event.state));
    bind_text(row, 3, event.vin);
    bind_text(row, 4, event.service);
    bind_text(row, 5, event.reason);
    sqlite3_bind_int64(row, 6, event.at_ms);
    const bool done = sqlite3_step(row) == SQLITE_DONE;
    sqlite3_reset(row);
    return done;
}

std::size_t sqlite_events::write(std::span<const stored_event> batch) {
    const auto each = [this](const stored_event& e) { return insert(e); };
    if (execute("BEGIN IMMEDIATE")) {
        if (std::ranges::all_of(batch, each) && execute("COMMIT")) return batch.size();
        execute("ROLLBACK");
    }
    return static_cast<std::size_t>(std::ranges::count_if(batch, each));
}

std::size_t sqlite_events::delete_ended(std::int64_t before_ms, int limit) {
    std::vector<std::string> ids;
    sqlite3_bind_int64(ended_.get(), 1, before_ms);
    sqlite3_bind_int(ended_.get(), 2, limit);
    while (sqlite3_step(ended_.get()) == SQLITE_ROW) ids.push_back(text(ended_.get(), 0));
    sqlite3_reset(ended_.get());
    if (ids.empty() || !execute("BEGIN IMMEDIATE")) return 0;
    for (const auto& id : ids) {
        bind_text(delete_.get(), 1, id);
        sqlite3_step(delete_.get());
        sqlite3_reset(delete_.get());
    }
    if (execute("COMMIT")) return ids.size();
    execute("ROLLBACK");
    return 0;
}

std::optional<std::vector<stored_event>> sqlite_events::read(const event_query& query) {
    auto* row = query.id.empty() ? select_history_.get() : select_request_.get();
    if (query.id.empty()) {
        bind_text(row, 1, query.vin);
        bind_text(row, 2, query.before);
        sqlite3_bind_int(row, 3, query.limit);
    } else {
        bind_text(row, 1, query.id);
    }
    std::vector<stored_event> found;
    int step = sqlite3_step(row);
    for (; step == SQLITE_ROW; step = sqlite3_step(row))
        found.push_back({text(row, 0), text(row, 1), text(row, 2), static_cast<state>(sqlite3_column_int(row, 3)),
                         text(row, 4), sqlite3_column_int64(row, 5)});
    sqlite3_reset(row);
    return step == SQLITE_DONE ? std::optional{std::move(found)} : std::nullopt;
}

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
        std::size_t done = 0;
        log_exhaustion("the event store", [&] { done = events_.write(batch); });
        written_ += done;
        lost_ += batch.size() - done;
    };
    if (!enqueue(job, waiting_batches_max)) lost_ += size;
}

void store_writer::read(event_query query, on_read done) {
    const auto job = [this, query = std::move(query), done] {
        std::optional<std::vector<stored_event>> found;
        log_exhaustion("the event store", [&] { found = events_.read(query); });
        post_([done, found = std::move(found)] { done(found); });
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
            log_exhaustion("the event store", [this] {
                events_.delete_ended(epoch_ms_() - std::chrono::floor<std::chrono::milliseconds>(time_to_live_).count(),
                                     delete_requests_max);
            });
            next_delete = now + delete_interval;
        }
        lock.lock();
    }
}

} // namespace loadsim::backend
