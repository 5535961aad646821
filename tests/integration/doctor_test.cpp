// What the machine offers and a scenario needs, before anything is opened.
#include "program.hpp"
#include "wanted.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include <sched.h>
#include <sys/resource.h>

using stage::program;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string fleet_of(std::uint32_t vehicles) {
    stage::wanted w;
    w.vehicles = vehicles;
    return w.yaml();
}

/// In the child: both limits on open files.
std::function<bool()> files(rlim_t soft, rlim_t hard) {
    return [=] {
        const rlimit limit{soft, hard};
        return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
    };
}

/// In the child: a network of its own, with so few source ports. Needs root.
bool few_ports() {
    if (::unshare(CLONE_NEWNET) != 0) return false;
    std::ofstream range("/proc/sys/net/ipv4/ip_local_port_range");
    range << "40000 40099" << std::flush;
    return range.good();
}

class doctor {
public:
    explicit doctor(const std::string& scenario, stage::arguments more = {},
                    const std::function<bool()>& before_exec = {})
        : run_(words(folder_.write("scenario.yaml", scenario).string(), std::move(more)), before_exec) {}
    program& run() { return run_; }

private:
    static stage::arguments words(std::string file, stage::arguments more) {
        more.insert(more.begin(), {"doctor", std::move(file)});
        return more;
    }
    stage::scratch folder_;
    program run_;
};

TEST(doctor, says_that_all_is_well_and_opens_nothing) {
    doctor d(fleet_of(200));
    EXPECT_EQ(d.run().wait(), 0) << d.run().out() << d.run().err();
    EXPECT_THAT(d.run().out(), AllOf(HasSubstr("open files"), HasSubstr("source ports"), HasSubstr("memory"),
                                     HasSubstr("TCP memory"), HasSubstr("listen backlog"),
                                     HasSubstr("the machine can carry this run"), Not(HasSubstr("not enough"))));
    EXPECT_EQ(d.run().err(), "");
    EXPECT_FALSE(exists(d.run().folder() / "reports"));
}

TEST(doctor, names_the_number_of_ranks_and_is_content_with_it) {
    doctor one(fleet_of(2000), {}, files(1000, 1000));
    EXPECT_EQ(one.run().wait(), 3) << one.run().out() << one.run().err();
    EXPECT_THAT(one.run().out(), AllOf(HasSubstr("open files: not enough"), HasSubstr("scenario.yaml --ranks 4\n"),
                                       HasSubstr("ulimit -Hn 2")));
    doctor four(fleet_of(2000), {"--ranks", "4"}, files(1000, 1000));
    EXPECT_EQ(four.run().wait(), 0) << four.run().out() << four.run().err();
    EXPECT_THAT(four.run().out(), HasSubstr("4 processes"));
}

TEST(doctor, raises_the_soft_limit_first) {
    doctor d(fleet_of(1000), {}, files(100, 5000));
    EXPECT_EQ(d.run().wait(), 0) << d.run().out() << d.run().err();
    EXPECT_THAT(d.run().out(), HasSubstr("5000"));
}

TEST(doctor, takes_the_flags_of_a_run_and_gives_them_back_without_passwords) {
    doctor d(fleet_of(200),
             {"--set", "fleet.vehicles=9000", "--broker", "mqtt://127.0.0.1:1", "--seed", "4", "--set",
              "fleet.mqtt.user=car", "--set", "fleet.mqtt.password=secret"},
             files(5000, 5000));
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

TEST(doctor, and_a_run_find_too_few_source_ports) {
    doctor d(fleet_of(200), {}, few_ports);
    const auto code = d.run().wait();
    if (code == program::not_staged) GTEST_SKIP() << "needs the right to make a network namespace (root)";
    EXPECT_EQ(code, 3) << d.run().out() << d.run().err();
    EXPECT_THAT(d.run().out(),
                AllOf(HasSubstr("source ports: not enough"), HasSubstr("fleet.sourceAddresses=[127.1.0.0/29]"),
                      HasSubstr("sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"\n")));
    auto run = program::run(fleet_of(200), {}, few_ports);
    EXPECT_EQ(run.wait(), 3) << run.out();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("loadsim: source ports: 203 are needed"), HasSubstr("100 are there")));
    EXPECT_FALSE(exists(run.report() / "mosquitto.log")) << "nothing has been started";
    doctor spread(fleet_of(200), {"--set", "fleet.sourceAddresses=[127.1.0.0/29]"}, few_ports);
    EXPECT_EQ(spread.run().wait(), 0) << spread.run().out() << spread.run().err();
}

TEST(doctor, what_is_tight_is_said_before_a_run_and_does_not_stop_it) {
    auto run = program::run(fleet_of(200), {"--set", "fleet.connectsInFlight=150"});
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    EXPECT_THAT(run.out(), HasSubstr("listen backlog: 150 are needed"));
}

} // namespace
