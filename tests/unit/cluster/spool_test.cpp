// Spools on disk: a file is no socket, and each test has a folder of its own.
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

class spools : public testing::Test {
protected:
    spools() {
        std::string name = (fs::temp_directory_path() / "loadsim-spool-XXXXXX").string();
        folder = ::mkdtemp(name.data());
    }
    ~spools() override { fs::remove_all(folder); }

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

TEST_F(spools, have_a_folder_for_each_rank) {
    EXPECT_EQ(spool_folder("run", 7), fs::path("run/rank-0007"));
    EXPECT_EQ(spool_folder("run", 12'345), fs::path("run/rank-12345"));
}

TEST_F(spools, are_on_file_as_soon_as_they_are_written) {
    spool_writer writer(spool_folder(folder, 0));
    EXPECT_EQ(text(0), "");
    writer.write(samples::a_report(100), 1s);
    writer.write(samples::a_report(7), 2s); // the writer still stands
    EXPECT_EQ(writer.trouble(), "");
    const auto read = read_spool(file(0));
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_FALSE(read->cut);
    ASSERT_THAT(read->entries, SizeIs(2));
    EXPECT_EQ(read->entries[0].since_start, 1s);
    EXPECT_EQ(read->entries[1].since_start, 2s);
    samples::expect_same(read->entries[0].said, samples::a_report(100));
    samples::expect_same(read->entries[1].said, samples::a_report(7));
}

TEST_F(spools, that_were_cut_off_at_any_byte_give_all_whole_lines) {
    {
        spool_writer writer(spool_folder(folder, 0));
        writer.write(samples::a_report(100), 1s);
        writer.write(report{}, 2s);
    }
    const auto whole = text(0);
    const auto first = whole.find('\n') + 1;
    for (std::size_t length = first; length < whole.size() - 1; length += 61) {
        set_text(0, std::string_view(whole).substr(0, length));
        const auto read = read_spool(file(0));
        ASSERT_TRUE(read) << to_string(read.error());
        EXPECT_THAT(read->entries, SizeIs(1)) << length;
        EXPECT_EQ(read->cut, length != first) << length;
    }
    set_text(0, std::string_view(whole).substr(0, whole.size() - 1)); // only its newline is missing
    EXPECT_THAT(read_spool(file(0))->entries, SizeIs(2));
    EXPECT_FALSE(read_spool(file(0))->cut);
}

TEST_F(spools, that_are_damaged_are_refused_with_the_line) {
    {
        spool_writer writer(spool_folder(folder, 0));
        writer.write(samples::a_report(100), 1s);
    }
    set_text(0, text(0) + "{\"since_start_ns\":1,\"order\":{\"what\":\"load\",\"start_wall_us\":0}}\n" + text(0));
    const auto read = read_spool(file(0));
    ASSERT_FALSE(read);
    EXPECT_THAT(to_string(read.error()), HasSubstr("line 2 is damaged: is no report"));
    EXPECT_THAT(to_string(read_spool(folder / "none").error()), HasSubstr("cannot be opened"));

    const auto all = read_spools(folder);
    ASSERT_THAT(all, SizeIs(1));
    EXPECT_THAT(all[0].trouble, HasSubstr("line 2 is damaged"));
    EXPECT_EQ(all[0].sum.seen.requests.due, 100U) << "what came before counts";
}

TEST_F(spools, add_up_by_rank) {
    {
        spool_writer zero(spool_folder(folder, 0));
        spool_writer ten(spool_folder(folder, 10));
        zero.write(samples::a_report(100), 1s);
        auto last = samples::a_report(7);
        last.terminated = false;
        zero.write(last, 2s);
        ten.write(report{}, 3s);
    }
    set_text(3, "{\"since_sta");
    fs::create_directories(folder / "rank-x");
    fs::create_directories(folder / "rank-0004"); // made, and died
    const auto all = read_spools(folder);
    ASSERT_THAT(all, SizeIs(4));

    EXPECT_EQ(all[0].rank, 0U);
    auto sum = samples::some_totals(100);
    sum.add(samples::some_totals(7));
    sum.tell(samples::some_totals(7));
    samples::expect_same(all[0].sum.seen, sum);
    EXPECT_EQ(all[0].sum.in_flight, 10U) << "how it stood at the end, not a sum";
    EXPECT_EQ(all[0].sum.sessions_online, 9U);
    EXPECT_EQ(all[0].orders_followed, 12U);
    EXPECT_TRUE(all[0].interrupted);
    EXPECT_FALSE(all[0].terminated);
    EXPECT_EQ(all[0].since_start, 2s);
    EXPECT_EQ(all[0].trouble, "");
    EXPECT_FALSE(all[0].cut);

    EXPECT_EQ(all[1].rank, 3U);
    EXPECT_TRUE(all[1].cut);
    EXPECT_EQ(all[1].sum.seen.requests.due, 0U);
    EXPECT_EQ(all[2].rank, 4U);
    EXPECT_THAT(all[2].trouble, HasSubstr("cannot be opened"));
    EXPECT_EQ(all[3].rank, 10U);
    EXPECT_THAT(read_spools(folder / "nowhere"), IsEmpty());
}

TEST_F(spools, that_cannot_be_written_say_so_once_and_go_on) {
    std::ofstream(folder / "taken") << "a file";
    spool_writer writer(folder / "taken");
    EXPECT_THAT(writer.trouble(), HasSubstr("taken/snapshots.jsonl: cannot be written (Not a directory)"));
    writer.write(report{}, 1s);
    EXPECT_THAT(writer.trouble(), HasSubstr("cannot be written (Not a directory)"));

    if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
    fs::create_directories(spool_folder(folder, 1));
    fs::create_symlink("/dev/full", file(1));
    spool_writer full(spool_folder(folder, 1));
    EXPECT_EQ(full.trouble(), "");
    full.write(report{}, 1s);
    EXPECT_THAT(full.trouble(), HasSubstr("No space left on device"));
}
