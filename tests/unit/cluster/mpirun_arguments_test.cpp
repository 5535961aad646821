#include <loadsim/cluster/launch.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim::cluster;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::Pair;

TEST(mpirun_arguments, oversubscribe_without_host_file_and_never_bind) {
    launch_options o;
    o.ranks = 22;
    o.command = {"/opt/loadsim", "run", "fleet.yaml"};
    EXPECT_THAT(mpirun_arguments(o, false), ElementsAre("-np", "22", "--bind-to", "none", "--stdin", "none",
                                                        "--oversubscribe", "/opt/loadsim", "run", "fleet.yaml"));
}

TEST(mpirun_arguments, with_host_file_keep_slots_and_full_names) {
    launch_options o;
    o.hostfile = "hosts";
    o.command = {"loadsim"};
    EXPECT_THAT(mpirun_arguments(o, false),
                ElementsAre("-np", "1", "--bind-to", "none", "--stdin", "none", "--hostfile", "hosts", "loadsim"));
    EXPECT_THAT(mpirun_environment(o), ElementsAre(Pair("OMPI_MCA_orte_keep_fqdn_hostnames", "1"),
                                                   Pair("PRTE_MCA_prte_keep_fqdn_hostnames", "1")))
        << "Open MPI 4, Open MPI 5";
    EXPECT_THAT(mpirun_environment({}), testing::IsEmpty()) << "no other hosts";
}

TEST(mpirun_arguments, allow_root_to_root_only) {
    EXPECT_THAT(mpirun_arguments({}, true), Contains("--allow-run-as-root"));
    EXPECT_THAT(mpirun_arguments({}, false), Not(Contains("--allow-run-as-root")));
}

TEST(mpirun_arguments, hold_names_of_variables_but_not_values) {
    launch_options o;
    o.environment = {{"PASSWORD", "secret, with; all \"sorts\""}};
    o.command = {"loadsim"};
    EXPECT_THAT(mpirun_arguments(o, false), ElementsAre("-np", "1", "--bind-to", "none", "--stdin", "none",
                                                        "--oversubscribe", "-x", "PASSWORD", "loadsim"));
}
