#include <loadsim/cluster/rank_info.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>

using loadsim::cluster::launched_by_mpi;

namespace {

bool launched_with(const std::map<std::string, std::string>& environment) {
    return launched_by_mpi([&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second.c_str();
    });
}

} // namespace

TEST(rank_info, detects_a_process_without_launcher) {
    EXPECT_FALSE(launched_with({}));
    EXPECT_FALSE(launched_with({{"OMPI_COMM_WORLD_SIZE", ""}}));
    EXPECT_FALSE(launched_with({{"OMPI_MCA_btl", "tcp,self"}})) << "a setting, not a launcher";
    EXPECT_FALSE(launched_with({{"SLURM_PROCID", "0"}})) << "srun without --mpi=pmix";
}

TEST(rank_info, detects_mpirun_and_srun) {
    EXPECT_TRUE(launched_with({{"OMPI_COMM_WORLD_SIZE", "4"}}));
    EXPECT_TRUE(launched_with({{"OMPI_COMM_WORLD_SIZE", "1"}})) << "a world of one is one";
    EXPECT_TRUE(launched_with({{"PMIX_RANK", "0"}}));
}
