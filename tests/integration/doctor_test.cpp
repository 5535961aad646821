// doctor and preflight checks: machine resources against the requirements of a scenario, before the start.
#include "program.hpp"
#include "scenario_builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include <sched.h>
#include <sys/resource.h>

using harness::program;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string fleet_of(std::uint32_t vehicles) {
    harness::scenario_builder w;
    w.vehicles = vehicles;
    return w.yaml();
}

/// Sets both limits on open files, in the child.
std::function<bool()> set_open_file_limits(rlim_t soft, rlim_t hard) {
    return [=] {
        const rlimit limit{soft, hard};
        return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
    };
}

/// Enters a network namespace with 100 source ports, in the child. Needs root.
bool limit_source_ports() {
    if (::unshare(CLONE_NEWNET) != 0) return false;
    std::ofstream range("/proc/sys/net/ipv4/ip_local_port_range");
    range << "40000 40099" << std::flush;
    return range.good();
}

class doctor {
public:
    explicit doctor(const std::string& scenario, harness::arguments extra_arguments = {},
                    const std::function<bool()>& before_exec = {})
        : run_(doctor_arguments(folder_.write("scenario.yaml", scenario).string(), std::move(extra_arguments)),
               before_exec) {}
    program& run() { return run_; }

private:
    static harness::arguments doctor_arguments(std::string file, harness::arguments extra_arguments) {
        extra_arguments.insert(extra_arguments.begin(), {"doctor", std::move(file)});
        return extra_arguments;
    }
    harness::temporary_folder folder_;
    program run_;
};

TEST(doctor, reports_sufficient_resources_and_opens_nothing) {
    doctor d(fleet_of(200));
    EXPECT_EQ(d.run().wait(), 0) << d.run().out() << d.run().err();
    EXPECT_THAT(d.run().out(), AllOf(HasSubstr("open files"), HasSubstr("source ports"), HasSubstr("memory"),
                                     HasSubstr("TCP memory"), HasSubstr("listen backlog"),
                                     HasSubstr("the machine can carry this run"), Not(HasSubstr("not enough"))));
    EXPECT_EQ(d.run().err(), "");
    EXPECT_FALSE(exists(d.run().folder() / "reports"));
}

TEST(doctor, says_how_long_handshakes_take_with_tls) {
    doctor d(fleet_of(200), {"--broker", "mqtts://10.0.0.7", "--set", "fleet.connectRate=1000000"});
    EXPECT_EQ(d.run().wait(), 0) << d.run().out() << d.run().err();
    EXPECT_THAT(d.run().out(), AllOf(HasSubstr("TLS handshakes"), HasSubstr("1000000/s"), HasSubstr("tight"),
                                     HasSubstr("connecting takes 1s at least"),
                                     HasSubstr("the default of fleet.fleetConnectTimeout follows from it")));
}

TEST(doctor, suggests_a_number_of_ranks_and_accepts_that_number) {
    doctor one(fleet_of(2000), {}, set_open_file_limits(1000, 1000));
    EXPECT_EQ(one.run().wait(), 3) << one.run().out() << one.run().err();
    EXPECT_THAT(one.run().out(), AllOf(HasSubstr("open files: not enough"), HasSubstr("scenario.yaml --ranks 4\n"),
                                       HasSubstr("ulimit -Hn 2")));
    doctor four(fleet_of(2000), {"--ranks", "4"}, set_open_file_limits(1000, 1000));
    EXPECT_EQ(four.run().wait(), 0) << four.run().out() << four.run().err();
    EXPECT_THAT(four.run().out(), HasSubstr("4 processes"));
}

TEST(doctor, raises_the_soft_limit_first) {
    doctor d(fleet_of(1000), {}, set_open_file_limits(100, 5000));
    EXPECT_EQ(d.run().wait(), 0) << d.run().out() << d.run().err();
    EXPECT_THAT(d.run().out(), HasSubstr("5000"));
}

TEST(doctor, repeats_the_flags_of_a_run_without_passwords) {
    doctor d(fleet_of(200),
             {"--set", "fleet.vehicles=9000", "--broker", "mqtt://127.0.0.1:1", "--seed", "4", "--set",
              "fleet.mqtt.user=car", "--set", "fleet.mqtt.password=secret"},
             set_open_file_limits(5000, 5000));
    EXPECT_EQ(d.run().wait(), 3) << d.run().out() << d.run().err();
    EXPECT_THAT(d.run().out(), AllOf(HasSubstr("9000"), HasSubstr("--broker mqtt://127.0.0.1:1 --seed 4 --ranks 3\n"),
                                     Not(HasSubstr("secret"))));
}

TEST(doctor, refuses_a_bad_scenario_and_a_bad_number_of_ranks) {
    doctor bad("name: x\nflete: {}\n");
    EXPECT_EQ(bad.run().wait(), 2);
    EXPECT_THAT(bad.run().err(), HasSubstr("scenario.yaml:2:1"));
    for (const auto* ranks : {"0", "many"}) {
        doctor none(fleet_of(10), {"--ranks", ranks});
        EXPECT_EQ(none.run().wait(), 2) << ranks;
        EXPECT_THAT(none.run().err(), HasSubstr("--ranks"));
    }
}

TEST(doctor, and_a_run_report_too_few_source_ports) {
    doctor d(fleet_of(200), {}, limit_source_ports);
    const auto code = d.run().wait();
    if (code == program::setup_failed) GTEST_SKIP() << "needs the right to make a network namespace (root)";
    EXPECT_EQ(code, 3) << d.run().out() << d.run().err();
    EXPECT_THAT(d.run().out(),
                AllOf(HasSubstr("source ports: not enough"), HasSubstr("fleet.sourceAddresses=[127.1.0.0/29]"),
                      HasSubstr("sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"\n")));
    auto run = program::run(fleet_of(200), {}, limit_source_ports);
    EXPECT_EQ(run.wait(), 3) << run.out();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("loadsim: source ports: 203 are needed"), HasSubstr("100 are there")));
    EXPECT_FALSE(exists(run.report() / "mosquitto.log")) << "nothing has been started";
    doctor spread(fleet_of(200), {"--set", "fleet.sourceAddresses=[127.1.0.0/29]"}, limit_source_ports);
    EXPECT_EQ(spread.run().wait(), 0) << spread.run().out() << spread.run().err();
}

TEST(doctor, tight_resources_are_reported_before_a_run_and_do_not_stop_it) {
    auto run = program::run(fleet_of(200), {"--set", "fleet.connectsInFlight=150"});
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    EXPECT_THAT(run.out(), HasSubstr("listen backlog: 150 are needed"));
}

} // namespace
