// Batches of ten or a window, rows in SQLite, and their end.
#include "platform_fixture.hpp"
#include "sqlite_events.hpp"
#include "store_writer.hpp"

#include <sqlite3.h>

#include <filesystem>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

namespace {

class batching : public platform_under_test {
protected:
    void SetUp() override { restart(); } // as options have it: 10 or 100 ms
};

stored_event row(std::string id, state s, std::int64_t at_ms, std::string reason = {}) {
    return {std::move(id), std::string(horn_vin), "horn", s, std::move(reason), at_ms};
}

sqlite_events open_temporary() { return sqlite_events::open("").value(); }

struct scratch_folder {
    scratch_folder() {
        auto pattern = (std::filesystem::temp_directory_path() / "loadsim-backend-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~scratch_folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

} // namespace

TEST_F(batching, a_batch_is_written_when_it_has_ten) {
    for (int i = 0; i < 4; ++i) final(pending()); // created, pending, executed: 12 events
    ASSERT_EQ(store.batches.size(), 1U);
    EXPECT_EQ(store.batches[0].size(), 10U);
    EXPECT_EQ(service->counted().persistence.events, 10U);
}

TEST_F(batching, a_batch_waits_no_longer_than_its_window) {
    pending();
    EXPECT_EQ(service->next_due(), time.now() + 100ms);
    pass(60ms);
    pending(other_vin); // does not start the window anew
    pass(40ms - 1ns);
    EXPECT_TRUE(store.batches.empty());
    pass(1ns);
    ASSERT_EQ(store.batches.size(), 1U);
    EXPECT_EQ(store.batches[0].size(), 4U);
    pass(1s);
    EXPECT_EQ(store.batches.size(), 1U) << "an empty batch is not written";
}

TEST_F(batching, flush_writes_what_there_is) {
    pending();
    service->flush();
    EXPECT_EQ(store.events().size(), 2U);
}

TEST_F(batching, every_event_is_stored_with_its_instant) {
    const auto id = pending();
    pass(7ms);
    ack(id);
    pass(5ms);
    final(id, false, "door_open");
    service->flush();
    const std::vector<stored_event> wanted_rows{row(id, state::created, start_ms), row(id, state::pending, start_ms),
                                                row(id, state::running, start_ms + 7),
                                                row(id, state::failed, start_ms + 12, "door_open")};
    EXPECT_EQ(store.events(), wanted_rows);
}

TEST(sqlite_table, gives_back_what_it_was_given) {
    auto events = open_temporary();
    const std::vector<stored_event> batch{row("a", state::created, 1), row("a", state::failed, 2, "it's \"odd\""),
                                          row("b", state::created, 3)};
    EXPECT_EQ(events.write(batch), 3U);
    EXPECT_EQ(events.events_of("a"), (std::vector<stored_event>{batch[0], batch[1]}));
    EXPECT_TRUE(events.events_of("c").empty());
}

TEST(sqlite_table, takes_an_event_twice_as_once) {
    auto events = open_temporary();
    const std::vector<stored_event> batch{row("a", state::created, 1)};
    EXPECT_EQ(events.write(batch), 1U);
    EXPECT_EQ(events.write(batch), 1U);
    EXPECT_EQ(events.events_of("a").size(), 1U);
}

TEST(sqlite_table, one_bad_event_does_not_take_the_others_with_it) {
    const scratch_folder folder;
    const auto path = (folder.path / "events.db").string();
    auto events = sqlite_events::open(path).value();
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other,
                           "CREATE TRIGGER poison BEFORE INSERT ON event WHEN NEW.id = 'bad' "
                           "BEGIN SELECT RAISE(ABORT, 'no'); END",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(other);
    const std::vector<stored_event> batch{row("a", state::created, 1), row("bad", state::created, 2),
                                          row("b", state::created, 3)};
    EXPECT_EQ(events.write(batch), 2U);
    EXPECT_EQ(events.events_of("a").size(), 1U);
    EXPECT_EQ(events.events_of("b").size(), 1U);
    EXPECT_TRUE(events.events_of("bad").empty());
}

TEST(sqlite_table, forgets_all_events_of_ended_requests_only_and_in_portions) {
    auto events = open_temporary();
    events.write(std::vector{row("old", state::created, 1), row("old", state::executed, 10),
                             row("older", state::failed, 9), row("active", state::created, 1),
                             row("young", state::executed, 11)});
    EXPECT_EQ(events.forget_ended(8, 100), 0U);
    EXPECT_EQ(events.forget_ended(10, 1), 1U);
    EXPECT_EQ(events.forget_ended(10, 100), 1U);
    EXPECT_TRUE(events.events_of("old").empty());
    EXPECT_TRUE(events.events_of("older").empty());
    EXPECT_EQ(events.events_of("active").size(), 1U);
    EXPECT_EQ(events.events_of("young").size(), 1U);
}

TEST(sqlite_table, says_which_file_it_cannot_open) {
    const auto missing = sqlite_events::open("/nowhere/at/all/events.db");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().list.at(0).place, "/nowhere/at/all/events.db");
    EXPECT_NE(missing.error().list.at(0).text.find("unable to open database file"), std::string::npos);
    EXPECT_FALSE(sqlite_events::open(LOADSIM_ROOT "/CMakeLists.txt")) << "a file that is no database";
}

TEST(writer, writes_all_it_was_given_before_it_ends_and_forgets_what_is_past_its_time) {
    const scratch_folder folder;
    const auto path = (folder.path / "events.db").string();
    {
        store_writer w(sqlite_events::open(path).value(), 1h, [] { return std::int64_t{3'600'010}; });
        for (int i = 0; i < 50; ++i)
            w.write({row("new" + std::to_string(i), state::created, 20),
                     row("new" + std::to_string(i), state::executed, 21)});
        w.finish();
        EXPECT_EQ(w.written(), 100U);
        EXPECT_EQ(w.lost(), 0U);
    }
    {
        auto events = sqlite_events::open(path).value();
        EXPECT_EQ(events.events_of("new49").size(), 2U);
        events.write(std::vector{row("old", state::failed, 10)});
        store_writer w(std::move(events), 1h, [] { return std::int64_t{3'600'010}; });
        w.write({row("x", state::created, 1)}); // something to do before it ends
    }
    auto events = sqlite_events::open(path).value();
    EXPECT_TRUE(events.events_of("old").empty()) << "of an earlier start, forgotten by this one";
    EXPECT_EQ(events.events_of("new0").size(), 2U);
}
