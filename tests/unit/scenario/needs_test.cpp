// Which of a scenario's values count for the machine.
#include "given.hpp"

#include <loadsim/scenario/needs.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::scenario;

namespace {

document with(std::string_view fleet, std::string_view load = "") {
    return good(
        "name: t\nfleet: {vehicles: 6000" + std::string(fleet) +
        "}\nload: {phases: [{duration: 10, arrivalRate: 5, rampTo: 100}, {pause: 5}, {duration: 10, arrivalCount: "
        "500}], http: {connections: 10}" +
        std::string(load) + "}\n");
}

const net::endpoint far{"mqtt", "10.0.0.7", 1883, ""};

} // namespace

TEST(needs, of_the_embedded_target_hold_a_broker_for_each_rank) {
    const auto n = needs_of(with(""), {4, 4});
    EXPECT_EQ(n.sessions, 6000U);
    EXPECT_EQ(n.where.ranks, 4U);
    EXPECT_EQ(n.where.ranks_here, 4U);
    EXPECT_TRUE(n.own_broker);
    EXPECT_TRUE(n.broker_here);
    EXPECT_EQ(n.files_fixed, 128U + 2 * 10) << "both ends of each connection are here";
    EXPECT_EQ(n.broker_files_fixed, 128U);
    EXPECT_EQ(n.sources, 0U);
    EXPECT_EQ(n.connections_fixed, 3U) << "the backend's two and the observer's";
    EXPECT_EQ(n.connects_in_flight, 100U);
    EXPECT_EQ(needs_of(with(", connectsInFlight: 7000")).connects_in_flight, 6000U) << "never more than there are";
}

TEST(needs, of_somebody_elses_broker_are_less) {
    auto d = with("");
    d.target.broker = far;
    EXPECT_FALSE(needs_of(d).own_broker);
    EXPECT_FALSE(needs_of(d).broker_here);
    for (const auto* here : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
        d.target.broker->host = here;
        EXPECT_TRUE(needs_of(d).broker_here) << here;
        EXPECT_FALSE(needs_of(d).own_broker) << here;
    }
    d.target.broker->host = "broker.test";
    EXPECT_FALSE(needs_of(d).broker_here) << "nothing is looked up";

    EXPECT_EQ(needs_of(d).files_fixed, 128U + 2 * 10) << "the backend is still ours";
    d.target.api = net::endpoint{"http", "a", 80, ""};
    EXPECT_EQ(needs_of(d).files_fixed, 128U + 10);
    EXPECT_EQ(needs_of(d).connections_fixed, 1U);
    d.load.driver = drive::kind::mqtt;
    EXPECT_EQ(needs_of(d).files_fixed, 128U);
    EXPECT_EQ(needs_of(d).connections_fixed, 8U) << "one for each shard";
}

TEST(needs, behind_the_brokers_api_are_neither_sessions_nor_a_broker) {
    auto d = with(", link: broker-api, brokerApi: {connections: 500, inbound: {connections: 20}}");
    auto n = needs_of(d);
    EXPECT_EQ(n.sessions, 0U);
    EXPECT_FALSE(n.own_broker);
    EXPECT_FALSE(n.broker_here);
    EXPECT_EQ(n.connections_fixed, 0U);
    EXPECT_EQ(n.files_fixed, 128U + 2 * 10 + 2 * (64 + 20)) << "the backend's calls and its API are here too";
    d.target.api = net::endpoint{"http", "a", 80, ""};
    EXPECT_EQ(needs_of(d).files_fixed, 128U + 10 + 500 + 20);
    d.load.observers.emplace_back(observe::mqtt_options{});
    EXPECT_EQ(needs_of(d).connections_fixed, 1U) << "who listens at a broker needs one";
}

TEST(needs, count_source_addresses_by_what_blocks_hold) {
    EXPECT_EQ(needs_of(with(", sourceAddresses: [127.0.0.2, 127.0.1.0/28]")).sources, 1U + 14);
}

TEST(needs, take_the_busiest_phase_and_the_pings) {
    const auto packets = [](const document& d) { return needs_of(d).packets_per_second; };
    EXPECT_EQ(packets(with(", mqtt: {keepAlive: 0s}")), 20U * 100) << "the top of the ramp";
    EXPECT_EQ(packets(with(", mqtt: {keepAlive: 60s}")), 20U * 100 + 2 * 6000 / 60) << "each with its answer";
    auto counted = with(", mqtt: {keepAlive: 0s}");
    counted.load.phases[2].arrival_count = 5000;
    EXPECT_EQ(packets(counted), 20U * 500);
}

TEST(needs, count_second_connections_and_trigger_ports) {
    const auto files = [](std::string_view fleet, std::string_view more = "") {
        const auto d = good("name: t\nfleet: {vehicles: 6000" + std::string(fleet) +
                            "}\nload: {phases: [{duration: 10, arrivalRate: 1}]}\n" + std::string(more));
        return needs_of(d).files_fixed;
    };
    const auto usual = files("");
    EXPECT_EQ(files("", "conditions: [{handover: {at: 1s}}]"), usual + 100) << "as many as connect at once";
    EXPECT_EQ(files("", "conditions: [{halfOpen: {at: 1s, for: 1s}}]"), usual + 100);
    EXPECT_EQ(files("", "conditions: [{tunnel: {at: 1s, for: 1s}}]"), usual);
    EXPECT_EQ(files(", segments: [{name: a, share: 100%, behaviour: taken-over}]"), usual + 100);
    EXPECT_EQ(files(", segments: [{name: a, share: 100%, behaviour: b}]",
                    "behaviours: {b: {steps: [{choose: [{steps: [{takeover: 1s}]}]}]}}"),
              usual + 100)
        << "in a branch too";
    EXPECT_EQ(files(", segments: [{name: a, share: 100%, behaviour: sleeper-udp}]"), usual + 2) << "udp and sms";
}

TEST(needs, take_the_spike) {
    const auto d = good("name: t\nfleet: {mqtt: {keepAlive: 0s}}\nload: {phases: [{duration: 60, arrivalRate: 10}]}\n"
                        "conditions: [{spike: {at: 20s, for: 10s, factor: 40}}]\n");
    EXPECT_EQ(needs_of(d).packets_per_second, 20U * 400);
}
