// Telemetry publisher with a store on disk.
#include "telemetry_fixture.hpp"
#include "temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace loadsim::fleet::telemetry_tests;
using testing::Contains;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

namespace {

class store_persistence_test : public telemetry_publisher_test {
protected:
    /// Another start of loadsim with the same scenario; `reissue`: of its store.
    void restart(telemetry::reissue_options reissue = {}) {
        publisher_ = nullptr;
        time_.set(start);
        wheel_ = std::make_unique<net::timer_wheel>(start);
        link_ = std::make_unique<fake_link>(time_, *wheel_);
        options_.telemetry.store->reissue = reissue;
        publisher_ = std::make_unique<telemetry_publisher>(*link_, *spec_, 1);
        ASSERT_EQ(publisher_->problem(), "");
        publisher_->set_listener(this);
        heard_.clear();
        publisher_->begin_load(start);
    }
    /// "group/sequence" of each message that the vehicle has sent.
    std::vector<std::string> heard_sequences() const {
        std::vector<std::string> all;
        for (const auto& h : heard_) all.push_back(h.substr(2, h.find(' ') - 2));
        return all;
    }

    harness::temporary_folder folder_;
};

/// Platform and tap behind the vehicles: each message that is sent is consumed once.
class delivered_telemetry final : public telemetry_listener {
public:
    void telemetry_sent(vehicle_id v, std::uint32_t group, std::uint64_t sequence, std::uint64_t hash,
                        monotonic_time at) override {
        tap_.sent(v, group, sequence, hash, at);
        tap_.consumed({.vehicle = v, .group = group, .sequence = sequence, .hash = hash, .consumed = at});
    }
    measure::delivery_counts found() {
        tap_.finish();
        return tap_.total();
    }

private:
    measure::delivery_reconciliation tap_{{}, {}, 1, 1, {}};
};

TEST_F(store_persistence_test, a_store_on_disk_outlives_a_restart) {
    const auto folder = std::filesystem::path(testing::TempDir()) / "store_persistence_test";
    std::filesystem::remove_all(folder);
    with_store();
    options_.telemetry.store->sqlite = folder.string();
    load_duration_ = 5s;
    add_group("position", period_always(1s));
    begin();
    run_to(2s);
    acknowledge_all();
    go_down();
    run_to(5s);
    publisher_->finish();
    EXPECT_EQ(counts().in_store, 3U);
    EXPECT_EQ(backlogs().errors, 0U);
    EXPECT_TRUE(std::filesystem::exists(folder / "telemetry-1-of-1.sqlite"));

    restart();
    run_to(1s);
    std::map<std::uint32_t, measure::telemetry_counts> taken;
    measure::backlog_counts begun;
    publisher_->take_counts(taken, begun);
    EXPECT_EQ(taken[0].restored, 3U);
    EXPECT_EQ(taken[0].reissued, 3U);
    EXPECT_EQ(begun.begun, 1U);
    const auto all = payloads();
    ASSERT_GE(all.size(), 3U);
    EXPECT_THAT(std::vector<std::string>(all.begin(), all.begin() + 3), ElementsAre("3", "4", "5"));
    publisher_ = nullptr;
    std::filesystem::remove_all(folder);
}

TEST_F(store_persistence_test, sequences_go_on_behind_those_of_the_start_before) {
    with_store();
    options_.telemetry.store->sqlite = folder_.path().string();
    load_duration_ = 4s;
    add_group("position", period_always(1s));
    add_group("battery", period_always(2s));
    begin();
    run_to(4s);
    acknowledge_all();
    publisher_->finish();
    restart();
    run_to(4s);
    publisher_->finish();
    EXPECT_THAT(heard_sequences(), UnorderedElementsAre("0/5", "0/6", "0/7", "0/8", "1/3", "1/4"));
    restart();
    run_to(1s);
    EXPECT_THAT(heard_sequences(), Contains("0/9"));
    EXPECT_EQ(backlogs().errors, 0U);
}

TEST_F(store_persistence_test, a_start_that_was_killed_leaves_a_gap_and_no_sequence_twice) {
    with_store();
    options_.telemetry.store->sqlite = folder_.path().string();
    load_duration_ = 150s;
    add_group("position", period_always(1s));
    begin();
    run_to(3s); // without finish()
    acknowledge_all();
    restart();
    run_to(1s);
    EXPECT_THAT(heard_sequences(), ElementsAre("0/101"));
    run_to(110s); // a second block is reserved
    restart();
    run_to(1s);
    EXPECT_THAT(heard_sequences(), ElementsAre("0/301"));
}

TEST_F(store_persistence_test, a_tap_tells_restored_messages_from_live_ones) {
    with_store();
    options_.telemetry.store->sqlite = folder_.path().string();
    load_duration_ = 5s;
    add_group("position", period_always(1s), 1, R"({"seq":{seq},"ts":{now:ms}})");
    down_at_begin_ = {first_car};
    begin();
    run_to(5s);
    publisher_->finish();
    for (const auto order : {reissue_order::before_live, reissue_order::interleaved}) {
        restart({.order = order});
        delivered_telemetry platform;
        publisher_->set_listener(&platform);
        run_to(5s);
        publisher_->end_load();
        run_to(10s);
        const auto found = platform.found();
        EXPECT_EQ(found.sent, 10U);
        EXPECT_EQ(found.matched, 10U);
        EXPECT_EQ(found.reissued + found.corrupted + found.duplicated + found.out_of_order, 0U);
        EXPECT_EQ(found.not_reconciled() + found.foreign, 0U);
        publisher_->finish();
    }
}

TEST_F(store_persistence_test, a_rehearsal_leaves_the_disk_alone) {
    const auto folder = std::filesystem::path(testing::TempDir()) / "telemetry_rehearsal_test";
    std::filesystem::remove_all(folder);
    with_store();
    options_.telemetry.store->sqlite = folder.string();
    load_duration_ = 3s;
    add_group("position", period_always(1s));
    prepare(1);
    auto one = spec();
    one.store_on_disk = false;
    fake_link link(time_, *wheel_);
    link.down_.insert(first_car);
    telemetry_publisher publisher(link, one, 1);
    publisher.begin_load(start);
    run_to(3s);
    publisher.finish();
    EXPECT_FALSE(std::filesystem::exists(folder));
    std::map<std::uint32_t, measure::telemetry_counts> taken;
    measure::backlog_counts backlogs;
    publisher.take_counts(taken, backlogs);
    EXPECT_EQ(taken[0].in_store, 3U) << "in memory";
}

TEST_F(store_persistence_test, a_database_that_cannot_be_used_is_told_before_the_load) {
    const auto file = std::filesystem::path(testing::TempDir()) / "store_persistence_test_file";
    std::filesystem::remove_all(file);
    std::ofstream(file) << "no folder";
    with_store();
    options_.telemetry.store->sqlite = file.string();
    add_group("position", period_always(1s));
    prepare(1);
    const auto one = spec();
    fake_link link(time_, *wheel_);
    const telemetry_publisher publisher(link, one, 1);
    EXPECT_THAT(publisher.problem(), testing::HasSubstr(file.string()));
    std::filesystem::remove(file);
}

} // namespace
