// Spool tests on disk; each test has its own temporary folder.
#include "samples.hpp"

#include <loadsim/cluster/spool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

using namespace loadsim;
using namespace loadsim::cluster;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
namespace fs = std::filesystem;

namespace {

class spool_test : public testing::Test {
protected:
    spool_test() {
        std::string name = (fs::temp_directory_path() / "loadsim-spool-XXXXXX").string();
        folder = ::mkdtemp(name.data());
    }
    ~spool_test() override { fs::remove_all(folder); }

    fs::path file(std::uint32_t rank) const { return spool_folder(folder, rank) / "snapshots.jsonl"; }
    std::string text(std::uint32_t rank) const {
        std::ifstream in(file(rank), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void set_text(std::uint32_t rank, std::string_view text) const {
        fs::create_directories(spool_folder(folder, rank));
        std::ofstream(file(rank), std::ios::binary) << text;
    }

    fs::path folder;
};

} // namespace

TEST_F(spool_test, has_a_folder_per_rank) {
    EXPECT_EQ(spool_folder("run", 7), fs::path("run/rank-0007"));
    EXPECT_EQ(spool_folder("run", 12'345), fs::path("run/rank-12345"));
}

TEST_F(spool_test, is_readable_after_each_write) {
    spool_writer writer(spool_folder(folder, 0));
    EXPECT_EQ(text(0), "");
    writer.write(samples::sample_report(100), 1s);
    writer.write(samples::sample_report(7), 2s); // the writer is still open
    EXPECT_EQ(writer.error(), "");
    const auto read = read_spool(file(0));
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_FALSE(read->truncated);
    ASSERT_THAT(read->entries, SizeIs(2));
    EXPECT_EQ(read->entries[0].since_start, 1s);
    EXPECT_EQ(read->entries[1].since_start, 2s);
    samples::expect_same(read->entries[0].status, samples::sample_report(100));
    samples::expect_same(read->entries[1].status, samples::sample_report(7));
}

TEST_F(spool_test, truncated_file_gives_all_complete_lines) {
    {
        spool_writer writer(spool_folder(folder, 0));
        writer.write(samples::sample_report(100), 1s);
        writer.write(status_report{}, 2s);
    }
    const auto whole = text(0);
    const auto first = whole.find('\n') + 1;
    for (std::size_t length = first; length < whole.size() - 1; length += 61) {
        set_text(0, std::string_view(whole).substr(0, length));
        const auto read = read_spool(file(0));
        ASSERT_TRUE(read) << to_string(read.error());
        EXPECT_THAT(read->entries, SizeIs(1)) << length;
        EXPECT_EQ(read->truncated, length != first) << length;
    }
    set_text(0, std::string_view(whole).substr(0, whole.size() - 1)); // only the newline is missing
    EXPECT_THAT(read_spool(file(0))->entries, SizeIs(2));
    EXPECT_FALSE(read_spool(file(0))->truncated);
}

TEST_F(spool_test, damaged_file_is_rejected_with_the_line) {
    {
        spool_writer writer(spool_folder(folder, 0));
        writer.write(samples::sample_report(100), 1s);
    }
    set_text(0, text(0) + R"({"since_start":1,"status":{"what":"load","start_wall_us":0}})" + '\n' + text(0));
    const auto read = read_spool(file(0));
    ASSERT_FALSE(read);
    EXPECT_THAT(to_string(read.error()), HasSubstr("line 2 is damaged: status: lacks 'snapshot'"));
    EXPECT_THAT(to_string(read_spool(folder / "none").error()), HasSubstr("cannot be opened"));

    const auto all = read_spools(folder);
    ASSERT_THAT(all, SizeIs(1));
    EXPECT_THAT(all[0].error, HasSubstr("line 2 is damaged"));
    EXPECT_EQ(all[0].sum.counts.requests.due, 100U) << "what came before counts";
}

TEST_F(spool_test, totals_are_by_rank) {
    {
        spool_writer zero(spool_folder(folder, 0));
        spool_writer ten(spool_folder(folder, 10));
        zero.write(samples::sample_report(100), 1s);
        auto last = samples::sample_report(7);
        last.terminated = false;
        zero.write(last, 2s);
        ten.write(status_report{}, 3s);
    }
    set_text(3, "{\"since_sta");
    fs::create_directories(folder / "rank-x");
    fs::create_directories(folder / "rank-0004"); // a rank that died after creating its folder
    const auto all = read_spools(folder);
    ASSERT_THAT(all, SizeIs(4));

    EXPECT_EQ(all[0].rank, 0U);
    auto sum = samples::sample_totals(100);
    sum.add(samples::sample_totals(7));
    sum.move_records_from(samples::sample_totals(7));
    samples::expect_same(all[0].sum.counts, sum);
    EXPECT_EQ(all[0].sum.in_flight, 10U) << "how it stood at the end, not a sum";
    EXPECT_EQ(all[0].sum.sessions_online, 9U);
    EXPECT_EQ(all[0].sessions_peak, samples::sample_report(100).snapshot.sessions_online) << "of any line";
    EXPECT_EQ(all[0].rss_peak, samples::sample_report(100).snapshot.rss_bytes);
    EXPECT_EQ(all[0].commands_executed, 12U);
    EXPECT_TRUE(all[0].interrupted);
    EXPECT_FALSE(all[0].terminated);
    EXPECT_EQ(all[0].since_start, 2s);
    EXPECT_EQ(all[0].error, "");
    EXPECT_FALSE(all[0].truncated);

    EXPECT_EQ(all[1].rank, 3U);
    EXPECT_TRUE(all[1].truncated);
    EXPECT_EQ(all[1].sum.counts.requests.due, 0U);
    EXPECT_EQ(all[2].rank, 4U);
    EXPECT_THAT(all[2].error, HasSubstr("cannot be opened"));
    EXPECT_EQ(all[3].rank, 10U);
    EXPECT_THAT(read_spools(folder / "nowhere"), IsEmpty());
}

TEST_F(spool_test, write_error_is_reported_once) {
    std::ofstream(folder / "taken") << "a file";
    spool_writer writer(folder / "taken");
    EXPECT_THAT(writer.error(), HasSubstr("taken/snapshots.jsonl: cannot be written (Not a directory)"));
    writer.write(status_report{}, 1s);
    EXPECT_THAT(writer.error(), HasSubstr("cannot be written (Not a directory)"));

    if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
    fs::create_directories(spool_folder(folder, 1));
    fs::create_symlink("/dev/full", file(1));
    spool_writer full(spool_folder(folder, 1));
    EXPECT_EQ(full.error(), "");
    full.write(status_report{}, 1s);
    EXPECT_THAT(full.error(), HasSubstr("No space left on device"));
}
