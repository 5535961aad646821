// Two ranks on two hosts and a broker on a third: network namespaces as hosts, connected by a bridge, and a real mpirun.
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using harness::number;
using testing::HasSubstr;

namespace {

int shell(const std::string& command) {
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Three hosts on one switch: a at 10.77.0.1, b at 10.77.0.2 and c at 10.77.0.3, where a mosquitto listens on port 1883.
/// Removed by the destructor.
class three_hosts {
public:
    three_hosts() {
        std::string script = "set -e\n";
        for (const auto host : {'a', 'b', 'c'})
            script += fmt::format("ip netns add {0}; ip -n {0} link set lo up\n", name(host));
        script += fmt::format("ip -n {0} link add switch type bridge; ip -n {0} addr add 10.77.0.3/24 dev switch\n"
                              "ip -n {0} link set switch up\n",
                              name('c'));
        for (const auto host : {'a', 'b'})
            script += fmt::format("ip link add eth0 netns {0} type veth peer name to-{1} netns {2}\n"
                                  "ip -n {0} addr add 10.77.0.{3}/24 dev eth0; ip -n {0} link set eth0 up\n"
                                  "ip -n {2} link set to-{1} master switch up\n",
                                  name(host), host, name('c'), host - 'a' + 1);
        up_ = shell("bash -c '" + script + "' 2>" + (folder_ / "ip").string()) == 0;
        if (up_) start_mosquitto();
        write_remote_shell();
    }
    ~three_hosts() {
        mosquitto_.reset();
        for (const auto host : {'a', 'b', 'c'}) shell("ip netns del " + name(host) + " 2>/dev/null");
    }
    three_hosts(const three_hosts&) = delete;
    three_hosts& operator=(const three_hosts&) = delete;

    bool up() const { return up_; }
    std::string why_not() const { return harness::read_file(folder_ / "ip"); }
    std::string broker_log() const { return harness::read_file(folder_ / "mosquitto.log"); }

    /// Shell command line that runs `command` on host a with a remote shell to the other hosts.
    std::string on_a(const std::string& command) const {
        return fmt::format(
            "export OMPI_MCA_plm_rsh_agent={} OMPI_MCA_btl=tcp,self; exec ip netns exec {} unshare --uts sh -c "
            "'hostname host-a; exec {}'",
            (folder_ / "remote-shell").string(), name('a'), command);
    }
    std::string hostfile(const std::string& lines) const { return folder_.write("hosts", lines).string(); }

private:
    static std::string name(char host) { return fmt::format("loadsim-{}-{}", ::getpid(), host); }

    void start_mosquitto() {
        const auto configuration =
            folder_.write("mosquitto.conf", "listener 1883 10.77.0.3\nallow_anonymous true\nuser root\n"
                                            "log_type all\nconnection_messages true\n");
        mosquitto_.emplace(std::vector<std::string>{"ip", "netns", "exec", name('c'),
                                                    loadsim::find_program("mosquitto", "/usr/sbin").string(), "-c",
                                                    configuration.string()},
                           folder_ / "mosquitto.log");
        up_ = harness::wait_until([this] { return broker_log().find("running") != std::string::npos; }, 5s);
    }

    /// Writes the replacement of ssh for mpirun; arguments: options, host, command.
    void write_remote_shell() {
        const auto file = folder_.write(
            "remote-shell",
            fmt::format("#!/bin/sh\nwhile [ \"${{1#-}}\" != \"$1\" ]; do shift; done\nhost=$1; shift\n"
                        "case $host in 10.77.0.1) n=a;; 10.77.0.2) n=b;; *) echo \"ssh: connect to host $host port 22: "
                        "No route to host\" >&2; exit 255;;"
                        " esac\n"
                        "exec ip netns exec loadsim-{}-$n unshare --uts sh -c 'hostname \"$0\"; exec sh -c \"$*\"' "
                        "host-$n \"$@\"\n",
                        ::getpid()));
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }

    harness::temporary_folder folder_;
    bool up_ = false;
    std::optional<harness::child_process> mosquitto_;
};

harness::scenario_builder quick() {
    harness::scenario_builder w;
    w.vehicles = 200;
    w.phases = "[{name: steady, duration: 3s, arrivalRate: 20}]";
    w.load_keys = "driver: mqtt,";
    w.budgets = "['unexpected == 0', 'sessions.dropped == 0']";
    return w.without_repeated_vehicles();
}

struct program_output {
    int code;
    std::string out;
    std::string err;
};

/// Runs loadsim on host a.
program_output run_on_a(const three_hosts& net, const harness::temporary_folder& folder, const std::string& hosts) {
    folder.write("scenario.yaml", quick().yaml());
    const auto program =
        fmt::format("timeout -k 5 60 {} run scenario.yaml --report report --ranks 2 --hostfile {} --broker "
                    "mqtt://10.77.0.3:1883",
                    LOADSIM_PROGRAM, hosts);
    folder.write("start", "cd " + folder.path().string() + "\n" + net.on_a(program) + "\n");
    const int code = shell(fmt::format("sh {0}/start >{0}/out 2>{0}/err </dev/null", folder.path().string()));
    return {code, harness::read_file(folder / "out"), harness::read_file(folder / "err")};
}

} // namespace

TEST(two_hosts, share_a_run_with_their_own_addresses) {
    const three_hosts net;
    if (!net.up()) GTEST_SKIP() << "network namespaces cannot be made here: " << net.why_not();
    const harness::temporary_folder folder;
    const auto run = run_on_a(net, folder, net.hostfile("10.77.0.1 slots=1\n10.77.0.2 slots=1\n"));
    ASSERT_EQ(run.code, 0) << run.out << run.err;
    EXPECT_THAT(run.out, HasSubstr("2 ranks on 2 hosts"));
    const auto summary = boost::json::parse(harness::read_file(folder / "report" / "summary.json"));
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(number(summary, "/requests/due"), 60);
    EXPECT_EQ(number(summary, "/requests/outcomes/executed"), 60);
    EXPECT_EQ(number(summary, "/sessions/online_peak"), 200);
    // Each host has half of the fleet and one driver.
    const auto log = net.broker_log();
    for (const auto* host : {"10.77.0.1", "10.77.0.2"}) {
        std::size_t connections = 0;
        const auto words = fmt::format("New connection from {}:", host);
        for (auto at = log.find(words); at != std::string::npos; at = log.find(words, at + 1)) ++connections;
        EXPECT_GE(connections, 101U) << host;
        EXPECT_LE(connections, 103U) << host << ", with what looks whether the broker answers";
    }
}

TEST(two_hosts, with_one_unreachable_end_with_one_sentence) {
    const three_hosts net;
    if (!net.up()) GTEST_SKIP() << "network namespaces cannot be made here: " << net.why_not();
    const harness::temporary_folder folder;
    const auto run = run_on_a(net, folder, net.hostfile("10.77.0.1 slots=1\n10.77.0.9 slots=1\n"));
    EXPECT_EQ(run.code, 3) << run.out;
    EXPECT_THAT(run.err, testing::StartsWith("loadsim: "));
    EXPECT_THAT(run.err, HasSubstr("10.77.0.9"));
    EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
}
