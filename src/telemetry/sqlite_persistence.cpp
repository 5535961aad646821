#include <loadsim/telemetry/sqlite_persistence.hpp>

#include "sqlite_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace loadsim::telemetry {
namespace {

constexpr std::size_t waiting_removals_max = 1'000'000; // 8 MB, while a full disk takes no changes

/// Collects changes and writes them in batches.
class sqlite_persistence final : public store_persistence {
public:
    sqlite_persistence(sqlite_database d, const sqlite_persistence_options& o) : database_(std::move(d)), options_(o) {}
    ~sqlite_persistence() override { flush_all(); }

    result<void> load(const on_message& take) override {
        loading_ = true; // a removal meanwhile must not change the table that is read
        const bool read = database_.read(options_.load_start, take);
        loading_ = false;
        if (!read) return problems{options_.path, unreadable()};
        return {};
    }

    void append(const stored_message& m) override {
        appended_.insert_or_assign(m.position, row{m, std::string(m.topic), std::string(m.payload)});
        flush_if_full();
    }

    void remove(std::int64_t position) override {
        if (appended_.erase(position) != 0) {
            ++counts_.removed;
            return;
        }
        removed_.push_back(position);
        flush_if_full();
    }

    void flush(nanoseconds now) override {
        if (appended_.empty() && removed_.empty()) return;
        if (!waiting_since_) waiting_since_ = now;
        if (now - *waiting_since_ >= options_.batch_window) flush_all();
    }

    void flush_all() override {
        waiting_since_.reset();
        if (appended_.empty() && removed_.empty()) return;
        if (!write_batch()) write_what_fits();
        appended_.clear();
        refused_removals_ = removed_.size();
    }

    result<std::uint32_t> load_sequences(const on_sequence& take) override {
        const auto found = database_.read_reservation();
        if (found) reservation_ = *found;
        const auto raised = [&](const last_sequence& s) {
            take({.vehicle = s.vehicle, .group = s.group, .sequence = s.sequence + reservation_.reserved});
        };
        if (!found || !database_.read_sequences(raised)) return problems{options_.path, unreadable()};
        return reservation_.last_of_others + reservation_.reserved;
    }

    void reserve_sequences(std::uint32_t count) override {
        const auto reserved = reservation_.reserved + count;
        if (database_.write_reservation({reservation_.last_of_others, reserved})) return;
        ++counts_.not_reserved;
        note_problem(
            fmt::format("sequences cannot be reserved in the telemetry store ({}): if loadsim is killed, its next "
                        "start may use them again; free some space on the disk",
                        database_.error()));
    }

    void save_sequences(std::span<const last_sequence> all) override {
        const auto reserved = reservation_.reserved;
        const sequence_reservation saved{reservation_.last_of_others + reserved, 0};
        const bool good = database_.execute("BEGIN IMMEDIATE") &&
                          (reserved == 0 || database_.raise_sequences(reserved)) &&
                          std::all_of(all.begin(), all.end(), [this](const auto& s) { return database_.insert(s); }) &&
                          database_.write_reservation(saved);
        if (good && database_.execute("COMMIT")) {
            ++counts_.transactions;
            reservation_ = saved;
        } else if (database_.in_transaction()) {
            database_.execute("ROLLBACK");
        }
    }

    std::optional<problem> take_problem() override { return std::exchange(problem_, std::nullopt); }
    const persistence_counts& counts() const noexcept override { return counts_; }

private:
    struct row {
        stored_message message; ///< its views are not valid
        std::string topic;
        std::string payload;
    };

    /// Removals that the disk refused do not count: they are tried again with the next batch, not with each change.
    void flush_if_full() {
        if (!loading_ && appended_.size() + removed_.size() - refused_removals_ >= options_.batch) flush_all();
    }

    bool insert(const row& r) {
        auto m = r.message;
        m.topic = r.topic;
        m.payload = r.payload;
        return database_.insert(m, options_.load_start);
    }

    /// Removals of a transaction. After a full disk many wait; those that it still refuses cost no more than a batch.
    std::size_t next_removals() const { return std::min<std::size_t>(removed_.size(), options_.batch); }

    bool remove_next() {
        return std::all_of(removed_.end() - static_cast<std::ptrdiff_t>(next_removals()), removed_.end(),
                           [this](auto position) { return database_.remove(position); });
    }

    /// False: some could not be removed, and wait.
    bool remove_all() {
        while (!removed_.empty()) {
            if (!commit(database_.execute("BEGIN IMMEDIATE") && remove_next())) return false;
            count_removed();
        }
        return true;
    }

    /// True: the open transaction is written. False: nothing of it.
    bool commit(bool good) {
        if (good && database_.execute("COMMIT")) {
            ++counts_.transactions;
            return true;
        }
        note_problem(
            database_.is_full()
                ? std::string("the telemetry store is full, by fleet.store.diskBytes or because the disk is: further "
                              "messages are kept in memory only and would not outlive a restart of loadsim")
                : fmt::format("the telemetry store cannot be written ({}): messages are kept in memory only and "
                              "would not outlive a restart of loadsim",
                              database_.error()));
        if (database_.in_transaction()) database_.execute("ROLLBACK");
        return false;
    }

    void count_removed() {
        const auto n = next_removals();
        counts_.removed += n;
        removed_.resize(removed_.size() - n);
    }

    bool write_batch() {
        const bool good =
            database_.execute("BEGIN IMMEDIATE") && remove_next() &&
            std::all_of(appended_.begin(), appended_.end(), [this](const auto& r) { return insert(r.second); });
        if (!commit(good)) return false;
        count_removed();
        counts_.appended += appended_.size();
        remove_all();
        return true;
    }

    /// After a batch that failed: removals first, because they free space, then the messages one by one, until the disk is full.
    /// Removals that fail wait for the next batch.
    void write_what_fits() {
        if (!remove_all() && removed_.size() > waiting_removals_max) {
            counts_.not_removed += removed_.size();
            removed_.clear();
        }
        std::uint64_t inserted = 0;
        const bool begun = database_.execute("BEGIN IMMEDIATE");
        for (auto r = appended_.begin(); begun && r != appended_.end(); ++r) {
            if (insert(r->second))
                ++inserted;
            else if (database_.is_full() || !database_.in_transaction())
                break;
        }
        if (!begun || !database_.in_transaction() || !commit(true)) inserted = 0;
        counts_.appended += inserted;
        counts_.not_persisted += appended_.size() - inserted;
    }

    void note_problem(std::string text) {
        if (std::exchange(reported_, true)) return;
        problem_ = problem{options_.path, std::move(text)};
    }

    std::string unreadable() const {
        return fmt::format("the telemetry store cannot be read ({}); remove it, or give another folder",
                           database_.error());
    }

    sqlite_database database_;
    sqlite_persistence_options options_;
    std::map<std::int64_t, row> appended_; ///< by position
    std::vector<std::int64_t> removed_;
    std::size_t refused_removals_ = 0; ///< of removed_, by the last batch
    sequence_reservation reservation_; ///< of earlier starts
    std::optional<nanoseconds> waiting_since_;
    std::optional<problem> problem_;
    bool reported_ = false;
    bool loading_ = false;
    persistence_counts counts_;
};

} // namespace

result<std::unique_ptr<store_persistence>> open_sqlite_persistence(const sqlite_persistence_options& options) {
    auto opened = sqlite_database::open(options);
    if (!opened) return opened.error();
    return std::make_unique<sqlite_persistence>(std::move(*opened), options);
}

} // namespace loadsim::telemetry
