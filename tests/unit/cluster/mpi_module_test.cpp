#include <loadsim/cluster/mpi_channel.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(mpi_module, that_is_not_there_is_reported_with_the_folders_that_were_searched) {
    const auto folder = fs::read_symlink("/proc/self/exe").parent_path(); // of this test, not of the program
    const auto sentence = AllOf(StartsWith("MPI: ranks need libloadsim_mpi.so, which is neither in " + folder.string() +
                                           " nor in " + (folder.parent_path() / "lib/loadsim").string() + ";"),
                                HasSubstr("-DLOADSIM_MPI=ON"));
    const auto loaded = loadsim::cluster::load_mpi();
    ASSERT_FALSE(loaded);
    EXPECT_THAT(to_string(loaded.error()), sentence);
    const auto joined = loadsim::cluster::join_ranks();
    ASSERT_FALSE(joined);
    EXPECT_THAT(to_string(joined.error()), sentence);
}
