// Exit code 3: one sentence that says what and what to do, before the load starts.
#include "broker.hpp"
#include "fake_api.hpp"
#include "program.hpp"
#include "wanted.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>

using stage::program;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

namespace {

const std::string scenario = stage::wanted{}.yaml();
const std::string without_backend = [] {
    stage::wanted w;
    w.load = "driver: mqtt,";
    return w.yaml();
}();

std::string nobody(std::string_view scheme) {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(stage::free_port());
}

/// `place` and `remedy`: parts of the sentence.
void expect_refusal(program& run, const testing::Matcher<const std::string&>& place,
                    const testing::Matcher<const std::string&>& remedy) {
    EXPECT_EQ(run.wait(), 3) << run.out() << run.err();
    const auto said = run.err();
    EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
    EXPECT_TRUE(said.starts_with("loadsim: ")) << said;
    EXPECT_THAT(said, AllOf(place, remedy));
    EXPECT_FALSE(exists(run.report() / "summary.json")) << "there was no run";
}

TEST(set_up, says_that_nobody_is_at_the_brokers_address) {
    const auto url = nobody("mqtt");
    auto run = program::run(scenario, {"--broker", url});
    expect_refusal(run, HasSubstr(url + ": cannot connect to the broker"), HasSubstr("check that it runs"));
}

TEST(set_up, says_that_nobody_is_at_the_apis_address) {
    stage::broker broker;
    const auto url = nobody("http");
    auto run = program::run(scenario, {"--broker", broker.url(), "--api", url});
    expect_refusal(run, HasSubstr(url + ": does not answer an HTTP request"), HasSubstr("check its URL, and that it runs"));
}

TEST(set_up, says_that_a_name_is_unknown) {
    auto run = program::run(scenario, {"--broker", "mqtt://broker.invalid"});
    expect_refusal(run, HasSubstr("mqtt://broker.invalid:1883"), HasSubstr("check the host"));
}

TEST(set_up, says_that_the_broker_wants_credentials) {
    const stage::scratch folder;
    stage::broker strict("allow_anonymous false\npassword_file " +
                         stage::broker::password_file(folder, "car", "right") + "\n");
    for (const auto& text : {scenario, without_backend}) {
        auto run = program::run(text, {"--broker", strict.url()});
        expect_refusal(run, AnyOf(HasSubstr(strict.url()), HasSubstr("the driver's session"), HasSubstr("vehicle ")),
                       AnyOf(HasSubstr("check "), HasSubstr("it must let us in without a password")));
        EXPECT_THAT(run.err(), HasSubstr("refuse"));
    }
}

TEST(set_up, takes_credentials_for_its_own_sessions) {
    const stage::scratch folder;
    stage::broker strict("allow_anonymous false\npassword_file " +
                         stage::broker::password_file(folder, "car", "right") + "\n");
    ::setenv("CAR_PASSWORD", "right", 1);
    for (const auto* driver : {"driver: http,", "driver: mqtt,"}) {
        stage::wanted w;
        w.fleet = "mqtt: {user: car, password: '${CAR_PASSWORD}'},";
        w.load = driver;
        auto run = program::run(w.yaml(), {"--broker", strict.url(), "--set", "target.user=car", "--set",
                                           "target.password=${CAR_PASSWORD}"});
        EXPECT_EQ(run.wait(), 0) << driver << run.out() << run.err();
        EXPECT_THAT(stage::contents(run.report() / "scenario.yaml"), testing::Not(HasSubstr("right")));
    }
}

TEST(set_up, says_that_the_api_refuses) {
    stage::broker broker;
    for (const std::string status : {"401 Unauthorized", "403 Forbidden", "503 Service Unavailable"}) {
        const stage::fake_server api([&](auto, std::string& unread) {
            const bool asked = !std::exchange(unread, {}).empty();
            return asked ? stage::reaction{stage::response(status)} : stage::reaction{};
        });
        const auto url = "http://127.0.0.1:" + std::to_string(api.port());
        auto run = program::run(scenario, {"--broker", broker.url(), "--api", url});
        expect_refusal(run, HasSubstr(url), AllOf(HasSubstr(status.substr(0, 3)), HasSubstr("the platform's API")));
    }
}

TEST(set_up, says_that_something_else_than_an_api_answers) {
    stage::broker broker;
    auto run = program::run(scenario, {"--broker", broker.url(), "--api", "http" + broker.url().substr(4)});
    expect_refusal(run, HasSubstr("does not answer an HTTP request"), HasSubstr("check its URL"));
}

TEST(set_up, says_that_the_vehicles_credentials_are_wrong) {
    const stage::scratch folder;
    stage::broker choosy("allow_anonymous true\npassword_file " + stage::broker::password_file(folder, "car", "right") +
                         "\n");
    stage::wanted w;
    w.fleet = "mqtt: {user: car, password: '${CAR_PASSWORD}'},";
    // In this process, for the child to inherit: the tests of this file run one after the other.
    ::setenv("CAR_PASSWORD", "wrong", 1);
    auto wrong = program::run(w.yaml(), {"--broker", choosy.url()});
    expect_refusal(wrong, HasSubstr("refuses vehicle LZ9SMEV0"),
                   HasSubstr("check fleet.mqtt.user and fleet.mqtt.password"));
    EXPECT_THAT(wrong.err(), testing::Not(HasSubstr("wrong"))) << "a password is never echoed";

    ::setenv("CAR_PASSWORD", "right", 1);
    auto right = program::run(w.yaml(), {"--broker", choosy.url()});
    EXPECT_EQ(right.wait(), 0) << right.out() << right.err();
    EXPECT_THAT(stage::contents(right.report() / "scenario.yaml"), testing::Not(HasSubstr("right")));
}

TEST(set_up, says_that_the_broker_refuses_the_command_subscription) {
    const stage::scratch folder;
    const auto rules = folder.write("rules.json", R"({
        "defaultACLAccess": {"publishClientSend": true, "publishClientReceive": true, "subscribe": true, "unsubscribe": true},
        "clients": [], "anonymousGroup": "anybody",
        "groups": [{"groupname": "anybody", "roles": [{"rolename": "hears no commands"}]}],
        "roles": [{"rolename": "hears no commands", "acls": [
            {"acltype": "subscribePattern", "topic": "v1/+/cmd/#", "priority": 0, "allow": false}]}]})");
    stage::broker deafening("allow_anonymous true\nplugin "
                            "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so\nplugin_opt_config_file " +
                            rules.string() + "\n");
    auto run = program::run(scenario, {"--broker", deafening.url()});
    expect_refusal(run, AllOf(HasSubstr("subscription to v1/LZ9SMEV0"), HasSubstr("not authorized")),
                   HasSubstr("check the broker's access rules"));
}

TEST(set_up, says_that_mosquitto_is_not_installed) {
    // It is: but not in the child's file system.
    const auto hide = [] {
        return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("none", "/usr/sbin", "tmpfs", 0, "size=4k") == 0 &&
               ::mount("none", "/usr/local/sbin", "tmpfs", 0, "size=4k") == 0;
    };
    auto run = program::run(scenario, {}, hide);
    if (run.wait() == program::not_staged) GTEST_SKIP() << "needs the right to mount (root)";
    expect_refusal(run, HasSubstr("mosquitto: "), AllOf(HasSubstr("apt-get install mosquitto"), HasSubstr("--broker")));
}

TEST(set_up, says_that_too_few_files_may_be_open) {
    const auto few = [] {
        const rlimit limit{250, 250};
        return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
    };
    auto run = program::run(scenario, {}, few);
    expect_refusal(run, HasSubstr("open files"), AllOf(HasSubstr("ulimit -Hn"), HasSubstr("fleet.vehicles")));
}

TEST(set_up, raises_a_soft_limit_of_open_files_itself) {
    const auto soft = [] {
        rlimit limit{};
        if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
        limit.rlim_cur = 100;
        return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
    };
    auto run = program::run(scenario, {}, soft);
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
}

TEST(set_up, says_that_a_limit_cannot_be_divided) {
    stage::wanted w;
    w.phases = "[{name: tight, duration: 1s, arrivalRate: 10, maxVusers: 2}]";
    auto run = program::run(w.yaml(), {"--shards", "3"});
    EXPECT_EQ(run.wait(), 3);
    EXPECT_THAT(run.err(), HasSubstr("tight: maxVusers 2 cannot be divided over 3 shards"));
}

TEST(set_up, does_not_write_over_an_earlier_report) {
    const stage::scratch elsewhere;
    elsewhere.write("summary.json", "precious");
    const auto file = elsewhere.write("scenario.yaml", scenario).string();
    program run({"run", file, "--report", elsewhere.path().string()});
    expect_refusal(run, HasSubstr(elsewhere.path().string() + ": is not empty"), HasSubstr("--report"));
    EXPECT_EQ(stage::contents(elsewhere / "summary.json"), "precious");

    program onto({"run", file, "--report", (elsewhere / "summary.json").string()});
    expect_refusal(onto, HasSubstr("is a file"), HasSubstr("a folder"));
}

TEST(set_up, the_backend_says_that_its_port_is_taken) {
    stage::broker broker;
    const stage::fake_server somebody([](auto, auto&) { return stage::reaction{}; });
    const auto listen = "127.0.0.1:" + std::to_string(somebody.port());
    program taken({"backend", "--broker", broker.url(), "--listen", listen});
    expect_refusal(taken, HasSubstr(listen), HasSubstr("taken"));

    const auto url = nobody("mqtt");
    program lonely({"backend", "--broker", url, "--listen", "127.0.0.1:0"});
    expect_refusal(lonely, HasSubstr(url), HasSubstr("cannot be reached"));
}

} // namespace
