// A name with several addresses, in a mount namespace with its own /etc/hosts: vehicles, API connections and observers are
// spread over all, fail over, and a dead address is told and passed over.
#include "program.hpp"
#include "scenario_builder.hpp"

#include <loadsim/net/connect_check.hpp>
#include <loadsim/net/server_list.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sched.h>
#include <sys/mount.h>

using namespace loadsim;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// /etc/hosts with the name cluster.test, in a mount namespace.
class hosts_file {
public:
    explicit hosts_file(const std::vector<std::string>& addresses) { write(addresses); }

    void write(const std::vector<std::string>& addresses) {
        std::string text = "127.0.0.1 localhost\n";
        for (const auto& a : addresses) text += a + " cluster.test\n";
        file_ = folder_.write("hosts", text).string();
    }
    /// Replaces /etc/hosts for the calling thread and its children. False: not permitted.
    bool enter() const {
        return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount(file_.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) == 0;
    }

private:
    harness::temporary_folder folder_;
    std::string file_;
};

/// mosquitto at one address of the loopback network.
class broker_at {
public:
    broker_at(const std::string& address, std::uint16_t port) {
        const auto configuration = folder_.write(
            "mosquitto.conf",
            fmt::format("listener {} {}\nallow_anonymous true\npersistence false\nlog_dest none\nuser root\n", port,
                        address));
        process_ = std::make_unique<harness::child_process>(
            child_options{.command = {"mosquitto", "-c", configuration.string()}});
        listening_ = harness::wait_until([&] {
            return net::check_servers({{"mqtt", address, port, ""}}, "broker", 1s).unreachable.empty();
        });
    }
    bool listening() const { return listening_; }
    void kill() { process_->signal(SIGKILL); }

private:
    harness::temporary_folder folder_;
    std::unique_ptr<harness::child_process> process_;
    bool listening_ = false;
};

harness::scenario_builder with_mqtt_driver() {
    harness::scenario_builder w;
    w.vehicles = 20;
    w.load_keys = "driver: mqtt,";
    w.fleet_keys = "reconnect: {base: 100ms, cap: 500ms},";
    w.budgets = "['unexpected == 0']";
    return w;
}

/// Counts by text of the summary.
std::map<std::string, std::int64_t> counts(const boost::json::value& summary, std::string_view pointer) {
    std::map<std::string, std::int64_t> all;
    for (const auto& one : summary.at_pointer(pointer).as_object())
        all[one.key()] = one.value().to_number<std::int64_t>();
    return all;
}

std::string at(const std::string& address, std::uint16_t port) { return fmt::format("{}:{}", address, port); }

} // namespace

TEST(name_with_several_addresses, has_its_sessions_spread_and_a_dead_address_told_and_passed_over) {
    const auto port = harness::free_port();
    const broker_at first("127.0.0.1", port);
    const broker_at second("127.0.0.2", port);
    ASSERT_TRUE(first.listening() && second.listening());
    const hosts_file hosts({"127.0.0.1", "127.0.0.2", "127.0.0.3"});
    auto run = harness::program::run(with_mqtt_driver().yaml(),
                                     {"--broker", fmt::format("mqtt://cluster.test:{}", port), "--verbose"},
                                     [&] { return hosts.enter(); });
    if (run.wait() == harness::program::setup_failed) GTEST_SKIP() << "needs the right to mount (root)";
    const auto text = run.out() + run.err();
    EXPECT_THAT(text,
                HasSubstr(fmt::format("going on without a broker: mqtt://cluster.test:{0} at 127.0.0.3:{0}: cannot "
                                      "connect to the broker (Connection refused)",
                                      port)));
    EXPECT_THAT(text, HasSubstr(fmt::format("sessions by address: 127.0.0.1:{0} 10, 127.0.0.2:{0} 10", port)));
    EXPECT_THAT(counts(run.summary(), "/sessions/addresses"),
                ElementsAre(testing::Pair(at("127.0.0.1", port), 10), testing::Pair(at("127.0.0.2", port), 10)));
    EXPECT_EQ(harness::number(run.summary(), "/sessions/refused"), 0);
}

TEST(name_with_several_addresses, keeps_the_fleet_online_when_one_address_dies) {
    const auto port = harness::free_port();
    broker_at first("127.0.0.1", port);
    const broker_at second("127.0.0.2", port);
    ASSERT_TRUE(first.listening() && second.listening());
    const hosts_file hosts({"127.0.0.1", "127.0.0.2"});
    auto scenario = with_mqtt_driver();
    scenario.phases =
        "[{name: before, pause: 2s}, {name: dies, pause: 4s}, {name: after, duration: 1s, arrivalRate: 20}]";
    auto run = harness::program::run(scenario.yaml(), {"--broker", fmt::format("mqtt://cluster.test:{}", port)},
                                     [&] { return hosts.enter(); });
    ASSERT_TRUE(harness::wait_until([&] { return run.timeline_lines() >= 2; }, 20s)) << run.out() << run.err();
    first.kill();
    const auto code = run.wait();
    if (code == harness::program::setup_failed) GTEST_SKIP() << "needs the right to mount (root)";
    const auto summary = run.summary();
    EXPECT_EQ(harness::number(summary, "/sessions/dropped"), 10);
    EXPECT_EQ(harness::number(summary, "/sessions/reconnects"), 10);
    EXPECT_EQ(counts(summary, "/sessions/addresses")[at("127.0.0.2", port)], 20) << "all are at the other address";
    EXPECT_EQ(harness::number(summary, "/requests/outcomes/executed"), 20) << "the driver's session, too";
    EXPECT_EQ(code, 0) << run.out() << run.err();
}

TEST(name_with_several_addresses, has_its_api_connections_and_observers_spread) {
    const auto port = harness::free_port();
    const auto api_port = harness::free_port();
    const broker_at broker("127.0.0.1", port);
    ASSERT_TRUE(broker.listening());
    std::vector<std::unique_ptr<harness::child_process>> backends;
    for (const auto* address : {"127.0.0.1", "127.0.0.2"}) {
        backends.push_back(std::make_unique<harness::child_process>(
            child_options{.command = {LOADSIM_PROGRAM, "backend", "--broker", fmt::format("mqtt://127.0.0.1:{}", port),
                                      "--listen", at(address, api_port)}}));
        ASSERT_TRUE(harness::wait_until([&] {
            return net::check_servers({{"http", address, api_port, ""}}, "API", 1s).unreachable.empty();
        }));
    }
    const hosts_file hosts({"127.0.0.1", "127.0.0.2", "127.0.0.3"});
    harness::scenario_builder scenario;
    const auto yaml = scenario.without_repeated_vehicles().yaml();
    auto run = harness::program::run(yaml,
                                     {"--broker", fmt::format("mqtt://127.0.0.1:{}", port), "--api",
                                      fmt::format("http://cluster.test:{}", api_port)},
                                     [&] { return hosts.enter(); });
    const auto code = run.wait();
    if (code == harness::program::setup_failed) GTEST_SKIP() << "needs the right to mount (root)";
    EXPECT_EQ(code, 0) << run.out() << run.err();
    EXPECT_THAT(run.out() + run.err(),
                HasSubstr(fmt::format("going on without a platform's API: http://cluster.test:{0} at 127.0.0.3:{0}",
                                      api_port)));
    const auto addresses = counts(run.summary(), "/http/addresses");
    EXPECT_EQ(addresses.size(), 2U);
    for (const auto& [address, connections] : addresses) EXPECT_GT(connections, 0) << address;
    EXPECT_EQ(harness::number(run.summary(), "/http/failovers"), 0);
    EXPECT_THAT(counts(run.summary(), "/observers/0/addresses"), ElementsAre(testing::Pair(at("127.0.0.1", port), 1)));
}

TEST(name_with_several_addresses, is_refused_only_if_all_are_dead) {
    const hosts_file hosts({"127.0.0.1", "127.0.0.2"});
    const auto port = harness::free_port();
    auto run =
        harness::program::run(with_mqtt_driver().yaml(), {"--broker", fmt::format("mqtt://cluster.test:{}", port)},
                              [&] { return hosts.enter(); });
    const auto code = run.wait();
    if (code == harness::program::setup_failed) GTEST_SKIP() << "needs the right to mount (root)";
    EXPECT_EQ(code, 3);
    EXPECT_THAT(run.err(), AllOf(HasSubstr(fmt::format("mqtt://cluster.test:{}: cannot connect to the broker", port)),
                                 HasSubstr("check that it runs")));
}

TEST(server_list, is_looked_up_again_after_30_seconds_without_waiting) {
    hosts_file hosts({"127.0.0.2", "127.0.0.1"});
    // The namespace is the thread's: lookups run on threads that it starts.
    std::thread([&] {
        if (!hosts.enter()) return;
        const auto found = net::look_up({{"mqtt", "cluster.test", 1883, ""}}, "broker");
        const auto start = std::chrono::steady_clock::now();
        const auto shown = [&](monotonic_time now) {
            std::string text;
            for (const auto& s : *found.servers.at(now)) text += net::to_string(s.address) + ' ';
            return text;
        };
        EXPECT_EQ(shown(start), "127.0.0.1:1883 127.0.0.2:1883 ");
        hosts.write({"127.0.0.4", "127.0.0.2"});
        EXPECT_EQ(shown(start + 25s), "127.0.0.1:1883 127.0.0.2:1883 ");
        std::this_thread::sleep_for(50ms);
        EXPECT_EQ(shown(start + 25s), "127.0.0.1:1883 127.0.0.2:1883 ") << "not due yet";
        EXPECT_TRUE(harness::wait_until([&] { return shown(start + 35s) == "127.0.0.2:1883 127.0.0.4:1883 "; }));
    }).join();
}
