// Diagnosis of collected mpirun outputs.
#include <loadsim/cluster/launch.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

using loadsim::cluster::diagnose;

namespace {

const std::filesystem::path folder = std::filesystem::path(LOADSIM_TEST_DATA) / "mpirun";

std::string text_of(const std::string& name) {
    std::ifstream in(folder / (name + ".txt"));
    return {std::istreambuf_iterator<char>(in), {}};
}

struct diagnosis_case {
    std::string file;
    int exit_code;
    std::string sentence;
};

const diagnosis_case diagnosis_cases[] = {
    {"rank_killed", 137,
     "rank 1 on vm was killed by signal 9: by the kernel because memory ran out if `dmesg` says so, else by a user or "
     "another program; the launcher then ended all ranks"},
    {"rank_killed_elsewhere", 137,
     "rank 1 on hostb was killed by signal 9: by the kernel because memory ran out if `dmesg` says so, else by a user "
     "or another program; the launcher then ended all ranks"},
    {"rank_crashed", 139,
     "rank 1 on vm was ended by signal 11 (Segmentation fault); the launcher then ended all ranks"},
    {"rank_ended_with_3", 3, ""},
    {"rank_ended_tersely", 3, ""},
    {"rank_ended_tersely", 99, ""},
    {"rank_ended_tersely", 130, ""},
    {"rank_ended_tersely", 137,
     "a rank was killed by signal 9: by the kernel because memory ran out if `dmesg` says so, else by a user or "
     "another program; the launcher then ended all ranks"},
    {"rank_ended_tersely", 139, "a rank was ended by signal 11; the launcher then ended all ranks"},
    {"rank_left_early", 1, "rank 1 on vm left before the run was over; the launcher then ended all ranks"},
    {"not_enough_slots", 1,
     "the host file has fewer slots than the 3 ranks asked for; raise slots= in it, or start fewer ranks"},
    {"host_unknown", 255,
     "host 'nosuchhost.invalid' of the host file is unknown; is the name spelt as in DNS or /etc/hosts?"},
    {"no_route", 255,
     "host 'hostb' of the host file cannot be reached (No route to host); does `ssh hostb` work from here?"},
    {"connection_refused", 255,
     "host '127.0.0.9' of the host file cannot be reached (Connection refused); does `ssh 127.0.0.9` work from here?"},
    {"permission_denied", 255,
     "ssh login was refused (hostb: Permission denied (publickey,password)); starting ranks on other hosts takes ssh "
     "without a password"},
    {"host_key_unknown", 255,
     "ssh does not know the key of a host in the host file; log in to each host once by hand, or collect their keys "
     "with "
     "ssh-keyscan"},
    {"no_open_mpi_there", 127, "a host of the host file has no Open MPI; apt-get install openmpi-bin there"},
    {"no_ssh", 243,
     "ssh is needed to start ranks on other hosts, and it is not installed; apt-get install openssh-client"},
    {"no_program_there", 132,
     "/opt/loadsim/loadsim cannot be started on host hostb; the program must be at the same path on every host"},
    {"hostfile_missing", 1, "the host file hosts.txt cannot be read"},
    {"hostfile_bad_line", 1, "the host file hx cannot be understood in line 1; a line reads: host slots=4"},
    {"hostfile_bad_slots", 1, "the host file hx cannot be understood; a line reads: host slots=4"},
    {"hostfile_empty", 1, "the host file names no host; a line reads: host slots=4"},
    {"connection_lost", 205, "the connection to another host broke; the launcher then ended all ranks"},
    {"openmpi_5_rank_killed", 137,
     "rank 1 on vm was killed by signal 9: by the kernel because memory ran out if `dmesg` says so, else by a user or "
     "another program; the launcher then ended all ranks"},
    {"openmpi_5_rank_crashed", 139,
     "rank 1 on vm was ended by signal 11 (Segmentation fault); the launcher then ended all ranks"},
    {"openmpi_5_rank_ended_with_3", 3, ""},
    {"openmpi_5_rank_ended_with_3", 99, ""},
    {"openmpi_5_rank_ended_with_3", 130, ""},
    {"openmpi_5_not_enough_slots", 1,
     "the host file has fewer slots than the 2 ranks asked for; raise slots= in it, or start fewer ranks"},
    {"openmpi_5_host_unknown", 255,
     "host 'nosuchhost.invalid' of the host file is unknown; is the name spelt as in DNS or /etc/hosts?"},
    {"openmpi_5_no_route", 255,
     "host 'hostb' of the host file cannot be reached (No route to host); does `ssh hostb` work from here?"},
    {"openmpi_5_permission_denied", 255,
     "ssh login was refused (hostb: Permission denied (publickey,password)); starting ranks on other hosts takes ssh "
     "without a password"},
    {"openmpi_5_host_key_unknown", 255,
     "ssh does not know the key of a host in the host file; log in to each host once by hand, or collect their keys "
     "with ssh-keyscan"},
    {"openmpi_5_no_open_mpi_there", 127, "a host of the host file has no Open MPI; apt-get install openmpi-bin there"},
    {"openmpi_5_no_ssh", 250,
     "ssh is needed to start ranks on other hosts, and it is not installed; apt-get install openssh-client"},
    {"openmpi_5_no_program_there", 183,
     "/nowhere/loadsim cannot be started on host vm; the program must be at the same path on every host"},
    {"openmpi_5_hostfile_missing", 250, "the host file /tmp/nohf cannot be read"},
    {"openmpi_5_hostfile_bad_line", 250,
     "the host file /tmp/hx cannot be understood in line 1; a line reads: host slots=4"},
    {"openmpi_5_hostfile_bad_slots", 250, "the host file /tmp/hx cannot be understood; a line reads: host slots=4"},
    {"openmpi_5_hostfile_empty", 213, "the host file names no host; a line reads: host slots=4"},
    {"no_temporary_folder", 1, "mpirun ended with code 1; mpirun.log has its output"},
};

} // namespace

TEST(mpirun_diagnosis, gives_one_sentence_per_output) {
    for (const auto& r : diagnosis_cases) {
        const auto output = text_of(r.file);
        ASSERT_FALSE(output.empty()) << r.file;
        EXPECT_EQ(diagnose(output, r.exit_code), r.sentence) << r.file;
    }
}

TEST(mpirun_diagnosis, covers_every_collected_output) {
    std::set<std::string> unknown;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".txt") unknown.insert(entry.path().stem());
    for (const auto& r : diagnosis_cases) unknown.erase(r.file);
    EXPECT_TRUE(unknown.empty()) << *unknown.begin();
}

TEST(mpirun_diagnosis, is_empty_after_success) {
    EXPECT_EQ(diagnose("", 0), "");
    EXPECT_EQ(diagnose(text_of("rank_killed"), 0), "");
}

TEST(mpirun_diagnosis, accepts_any_text) {
    EXPECT_EQ(diagnose("", 7), "mpirun ended with code 7 and without output");
    EXPECT_EQ(diagnose("?", 7), "mpirun ended with code 7; mpirun.log has its output");
    // Truncated after any byte: no crash.
    for (const auto& r : diagnosis_cases) {
        const auto output = text_of(r.file);
        for (std::size_t length = 0; length < output.size(); length += 5) (void)diagnose(output.substr(0, length), 1);
    }
}
