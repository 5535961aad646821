// Persistence: batches by size or time window, rows in SQLite, and their deletion.
#include "service_core_fixture.hpp"
#include "sqlite_store.hpp"
#include "temporary_folder.hpp"

#include <sqlite3.h>

#include <functional>
#include <future>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

namespace {

class batching : public service_core_fixture {
protected:
    void SetUp() override { restart(); } // default batch options: 10 events or 100 ms
};

stored_event event_row(std::string id, state s, std::int64_t at_ms, std::string reason = {}) {
    return {std::move(id), std::string(horn_vin), "horn", s, std::move(reason), at_ms};
}

std::vector<stored_event> events_of(sqlite_events& events, std::string id) {
    return events.read({.id = std::move(id)}).value();
}

/// Runs on the caller's thread: the database thread.
void run_at_once(const std::function<void()>& f) { f(); }

sqlite_events open_temporary() { return sqlite_events::open("").value(); }

} // namespace

TEST_F(batching, a_batch_is_written_when_it_has_ten) {
    for (int i = 0; i < 4; ++i) send_final(pending_request()); // created, pending, executed: 12 events
    ASSERT_EQ(store.batches.size(), 1U);
    EXPECT_EQ(store.batches[0].size(), 10U);
    EXPECT_EQ(core->counts().persistence.events, 10U);
}

TEST_F(batching, a_batch_waits_no_longer_than_its_window) {
    pending_request();
    EXPECT_EQ(core->next_due(), time.now() + 100ms);
    advance(60ms);
    pending_request(other_vin); // does not restart the window
    advance(40ms - 1ns);
    EXPECT_TRUE(store.batches.empty());
    advance(1ns);
    ASSERT_EQ(store.batches.size(), 1U);
    EXPECT_EQ(store.batches[0].size(), 4U);
    advance(1s);
    EXPECT_EQ(store.batches.size(), 1U) << "an empty batch is not written";
}

TEST_F(batching, flush_writes_the_current_batch) {
    pending_request();
    core->flush();
    EXPECT_EQ(store.events().size(), 2U);
}

TEST_F(batching, every_event_is_stored_with_its_time) {
    const auto id = pending_request();
    advance(7ms);
    send_ack(id);
    advance(5ms);
    send_final(id, false, "door_open");
    core->flush();
    const std::vector<stored_event> wanted_rows{
        event_row(id, state::created, start_ms), event_row(id, state::pending, start_ms),
        event_row(id, state::running, start_ms + 7), event_row(id, state::failed, start_ms + 12, "door_open")};
    EXPECT_EQ(store.events(), wanted_rows);
}

TEST(sqlite_events, returns_the_written_events) {
    auto events = open_temporary();
    const std::vector<stored_event> batch{event_row("a", state::created, 1),
                                          event_row("a", state::failed, 2, "it's \"odd\""),
                                          event_row("b", state::created, 3)};
    EXPECT_EQ(events.write(batch), 3U);
    EXPECT_EQ(events_of(events, "a"), (std::vector<stored_event>{batch[0], batch[1]}));
    EXPECT_TRUE(events_of(events, "c").empty());
}

TEST(sqlite_events, stores_a_repeated_event_once) {
    auto events = open_temporary();
    const std::vector<stored_event> batch{event_row("a", state::created, 1)};
    EXPECT_EQ(events.write(batch), 1U);
    EXPECT_EQ(events.write(batch), 1U);
    EXPECT_EQ(events_of(events, "a").size(), 1U);
}

TEST(sqlite_events, one_rejected_event_does_not_lose_the_others) {
    const harness::temporary_folder folder;
    const auto path = (folder / "events.db").string();
    auto events = sqlite_events::open(path).value();
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other,
                           "CREATE TRIGGER poison BEFORE INSERT ON event WHEN NEW.id = 'bad' "
                           "BEGIN SELECT RAISE(ABORT, 'no'); END",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(other);
    const std::vector<stored_event> batch{event_row("a", state::created, 1), event_row("bad", state::created, 2),
                                          event_row("b", state::created, 3)};
    EXPECT_EQ(events.write(batch), 2U);
    EXPECT_EQ(events_of(events, "a").size(), 1U);
    EXPECT_EQ(events_of(events, "b").size(), 1U);
    EXPECT_TRUE(events_of(events, "bad").empty());
}

TEST(sqlite_events, deletes_events_of_ended_requests_only_and_in_portions) {
    auto events = open_temporary();
    events.write(std::vector{event_row("old", state::created, 1), event_row("old", state::executed, 10),
                             event_row("older", state::failed, 9), event_row("active", state::created, 1),
                             event_row("young", state::executed, 11)});
    EXPECT_EQ(events.delete_ended(8, 100), 0U);
    EXPECT_EQ(events.delete_ended(10, 1), 1U);
    EXPECT_EQ(events.delete_ended(10, 100), 1U);
    EXPECT_TRUE(events_of(events, "old").empty());
    EXPECT_TRUE(events_of(events, "older").empty());
    EXPECT_EQ(events_of(events, "active").size(), 1U);
    EXPECT_EQ(events_of(events, "young").size(), 1U);
}

TEST(sqlite_events, reads_the_requests_of_a_vehicle_newest_first) {
    auto events = open_temporary();
    auto foreign = event_row("x", state::created, 2);
    foreign.vin = other_vin;
    const std::vector<stored_event> oldest{event_row("c", state::created, 1), event_row("c", state::pending, 9)};
    const std::vector<stored_event> middle{event_row("a", state::created, 2),
                                           event_row("a", state::failed, 3, "timeout")};
    const std::vector<stored_event> newest{event_row("b", state::created, 2)}; // in the same millisecond: by id
    for (const auto& batch : {oldest, newest, middle, {foreign}}) events.write(batch);
    const auto ids = [&](std::string before, int limit) {
        std::string all;
        const auto found = events.read({.vin = std::string(horn_vin), .before = std::move(before), .limit = limit});
        for (const auto& e : found.value()) all += e.id + std::to_string(static_cast<int>(e.state)) + ' ';
        return all;
    };
    EXPECT_EQ(ids("", 10), "b0 a0 a4 c0 c1 ");
    EXPECT_EQ(ids("", 2), "b0 a0 a4 ") << "the limit counts requests, not events";
    EXPECT_EQ(ids("b", 10), "a0 a4 c0 c1 ");
    EXPECT_EQ(ids("a", 1), "c0 c1 ");
    EXPECT_EQ(ids("c", 10), "");
    EXPECT_EQ(ids("unknown", 10), "");
}

TEST(sqlite_events, reports_a_database_that_cannot_be_read) {
    const harness::temporary_folder folder;
    const auto path = (folder / "events.db").string();
    auto events = sqlite_events::open(path).value();
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "DROP TABLE event", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(other);
    EXPECT_FALSE(events.read({.id = "a"}));
    EXPECT_FALSE(events.read({.vin = "a"}));
}

TEST(sqlite_events, names_the_file_it_cannot_open) {
    const auto missing = sqlite_events::open("/nowhere/at/all/events.db");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().list.at(0).location, "/nowhere/at/all/events.db");
    EXPECT_NE(missing.error().list.at(0).text.find("unable to open database file"), std::string::npos);
    EXPECT_FALSE(sqlite_events::open(LOADSIM_ROOT "/CMakeLists.txt")) << "a file that is no database";
}

TEST(store_writer, writes_all_batches_before_it_ends_and_deletes_expired_events) {
    const harness::temporary_folder folder;
    const auto path = (folder / "events.db").string();
    {
        store_writer w(
            sqlite_events::open(path).value(), 1h, [] { return std::int64_t{3'600'010}; }, run_at_once);
        for (int i = 0; i < 50; ++i)
            w.write({event_row("new" + std::to_string(i), state::created, 20),
                     event_row("new" + std::to_string(i), state::executed, 21)});
        w.finish();
        EXPECT_EQ(w.written(), 100U);
        EXPECT_EQ(w.lost(), 0U);
    }
    {
        auto events = sqlite_events::open(path).value();
        EXPECT_EQ(events_of(events, "new49").size(), 2U);
        events.write(std::vector{event_row("old", state::failed, 10)});
        store_writer w(
            std::move(events), 1h, [] { return std::int64_t{3'600'010}; }, run_at_once);
        w.write({event_row("x", state::created, 1)}); // pending work before the destructor
    }
    auto events = sqlite_events::open(path).value();
    EXPECT_TRUE(events_of(events, "old").empty()) << "of an earlier start, forgotten by this one";
    EXPECT_EQ(events_of(events, "new0").size(), 2U);
}

TEST(store_writer, a_query_sees_all_batches_written_before) {
    store_writer w(
        open_temporary(), 1h, [] { return std::int64_t{0}; }, run_at_once);
    std::vector<std::size_t> sizes; // written on the database thread until finish() returns
    for (int i = 0; i < 50; ++i) {
        w.write({event_row("r" + std::to_string(i), state::created, i)});
        w.read({.vin = std::string(horn_vin), .limit = 100},
               [&](const auto& found) { sizes.push_back(found->size()); });
    }
    w.finish();
    ASSERT_EQ(sizes.size(), 50U);
    for (std::size_t i = 0; i < sizes.size(); ++i) EXPECT_EQ(sizes[i], i + 1);
}

TEST(store_writer, rejects_queries_when_many_wait_and_still_takes_batches) {
    std::promise<void> blocked, release;
    int rejected = 0, read = 0;
    {
        store_writer w(
            open_temporary(), 1h, [] { return std::int64_t{0}; }, run_at_once);
        w.read({.id = "x"}, [&](const auto&) {
            blocked.set_value();
            release.get_future().wait();
        });
        blocked.get_future().wait();
        for (int i = 0; i < 1'001; ++i) w.read({.id = "x"}, [&](const auto& found) { ++(found ? read : rejected); });
        EXPECT_EQ(rejected, 1) << "at once";
        w.write({event_row("x", state::created, 1)});
        release.set_value();
        w.finish();
        EXPECT_EQ(w.written(), 1U);
    }
    EXPECT_EQ(read, 1'000);
}
