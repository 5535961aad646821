// Telemetry store in SQLite: order over a restart, a kill, other scenarios, damage, a full disk, batches.
#include "temporary_folder.hpp"

#include <loadsim/telemetry/message_store.hpp>
#include <loadsim/telemetry/sqlite_persistence.hpp>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::telemetry;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

struct kept_message {
    stored_message message;
    std::string topic;
    std::string payload;
};

stored_message at_position(std::int64_t position, std::string_view payload = "{}") {
    stored_message m;
    m.position = position;
    m.vehicle = vehicle_id{4'000'000'000};
    m.sequence = static_cast<std::uint32_t>(position + 1'000);
    m.qos = 1;
    m.topic = "v1/tlm";
    m.payload = payload;
    return m;
}

class sqlite_persistence_test : public testing::Test {
protected:
    void SetUp() override {
        options.path = (folder / "store.db").string();
        options.identity = {"digest", 7, {1, 4}};
        options.load_start = 1'000s;
    }

    std::unique_ptr<store_persistence> open() const {
        auto opened = open_sqlite_persistence(options);
        EXPECT_TRUE(opened) << (opened ? "" : to_string(opened.error()));
        return opened ? std::move(*opened) : nullptr;
    }

    problem refusal() const {
        const auto opened = open_sqlite_persistence(options);
        if (opened) return {"", "opened"};
        EXPECT_EQ(opened.error().list.size(), 1U);
        return opened.error().list.at(0);
    }

    static std::vector<kept_message> all(store_persistence& store) {
        std::vector<kept_message> found;
        EXPECT_TRUE(store.load([&](const stored_message& m) {
            found.push_back({m, std::string(m.topic), std::string(m.payload)});
        }));
        return found;
    }

    static std::vector<std::int64_t> positions(store_persistence& store) {
        std::vector<std::int64_t> found;
        for (const auto& m : all(store)) found.push_back(m.message.position);
        return found;
    }

    std::uint64_t bytes_on_disk() const {
        std::uint64_t sum = 0;
        for (const auto& file : std::filesystem::directory_iterator(folder.path())) sum += file.file_size();
        return sum;
    }

    harness::temporary_folder folder;
    sqlite_persistence_options options;
};

} // namespace

TEST_F(sqlite_persistence_test, gives_messages_back_in_order_after_a_restart) {
    using namespace std::string_literals;
    const auto binary = "\0\xff'\"x"s;
    auto m = at_position(2, binary);
    m.group = 5;
    m.due = 3s;
    m.deadline = 63s;
    m.qos = 2;
    {
        const auto store = open();
        EXPECT_THAT(all(*store), IsEmpty());
        store->append(m);
        store->append(at_position(1, ""));
        store->append(at_position(-3));
        store->append(at_position(4));
        store->flush_all();
        store->remove(4);
    }
    options.load_start = 1'010s; // the next load begins 10 s later
    const auto store = open();
    const auto found = all(*store);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].message.position, -3);
    EXPECT_EQ(found[1].message.position, 1);
    EXPECT_EQ(found[1].payload, "");
    EXPECT_EQ(found[1].message.deadline, nanoseconds::max());
    EXPECT_EQ(found[1].message.vehicle, vehicle_id{4'000'000'000});
    EXPECT_EQ(found[2].message.position, 2);
    EXPECT_EQ(found[2].message.group, 5U);
    EXPECT_EQ(found[2].message.sequence, 1'002U);
    EXPECT_EQ(found[2].message.due, -7s);
    EXPECT_EQ(found[2].message.deadline, 53s);
    EXPECT_EQ(found[2].message.qos, 2);
    EXPECT_EQ(found[2].topic, "v1/tlm");
    EXPECT_EQ(found[2].payload, binary);
}

TEST_F(sqlite_persistence_test, a_killed_process_leaves_what_was_written) {
    const auto store = open();
    for (std::int64_t i = 1; i <= 100; ++i) store->append(at_position(i));
    store->flush_all();
    for (std::int64_t i = 1; i <= 90; ++i) store->remove(i);
    store->append(at_position(-1));
    store->flush_all();
    store->append(at_position(101)); // waits for its batch
    // The files as a kill leaves them: the write-ahead log is not in the database yet.
    for (const std::string suffix : {"", "-wal"})
        std::filesystem::copy_file(options.path + suffix, (folder / "killed.db").string() + suffix);
    ASSERT_GT(std::filesystem::file_size(folder / "killed.db-wal"), 0U);
    options.path = (folder / "killed.db").string();
    const auto reopened = open();
    EXPECT_THAT(positions(*reopened), ElementsAre(-1, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100));
}

TEST_F(sqlite_persistence_test, a_message_store_goes_on_where_it_was) {
    const store_options limits;
    const auto numbered_message = [](std::uint32_t sequence) {
        auto m = at_position(0);
        m.sequence = sequence;
        return m;
    };
    {
        const auto persistence = open();
        message_store store(limits, persistence.get(), {});
        for (std::uint32_t i = 1; i <= 3; ++i) store.put(numbered_message(i), 0s);
        const auto v = numbered_message(1).vehicle;
        const auto first = store.front(v, 0s).value().position;
        store.pop_front(v, 0s);
        store.pop_front(v, 0s); // never acknowledged
        store.acknowledged(first);
    }
    const auto persistence = open();
    message_store store(limits, persistence.get(), {});
    ASSERT_TRUE(store.restore());
    store.put(numbered_message(4), 0s);
    std::vector<std::uint32_t> sequences;
    while (const auto m = store.front(at_position(0).vehicle, 0s)) {
        sequences.push_back(m->sequence);
        store.pop_front(m->vehicle, 0s);
    }
    EXPECT_THAT(sequences, ElementsAre(2, 3, 4));
}

TEST_F(sqlite_persistence_test, refuses_the_database_of_another_scenario_seed_or_shard) {
    open()->append(at_position(1));
    const auto same = options.identity;
    options.identity.scenario = "other";
    EXPECT_THAT(refusal().text, HasSubstr("another scenario"));
    EXPECT_EQ(refusal().location, options.path);
    options.identity = same;
    options.identity.seed = 8;
    EXPECT_THAT(refusal().text, HasSubstr("seed 7, and this run has seed 8"));
    options.identity = same;
    options.identity.shard = {1, 2};
    EXPECT_THAT(refusal().text, HasSubstr("shard 2 of 4, and this one is 2 of 2"));
    options.identity = same;
    EXPECT_THAT(positions(*open()), ElementsAre(1)) << "a refusal changes nothing";
}

TEST_F(sqlite_persistence_test, refuses_a_damaged_database) {
    {
        const auto store = open();
        for (std::int64_t i = 1; i <= 2'000; ++i)
            store->append(at_position(i, "0123456789012345678901234567890123456789"));
    }
    {
        std::fstream file(options.path, std::ios::in | std::ios::out | std::ios::binary);
        const std::string garbage(3 * 4'096, '\x5a');
        file.seekp(10 * 4'096);
        file.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
    }
    EXPECT_THAT(refusal().text, HasSubstr("is damaged"));
    std::ofstream(options.path, std::ios::trunc) << std::string(10'000, 'x');
    EXPECT_THAT(refusal().text, HasSubstr("is damaged, or no database"));
}

TEST_F(sqlite_persistence_test, refuses_a_database_of_another_program_and_does_not_change_it) {
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(options.path.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "CREATE TABLE event (id TEXT)", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(other);
    const auto before = harness::read_file(options.path);
    EXPECT_THAT(refusal().text, HasSubstr("another program"));
    EXPECT_EQ(harness::read_file(options.path), before);
}

TEST_F(sqlite_persistence_test, names_the_file_it_cannot_open) {
    options.path = "/nowhere/at/all/store.db";
    EXPECT_EQ(refusal().location, options.path);
    EXPECT_THAT(refusal().text, HasSubstr("unable to open database file"));
}

TEST_F(sqlite_persistence_test, is_locked_while_it_is_open) {
    const auto first = open();
    EXPECT_THAT(refusal().text, HasSubstr("in use by another process"));
}

TEST_F(sqlite_persistence_test, a_full_disk_is_told_once_and_counted_and_later_messages_are_written) {
    options.disk_bytes = disk_bytes_min;
    options.batch = 100;
    const auto store = open();
    const std::string payload(1'000, 'x');
    constexpr std::int64_t messages = 6'000; // 6 MB
    for (std::int64_t i = 1; i <= messages; ++i) store->append(at_position(i, payload));
    store->flush_all();
    EXPECT_GT(store->counts().appended, 2'000U);
    EXPECT_GT(store->counts().not_persisted, 1'000U);
    EXPECT_EQ(store->counts().appended + store->counts().not_persisted, static_cast<std::uint64_t>(messages));
    EXPECT_LE(bytes_on_disk(), options.disk_bytes);
    const auto told = store->take_problem();
    ASSERT_TRUE(told);
    EXPECT_EQ(told->location, options.path);
    EXPECT_THAT(told->text, HasSubstr("store.diskBytes"));
    const auto lost = store->counts().not_persisted;
    for (std::int64_t i = 1; i <= messages; ++i) store->remove(i);
    store->flush_all();
    for (std::int64_t i = 1; i <= 1'000; ++i) store->append(at_position(messages + i, payload));
    store->flush_all();
    EXPECT_EQ(store->counts().not_persisted, lost);
    EXPECT_EQ(positions(*store).size(), 1'000U);
    EXPECT_FALSE(store->take_problem()) << "once";
}

TEST_F(sqlite_persistence_test, writes_batches_by_count_and_by_time) {
    options.batch = 10;
    options.batch_window = 100ms;
    const auto store = open();
    for (std::int64_t i = 1; i <= 9; ++i) store->append(at_position(i));
    store->flush(5s); // the changes wait since then
    store->flush(5s + 99ms);
    EXPECT_EQ(store->counts().transactions, 0U);
    store->append(at_position(10));
    EXPECT_EQ(store->counts().transactions, 1U) << "by count";
    store->append(at_position(11));
    store->flush(6s);
    store->flush(6s + 100ms);
    EXPECT_EQ(store->counts().transactions, 2U) << "by time";
    EXPECT_EQ(store->counts().appended, 11U);
    store->flush(9s);
    store->flush_all();
    EXPECT_EQ(store->counts().transactions, 2U) << "nothing has changed";
}

TEST_F(sqlite_persistence_test, what_is_removed_within_a_batch_is_not_written) {
    const auto store = open();
    store->append(at_position(1));
    store->append(at_position(2));
    store->remove(1);
    store->flush_all();
    EXPECT_EQ(store->counts().appended, 1U);
    EXPECT_EQ(store->counts().removed, 1U);
    EXPECT_THAT(positions(*store), ElementsAre(2));
}

TEST_F(sqlite_persistence_test, a_message_that_cannot_be_written_loses_no_other) {
    { const auto made = open(); }
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(options.path.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other,
                           "CREATE TRIGGER poison BEFORE INSERT ON message WHEN NEW.position = 3 "
                           "BEGIN SELECT RAISE(ABORT, 'no'); END",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(other);
    const auto store = open();
    for (std::int64_t i = 1; i <= 4; ++i) store->append(at_position(i));
    store->flush_all();
    EXPECT_EQ(store->counts().not_persisted, 1U);
    EXPECT_THAT(positions(*store), ElementsAre(1, 2, 4));
    EXPECT_THAT(store->take_problem().value().text, HasSubstr("cannot be written (no)"));
}

TEST_F(sqlite_persistence_test, removals_that_fail_wait_for_the_next_batch_and_hold_up_no_other) {
    options.batch = 10;
    {
        const auto made = open();
        for (std::int64_t i = 1; i <= 20; ++i) made->append(at_position(i));
    }
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(options.path.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other,
                           "CREATE TRIGGER stuck BEFORE DELETE ON message WHEN OLD.position = 3 "
                           "BEGIN SELECT RAISE(ABORT, 'no'); END",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(other);
    const auto store = open();
    for (std::int64_t i = 1; i <= 10; ++i) store->remove(i);
    EXPECT_EQ(store->counts().removed, 0U);
    for (std::int64_t i = 11; i <= 20; ++i) store->remove(i);
    EXPECT_EQ(store->counts().removed, 10U);
    const auto transactions = store->counts().transactions;
    for (std::int64_t i = 21; i <= 29; ++i) store->append(at_position(i));
    EXPECT_EQ(store->counts().transactions, transactions) << "what failed makes no batch of a single change";
    store->append(at_position(30));
    EXPECT_EQ(store->counts().transactions, transactions + 1);
    EXPECT_EQ(store->counts().appended, 10U);
    EXPECT_EQ(positions(*store).size(), 20U) << "1 to 10 and 21 to 30";
}
