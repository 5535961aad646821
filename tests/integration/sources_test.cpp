// Source addresses: where sessions come from, and what happens when ports run out. In a network of its own, which has few.
#include "broker.hpp"
#include "network.hpp"
#include "program.hpp"
#include "wanted.hpp"

#include <loadsim/target/machine.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <algorithm>
#include <optional>
#include <vector>

#include <unistd.h>

using namespace loadsim;
using namespace std::chrono_literals;
using stage::number;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

constexpr std::uint16_t first_port = 40'000;
constexpr std::uint16_t last_port = 40'099;

std::string from_three(std::uint32_t vehicles, std::string fleet = {}) {
    stage::wanted w;
    w.vehicles = vehicles;
    w.fleet = "sourceAddresses: [127.0.0.2, 127.0.0.3/32, 127.0.0.4]," + fleet;
    w.load = "driver: mqtt,";
    w.phases = "[{duration: 2s, arrivalRate: 20}]";
    return w.yaml();
}

class sources : public testing::Test {
protected:
    void SetUp() override {
        if (!stage::enter_own_network()) GTEST_SKIP() << "needs a network namespace of its own (root)";
        broker_.emplace();
        stage::set_port_range(first_port, last_port);
    }
    void TearDown() override {
        for (const int socket : taken_) ::close(socket);
    }

    void take_ports(const std::string& address, int count) {
        for (int i = 0; i < count; ++i) {
            taken_.push_back(stage::connect_from(address, broker_->endpoint().port));
            ASSERT_GE(taken_.back(), 0);
        }
    }
    std::size_t from(const std::string& address) const {
        return stage::connections_from(address, broker_->endpoint().port);
    }

    std::size_t from_all() const { return from("127.0.0.2") + from("127.0.0.3") + from("127.0.0.4"); }

    std::optional<stage::broker> broker_;
    std::vector<int> taken_;
};

TEST_F(sources, are_used_evenly) {
    auto run = stage::program::run(from_three(90), {"--broker", broker_->url(), "--shards", "3"});
    ASSERT_TRUE(stage::wait_until([&] { return from_all() == 90; })) << run.err();
    EXPECT_EQ(from("127.0.0.2"), 30U);
    EXPECT_EQ(from("127.0.0.3"), 30U);
    EXPECT_EQ(from("127.0.0.4"), 30U);
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
}

TEST_F(sources, that_are_full_leave_it_to_the_others) {
    take_ports("127.0.0.2", 15);
    auto run = stage::program::run(from_three(280), {"--broker", broker_->url()});
    ASSERT_TRUE(stage::wait_until([&] { return from_all() == 295; })) << run.err();
    EXPECT_EQ(from("127.0.0.2"), 100U) << "all of its ports, the test's included";
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    EXPECT_EQ(number(run.summary(), "/sessions/peak"), 280);
    EXPECT_EQ(number(run.summary(), "/sessions/refused"), 0) << run.summary().at("sessions");
}

TEST_F(sources, that_are_all_full_are_told_as_that) {
    take_ports("127.0.0.2", 15);
    auto run = stage::program::run(from_three(290, "connectWithin: 2s, reconnect: {base: 100ms, cap: 500ms},"),
                                   {"--broker", broker_->url()});
    EXPECT_EQ(run.wait(), 3) << run.out() << run.err();
    EXPECT_THAT(run.err(), AllOf(HasSubstr("only 285 of 290 vehicles are on line"), HasSubstr("no source port is free"),
                                 HasSubstr("fleet.sourceAddresses"), HasSubstr("ip_local_port_range")));
}

/// Left to itself Linux gives out every second port first, and looks long for each one once those are all in use.
TEST_F(sources, give_ports_of_the_whole_range) {
    if (target::look_at_machine().half_the_ports_are_slow) GTEST_SKIP() << "a kernel before 6.8 cannot";
    stage::wanted w;
    w.load = "driver: mqtt,";
    w.vehicles = 40;
    w.fleet = "sourceAddresses: [127.0.0.2],";
    w.phases = "[{duration: 2s, arrivalRate: 20}]";
    auto run = stage::program::run(w.yaml(), {"--broker", broker_->url()});
    ASSERT_TRUE(stage::wait_until([&] { return from("127.0.0.2") == 40; })) << run.err();
    const auto ports = stage::ports_from("127.0.0.2", broker_->endpoint().port);
    const auto odd = std::ranges::count_if(ports, [](std::uint16_t p) { return p % 2 == 1; });
    EXPECT_GT(odd, 0);
    EXPECT_LT(odd, 40);
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
}

TEST_F(sources, that_the_machine_lacks_are_found_before_anything_is_opened) {
    stage::wanted w;
    w.load = "driver: mqtt,";
    w.vehicles = 50;
    w.fleet = "sourceAddresses: [127.0.0.2, 10.1.2.3],";
    auto run = stage::program::run(w.yaml(), {"--broker", broker_->url()});
    EXPECT_EQ(run.wait(), 3);
    EXPECT_THAT(run.err(), AllOf(HasSubstr("source address 10.1.2.3 is not an address of this machine"),
                                 HasSubstr("ip addr add 10.1.2.3/32 dev lo"), Not(HasSubstr("127.0.0.2"))));

    w.fleet = "sourceAddresses: ['::1'],";
    auto six = stage::program::run(w.yaml(), {"--broker", broker_->url()});
    EXPECT_EQ(six.wait(), 3);
    EXPECT_THAT(six.err(), AllOf(HasSubstr("source address ::1 is IPv6"), HasSubstr("127.0.0.1, is IPv4")));
}

} // namespace
