// Exit code 3, startup failure: one sentence with problem and remedy, before the load starts.
#include "broker.hpp"
#include "child_process.hpp"
#include "fake_api.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>

using harness::program;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

namespace {

const std::string scenario = harness::scenario_builder{}.yaml();
const std::string without_backend = [] {
    harness::scenario_builder w;
    w.load_keys = "driver: mqtt,";
    return w.yaml();
}();

std::string unused_url(std::string_view scheme) {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(harness::free_port());
}

/// `location` and `remedy`: parts of the error sentence.
void expect_startup_failure(program& run, const testing::Matcher<const std::string&>& location,
                            const testing::Matcher<const std::string&>& remedy) {
    EXPECT_EQ(run.wait(), 3) << run.out() << run.err();
    const auto output = run.err();
    EXPECT_EQ(std::ranges::count(output, '\n'), 1) << output;
    EXPECT_TRUE(output.starts_with("loadsim: ")) << output;
    EXPECT_THAT(output, AllOf(location, remedy));
    EXPECT_FALSE(exists(run.report() / "summary.json")) << "there was no run";
}

TEST(startup_failure, reports_an_unreachable_broker) {
    const auto url = unused_url("mqtt");
    auto run = program::run(scenario, {"--broker", url});
    expect_startup_failure(run, HasSubstr(url + ": cannot connect to the broker"), HasSubstr("check that it runs"));
}

TEST(startup_failure, reports_an_unreachable_api) {
    harness::broker broker;
    const auto url = unused_url("http");
    auto run = program::run(scenario, {"--broker", broker.url(), "--api", url});
    expect_startup_failure(run, HasSubstr(url + ": cannot connect to the platform's API"),
                           HasSubstr("check that it runs and listens there"));
}

TEST(startup_failure, reports_an_unknown_host_name) {
    auto run = program::run(scenario, {"--broker", "mqtt://broker.invalid"});
    expect_startup_failure(run, HasSubstr("mqtt://broker.invalid:1883"), HasSubstr("check the host"));
}

TEST(startup_failure, reports_missing_broker_credentials) {
    const harness::temporary_folder folder;
    harness::broker strict("allow_anonymous false\npassword_file " +
                           harness::broker::password_file(folder, "car", "right") + "\n");
    for (const auto& text : {scenario, without_backend}) {
        auto run = program::run(text, {"--broker", strict.url()});
        expect_startup_failure(
            run, AnyOf(HasSubstr(strict.url()), HasSubstr("the session of the driver"), HasSubstr("vehicle ")),
            AnyOf(HasSubstr("check "), HasSubstr("it must let us in without a password")));
        EXPECT_THAT(run.err(), HasSubstr("refuse"));
    }
}

TEST(startup_failure, uses_credentials_for_its_own_sessions) {
    const harness::temporary_folder folder;
    harness::broker strict("allow_anonymous false\npassword_file " +
                           harness::broker::password_file(folder, "car", "right") + "\n");
    ::setenv("CAR_PASSWORD", "right", 1);
    for (const auto* driver : {"driver: http,", "driver: mqtt,"}) {
        harness::scenario_builder w;
        w.fleet_keys = "mqtt: {user: car, password: '${CAR_PASSWORD}'},";
        w.load_keys = driver;
        auto run = program::run(w.yaml(), {"--broker", strict.url(), "--set", "target.user=car", "--set",
                                           "target.password=${CAR_PASSWORD}"});
        EXPECT_EQ(run.wait(), 0) << driver << run.out() << run.err();
        EXPECT_THAT(harness::read_file(run.report() / "scenario.yaml"), testing::Not(HasSubstr("right")));
    }
}

TEST(startup_failure, reports_a_refusing_api) {
    harness::broker broker;
    for (const std::string status : {"401 Unauthorized", "403 Forbidden", "503 Service Unavailable"}) {
        const harness::fake_server api([&](auto, std::string& unread) {
            const bool received = !std::exchange(unread, {}).empty();
            return received ? harness::reaction{harness::http_response(status)} : harness::reaction{};
        });
        const auto url = "http://127.0.0.1:" + std::to_string(api.port());
        auto run = program::run(scenario, {"--broker", broker.url(), "--api", url});
        expect_startup_failure(run, HasSubstr(url),
                               AllOf(HasSubstr(status.substr(0, 3)), HasSubstr("the platform's API")));
    }
}

TEST(startup_failure, reports_that_the_server_is_not_an_http_api) {
    harness::broker broker;
    auto run = program::run(scenario, {"--broker", broker.url(), "--api", "http" + broker.url().substr(4)});
    expect_startup_failure(run, HasSubstr("does not answer an HTTP request"), HasSubstr("check its URL"));
}

TEST(startup_failure, reports_wrong_vehicle_credentials) {
    const harness::temporary_folder folder;
    harness::broker choosy("allow_anonymous true\npassword_file " +
                           harness::broker::password_file(folder, "car", "right") + "\n");
    harness::scenario_builder w;
    w.fleet_keys = "mqtt: {user: car, password: '${CAR_PASSWORD}'},";
    // Set in this process and inherited by the child; the tests of this file run sequentially.
    ::setenv("CAR_PASSWORD", "wrong", 1);
    auto wrong = program::run(w.yaml(), {"--broker", choosy.url()});
    expect_startup_failure(wrong, HasSubstr("refuses vehicle LZ9SMEV0"),
                           HasSubstr("check fleet.mqtt.user and fleet.mqtt.password"));
    EXPECT_THAT(wrong.err(), testing::Not(HasSubstr("wrong"))) << "a password is never echoed";

    ::setenv("CAR_PASSWORD", "right", 1);
    auto right = program::run(w.yaml(), {"--broker", choosy.url()});
    EXPECT_EQ(right.wait(), 0) << right.out() << right.err();
    EXPECT_THAT(harness::read_file(right.report() / "scenario.yaml"), testing::Not(HasSubstr("right")));
}

TEST(startup_failure, reports_a_refused_command_subscription) {
    const harness::temporary_folder folder;
    const auto rules = folder.write("rules.json", R"({
        "defaultACLAccess": {"publishClientSend": true, "publishClientReceive": true, "subscribe": true, "unsubscribe": true},
        "clients": [], "anonymousGroup": "anybody",
        "groups": [{"groupname": "anybody", "roles": [{"rolename": "hears no commands"}]}],
        "roles": [{"rolename": "hears no commands", "acls": [
            {"acltype": "subscribePattern", "topic": "v1/+/cmd/#", "priority": 0, "allow": false}]}]})");
    harness::broker deafening("allow_anonymous true\nplugin "
                              "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so\nplugin_opt_config_file " +
                              rules.string() + "\n");
    auto run = program::run(scenario, {"--broker", deafening.url()});
    expect_startup_failure(run, AllOf(HasSubstr("subscription to v1/LZ9SMEV0"), HasSubstr("not authorized")),
                           HasSubstr("check the broker's access rules"));
}

TEST(startup_failure, of_the_build_in_a_checkout_that_cannot_be_written_to) {
    const harness::temporary_folder checkout;
    std::filesystem::copy(LOADSIM_ROOT "/scripts", checkout / "scripts");
    checkout.write("build", "no folder");
    std::string output;
    const auto run =
        harness::run({.command = {"/bin/bash", "-euc", "exec 2>&1; root=$1; source $1/scripts/setup; build_program",
                                  "-", checkout.path().string()}},
                     output);
    EXPECT_EQ(run.exit_code, 3);
    EXPECT_EQ(output, "loadsim: " + (checkout / "build").string() +
                          " cannot be written to (File exists); make room, or take a checkout of your own\n");
}

TEST(startup_failure, reports_missing_mosquitto) {
    // Hidden in the child's mount namespace.
    const auto hide = [] {
        return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("none", "/usr/sbin", "tmpfs", 0, "size=4k") == 0 &&
               ::mount("none", "/usr/local/sbin", "tmpfs", 0, "size=4k") == 0;
    };
    auto run = program::run(scenario, {}, hide);
    if (run.wait() == program::setup_failed) GTEST_SKIP() << "needs the right to mount (root)";
    expect_startup_failure(run, HasSubstr("mosquitto: "),
                           AllOf(HasSubstr("apt-get install mosquitto"), HasSubstr("--broker")));
}

TEST(startup_failure, reports_a_low_open_files_limit) {
    const auto few = [] {
        const rlimit limit{250, 250};
        return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
    };
    auto run = program::run(scenario, {}, few);
    expect_startup_failure(run, HasSubstr("open files"), AllOf(HasSubstr("ulimit -Hn"), HasSubstr("fleet.vehicles")));
}

TEST(startup_failure, reports_that_no_thread_can_be_started) {
    // Stacks are as large as the limit: larger than the address space.
    const auto enormous_stacks = [] {
        const rlimit limit{rlim_t{200} << 40U, RLIM_INFINITY};
        return ::setrlimit(RLIMIT_STACK, &limit) == 0;
    };
    auto run = program::run(scenario, {}, enormous_stacks);
    expect_startup_failure(run, HasSubstr("no further thread can be started"), HasSubstr("ulimit -u"));
}

TEST(startup_failure, raises_a_soft_limit_of_open_files_itself) {
    const auto soft = [] {
        rlimit limit{};
        if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
        limit.rlim_cur = 100;
        return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
    };
    auto run = program::run(scenario, {}, soft);
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
}

TEST(startup_failure, does_not_overwrite_an_earlier_report) {
    const harness::temporary_folder elsewhere;
    elsewhere.write("summary.json", "precious");
    const auto file = elsewhere.write("scenario.yaml", scenario).string();
    program run({"run", file, "--report", elsewhere.path().string()});
    expect_startup_failure(run, HasSubstr(elsewhere.path().string() + ": is not empty"), HasSubstr("--report"));
    EXPECT_EQ(harness::read_file(elsewhere / "summary.json"), "precious");

    program onto({"run", file, "--report", (elsewhere / "summary.json").string()});
    expect_startup_failure(onto, HasSubstr("is a file"), HasSubstr("a folder"));
}

TEST(startup_failure, backend_reports_that_its_port_is_taken) {
    harness::broker broker;
    const harness::fake_server somebody([](auto, auto&) { return harness::reaction{}; });
    const auto listen = "127.0.0.1:" + std::to_string(somebody.port());
    program taken({"backend", "--broker", broker.url(), "--listen", listen});
    expect_startup_failure(taken, HasSubstr(listen), HasSubstr("taken"));

    const auto url = unused_url("mqtt");
    program lonely({"backend", "--broker", url, "--listen", "127.0.0.1:0"});
    expect_startup_failure(lonely, HasSubstr(url), HasSubstr("the backend cannot connect"));
}

} // namespace
