// Sequences in the telemetry store of SQLite: those that earlier starts have used, also after a kill.
#include "temporary_folder.hpp"

#include <loadsim/telemetry/sqlite_persistence.hpp>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::telemetry;

namespace {

class sqlite_sequences_test : public testing::Test {
protected:
    void SetUp() override {
        options.path = (folder / "store.db").string();
        options.identity = {"digest", 7, {1, 4}};
    }

    std::unique_ptr<store_persistence> open() const {
        auto opened = open_sqlite_persistence(options);
        EXPECT_TRUE(opened) << (opened ? "" : to_string(opened.error()));
        return opened ? std::move(*opened) : nullptr;
    }

    struct known_sequences {
        std::uint32_t others = 0;
        std::vector<last_sequence> known{};
        friend bool operator==(const known_sequences&, const known_sequences&) = default;
    };
    static known_sequences sequences(store_persistence& store) {
        known_sequences found;
        const auto others = store.load_sequences([&](const last_sequence& s) { found.known.push_back(s); });
        EXPECT_TRUE(others);
        found.others = others ? *others : 0;
        return found;
    }

    harness::temporary_folder folder;
    sqlite_persistence_options options;
};

} // namespace

TEST_F(sqlite_sequences_test, sequences_are_known_after_a_restart) {
    constexpr vehicle_id car{5}, truck{9};
    {
        const auto store = open();
        EXPECT_EQ(sequences(*store), known_sequences{});
        store->reserve_sequences(100);
        store->save_sequences(std::vector<last_sequence>{{car, 0, 17}, {car, 2, 3}});
    }
    {
        const auto store = open();
        EXPECT_EQ(sequences(*store), (known_sequences{0, {{car, 0, 17}, {car, 2, 3}}}));
        store->reserve_sequences(100);
        store->save_sequences(std::vector<last_sequence>{{car, 0, 20}, {truck, 0, 1}});
    }
    const auto store = open();
    EXPECT_EQ(sequences(*store), (known_sequences{0, {{car, 0, 20}, {car, 2, 3}, {truck, 0, 1}}}));
}

TEST_F(sqlite_sequences_test, a_reservation_outlives_a_killed_process) {
    constexpr vehicle_id car{5}, truck{9};
    {
        const auto store = open();
        sequences(*store);
        store->save_sequences(std::vector<last_sequence>{{car, 0, 17}});
    }
    for (const std::uint32_t kills : {1U, 2U}) {
        const auto store = open(); // ends without save_sequences()
        EXPECT_EQ(sequences(*store), (known_sequences{(kills - 1) * 200, {{car, 0, 17 + (kills - 1) * 200}}}));
        store->reserve_sequences(100);
        store->reserve_sequences(200);
    }
    {
        const auto store = open();
        EXPECT_EQ(sequences(*store), (known_sequences{400, {{car, 0, 417}}}));
        store->reserve_sequences(100);
        store->save_sequences(std::vector<last_sequence>{{truck, 0, 401}});
    }
    const auto store = open();
    EXPECT_EQ(sequences(*store), (known_sequences{400, {{car, 0, 417}, {truck, 0, 401}}}));
}

TEST_F(sqlite_sequences_test, a_reservation_is_on_the_disk_at_once) {
    const auto store = open();
    sequences(*store);
    store->reserve_sequences(100);
    for (const std::string suffix : {"", "-wal"})
        std::filesystem::copy_file(options.path + suffix, (folder / "killed.db").string() + suffix);
    options.path = (folder / "killed.db").string();
    EXPECT_EQ(sequences(*open()).others, 100U);
}

TEST_F(sqlite_sequences_test, a_reservation_holds_if_the_sequences_cannot_be_written) {
    { const auto made = open(); }
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(options.path.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other,
                           "CREATE TRIGGER stuck BEFORE INSERT ON sequence WHEN NEW.vehicle = 9 "
                           "BEGIN SELECT RAISE(ABORT, 'no'); END",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(other);
    {
        const auto store = open();
        sequences(*store);
        store->reserve_sequences(100);
        store->save_sequences(std::vector<last_sequence>{{vehicle_id{5}, 0, 17}, {vehicle_id{9}, 0, 1}});
    }
    EXPECT_EQ(sequences(*open()), (known_sequences{100, {}}));
}
