#include <loadsim/cluster/launch.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim::cluster;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

TEST(mpirun_arguments, on_this_host_allow_more_ranks_than_cores_and_bind_none) {
    launch_options o;
    o.ranks = 22;
    o.command = {"/opt/loadsim", "run", "fleet.yaml"};
    EXPECT_THAT(mpirun_arguments(o, false), ElementsAre("-np", "22", "--bind-to", "none", "--stdin", "none",
                                                        "--oversubscribe", "/opt/loadsim", "run", "fleet.yaml"));
}

TEST(mpirun_arguments, with_a_host_file_keep_to_its_slots_and_its_names) {
    launch_options o;
    o.hostfile = "hosts";
    o.command = {"loadsim"};
    EXPECT_THAT(mpirun_arguments(o, false),
                ElementsAre("-np", "1", "--bind-to", "none", "--stdin", "none", "--hostfile", "hosts", "--mca",
                            "orte_keep_fqdn_hostnames", "1", "loadsim"));
}

TEST(mpirun_arguments, allow_root_to_root_only) {
    EXPECT_THAT(mpirun_arguments({}, true), Contains("--allow-run-as-root"));
    EXPECT_THAT(mpirun_arguments({}, false), Not(Contains("--allow-run-as-root")));
}

TEST(mpirun_arguments, name_what_is_to_be_passed_on_and_do_not_show_it) {
    launch_options o;
    o.environment = {{"PASSWORD", "secret, with; all \"sorts\""}};
    o.command = {"loadsim"};
    EXPECT_THAT(mpirun_arguments(o, false), ElementsAre("-np", "1", "--bind-to", "none", "--stdin", "none",
                                                        "--oversubscribe", "-x", "PASSWORD", "loadsim"));
}
