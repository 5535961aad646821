// Source addresses of sessions, and exhaustion of source ports; in a network namespace with few ports.
#include "broker.hpp"
#include "network_namespace.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"

#include <loadsim/target/machine_resources.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <algorithm>
#include <optional>
#include <vector>

#include <unistd.h>

using namespace loadsim;
using namespace std::chrono_literals;
using harness::number;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

constexpr std::uint16_t first_port = 40'000;
constexpr std::uint16_t last_port = 40'099;

std::string three_address_scenario(std::uint32_t vehicles, std::string fleet = {}) {
    harness::scenario_builder w;
    w.vehicles = vehicles;
    w.fleet_keys = "sourceAddresses: [127.0.0.2, 127.0.0.3/32, 127.0.0.4]," + fleet;
    w.load_keys = "driver: mqtt,";
    w.phases = "[{duration: 2s, arrivalRate: 20}]";
    return w.yaml();
}

class source_addresses : public testing::Test {
protected:
    void SetUp() override {
        if (!harness::enter_network_namespace()) GTEST_SKIP() << "needs a network namespace of its own (root)";
        broker_.emplace();
        harness::set_port_range(first_port, last_port);
    }
    void TearDown() override {
        for (const int socket : occupied_) ::close(socket);
    }

    void occupy_ports(const std::string& address, int count) {
        for (int i = 0; i < count; ++i) {
            occupied_.push_back(harness::connect_from(address, broker_->endpoint().port));
            ASSERT_GE(occupied_.back(), 0);
        }
    }
    std::size_t connections_of(const std::string& address) const {
        return harness::connection_count_from(address, broker_->endpoint().port);
    }

    std::size_t connections_of_all() const {
        return connections_of("127.0.0.2") + connections_of("127.0.0.3") + connections_of("127.0.0.4");
    }

    std::optional<harness::broker> broker_;
    std::vector<int> occupied_;
};

TEST_F(source_addresses, are_used_evenly) {
    auto run = harness::program::run(three_address_scenario(90), {"--broker", broker_->url(), "--shards", "3"});
    ASSERT_TRUE(harness::wait_until([&] { return connections_of_all() == 90; })) << run.err();
    EXPECT_EQ(connections_of("127.0.0.2"), 30U);
    EXPECT_EQ(connections_of("127.0.0.3"), 30U);
    EXPECT_EQ(connections_of("127.0.0.4"), 30U);
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
}

TEST_F(source_addresses, without_free_ports_are_skipped) {
    occupy_ports("127.0.0.2", 15);
    auto run = harness::program::run(three_address_scenario(280), {"--broker", broker_->url()});
    ASSERT_TRUE(harness::wait_until([&] { return connections_of_all() == 295; })) << run.err();
    EXPECT_EQ(connections_of("127.0.0.2"), 100U) << "all of its ports, the test's included";
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    EXPECT_EQ(number(run.summary(), "/sessions/online_peak"), 280);
    EXPECT_EQ(number(run.summary(), "/sessions/refused"), 0) << run.summary().at("sessions");
}

TEST_F(source_addresses, without_any_free_port_are_reported) {
    occupy_ports("127.0.0.2", 15);
    auto run = harness::program::run(
        three_address_scenario(290, "fleetConnectTimeout: 5s, reconnect: {base: 100ms, cap: 500ms},"),
        {"--broker", broker_->url()});
    EXPECT_EQ(run.wait(), 3) << run.out() << run.err();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("only 285 of 290 vehicles are online"), HasSubstr("no source port is free"),
                                 HasSubstr("fleet.sourceAddresses"), HasSubstr("ip_local_port_range")));
}

/// By default Linux assigns ports of one parity first, and its search for a port is slow once these are in use.
TEST_F(source_addresses, use_the_whole_port_range) {
    if (target::inspect_machine().slow_above_half_of_ports) GTEST_SKIP() << "a kernel before 6.8 cannot";
    harness::scenario_builder w;
    w.load_keys = "driver: mqtt,";
    w.vehicles = 40;
    w.fleet_keys = "sourceAddresses: [127.0.0.2],";
    w.phases = "[{duration: 2s, arrivalRate: 20}]";
    auto run = harness::program::run(w.yaml(), {"--broker", broker_->url()});
    ASSERT_TRUE(harness::wait_until([&] { return connections_of("127.0.0.2") == 40; })) << run.err();
    const auto ports = harness::ports_from("127.0.0.2", broker_->endpoint().port);
    const auto odd = std::ranges::count_if(ports, [](std::uint16_t p) { return p % 2 == 1; });
    EXPECT_GT(odd, 0);
    EXPECT_LT(odd, 40);
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
}

TEST_F(source_addresses, missing_on_this_machine_are_reported_before_the_start) {
    harness::scenario_builder w;
    w.load_keys = "driver: mqtt,";
    w.vehicles = 50;
    w.fleet_keys = "sourceAddresses: [127.0.0.2, 10.1.2.3],";
    auto run = harness::program::run(w.yaml(), {"--broker", broker_->url()});
    EXPECT_EQ(run.wait(), 3);
    EXPECT_THAT(run.err(), AllOf(HasSubstr("source address 10.1.2.3 is not an address of this machine"),
                                 HasSubstr("ip addr add 10.1.2.3/32 dev lo"), Not(HasSubstr("127.0.0.2"))));

    w.fleet_keys = "sourceAddresses: ['::1'],";
    auto six = harness::program::run(w.yaml(), {"--broker", broker_->url()});
    EXPECT_EQ(six.wait(), 3);
    EXPECT_THAT(six.err(), AllOf(HasSubstr("source address ::1 is IPv6"), HasSubstr("127.0.0.1, is IPv4")));
}

} // namespace
