// Telemetry publisher with a store on disk.
#include "telemetry_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace loadsim::fleet::telemetry_tests;
using testing::ElementsAre;

namespace {

class telemetry_storage_test : public telemetry_publisher_test {};

TEST_F(telemetry_storage_test, a_store_on_disk_outlives_a_restart) {
    const auto folder = std::filesystem::path(testing::TempDir()) / "telemetry_storage_test";
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
    publisher_ = nullptr;
    EXPECT_TRUE(std::filesystem::exists(folder / "telemetry-1-of-1.sqlite"));

    time_.set(start);
    wheel_ = std::make_unique<net::timer_wheel>(start);
    link_ = std::make_unique<fake_link>(time_, *wheel_);
    publisher_ = std::make_unique<telemetry_publisher>(*link_, *spec_, 1);
    ASSERT_EQ(publisher_->problem(), "");
    publisher_->begin_load(start);
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

TEST_F(telemetry_storage_test, a_rehearsal_leaves_the_disk_alone) {
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

TEST_F(telemetry_storage_test, a_database_that_cannot_be_used_is_told_before_the_load) {
    const auto file = std::filesystem::path(testing::TempDir()) / "telemetry_storage_test_file";
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
