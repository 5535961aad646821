// Resource requirements computed from a scenario's values.
#include "scenario_text.hpp"

#include <loadsim/scenario/run_estimate.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::scenario;

namespace {

scenario_config with_fleet(std::string_view fleet, std::string_view load = "") {
    return read_valid(
        "name: t\nfleet: {vehicles: 6000" + std::string(fleet) +
        "}\nload: {phases: [{duration: 10, arrivalRate: 5, rampTo: 100}, {pause: 5}, {duration: 10, arrivalCount: "
        "500}], http: {connections: 10}" +
        std::string(load) + "}\n");
}

const net::endpoint far{"mqtt", "10.0.0.7", 1883, ""};

} // namespace

TEST(resource_requirements, of_the_embedded_target_hold_a_broker_for_each_rank) {
    const auto n = requirements_of(with_fleet(""), {4, 4});
    EXPECT_EQ(n.sessions, 6000U);
    EXPECT_EQ(n.placement.ranks, 4U);
    EXPECT_EQ(n.placement.local_ranks, 4U);
    EXPECT_TRUE(n.own_broker);
    EXPECT_TRUE(n.local_broker);
    EXPECT_EQ(n.files_fixed, 128U + 2 * 10) << "both ends of each connection are here";
    EXPECT_EQ(n.broker_files_fixed, 128U);
    EXPECT_EQ(n.sources, 0U);
    EXPECT_EQ(n.connections_fixed, 3U) << "the backend's two and the observer's";
    EXPECT_EQ(n.connects_in_flight, 100U);
    EXPECT_EQ(requirements_of(with_fleet(", connectsInFlight: 7000")).connects_in_flight, 6000U)
        << "never more than there are";
}

TEST(resource_requirements, of_an_external_broker_are_less) {
    auto d = with_fleet("");
    d.target.broker = far;
    EXPECT_FALSE(requirements_of(d).own_broker);
    EXPECT_FALSE(requirements_of(d).local_broker);
    for (const auto* here : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
        d.target.broker->host = here;
        EXPECT_TRUE(requirements_of(d).local_broker) << here;
        EXPECT_FALSE(requirements_of(d).own_broker) << here;
    }
    d.target.broker->host = "broker.test";
    EXPECT_FALSE(requirements_of(d).local_broker) << "nothing is looked up";

    EXPECT_EQ(requirements_of(d).files_fixed, 128U + 2 * 10) << "the backend is still ours";
    d.target.api = net::endpoint{"http", "a", 80, ""};
    EXPECT_EQ(requirements_of(d).files_fixed, 128U + 10);
    EXPECT_EQ(requirements_of(d).connections_fixed, 1U);
    d.load.driver = driver::kind::mqtt;
    EXPECT_EQ(requirements_of(d).files_fixed, 128U);
    EXPECT_EQ(requirements_of(d).connections_fixed, 8U) << "one for each shard";
}

TEST(resource_requirements, use_tls_by_the_brokers_url) {
    auto d = with_fleet(", connectRate: 250");
    EXPECT_EQ(requirements_of(d).connects_per_second, 250);
    EXPECT_FALSE(requirements_of(d).tls);
    d.target.broker = far;
    EXPECT_FALSE(requirements_of(d).tls);
    d.target.broker->scheme = "mqtts";
    EXPECT_TRUE(requirements_of(d).tls);
    d.fleet.link = fleet::link_kind::broker_api;
    EXPECT_FALSE(requirements_of(d).tls) << "no vehicle has a session";
}

TEST(resource_requirements, behind_the_broker_api_are_neither_sessions_nor_a_broker) {
    auto d = with_fleet(", link: broker-api, brokerApi: {connections: 500, inbound: {connections: 20}}");
    auto n = requirements_of(d);
    EXPECT_EQ(n.sessions, 0U);
    EXPECT_FALSE(n.own_broker);
    EXPECT_FALSE(n.local_broker);
    EXPECT_EQ(n.connections_fixed, 0U);
    EXPECT_EQ(n.files_fixed, 128U + 2 * 10 + 2 * (64 + 20)) << "the backend's calls and its API are here too";
    d.target.api = net::endpoint{"http", "a", 80, ""};
    EXPECT_EQ(requirements_of(d).files_fixed, 128U + 10 + 500 + 20);
    d.load.observers.emplace_back(observer::mqtt_options{});
    EXPECT_EQ(requirements_of(d).connections_fixed, 1U) << "who listens at a broker needs one";
}

TEST(resource_requirements, count_the_source_addresses_of_blocks) {
    EXPECT_EQ(requirements_of(with_fleet(", sourceAddresses: [127.0.0.2, 127.0.1.0/28]")).sources, 1U + 14);
}

TEST(resource_requirements, use_the_peak_rate_and_the_pings) {
    const auto packets = [](const scenario_config& config) { return requirements_of(config).packets_per_second; };
    EXPECT_EQ(packets(with_fleet(", mqtt: {keepAlive: 0s}")), 20U * 100) << "the top of the ramp";
    EXPECT_EQ(packets(with_fleet(", mqtt: {keepAlive: 60s}")), 20U * 100 + 219)
        << "2 * 6000 / 55 s: each with its response";
    auto with_count = with_fleet(", mqtt: {keepAlive: 0s}");
    with_count.load.phases[2].arrival_count = 5000;
    EXPECT_EQ(packets(with_count), 20U * 500);
}

TEST(resource_requirements, count_second_connections_and_wakeup_ports) {
    const auto files = [](std::string_view fleet, std::string_view more = "") {
        const auto d = read_valid("name: t\nfleet: {vehicles: 6000" + std::string(fleet) +
                                  "}\nload: {phases: [{duration: 10, arrivalRate: 1}]}\n" + std::string(more));
        return requirements_of(d).files_fixed;
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

TEST(resource_requirements, use_the_rate_of_a_spike) {
    const auto d =
        read_valid("name: t\nfleet: {mqtt: {keepAlive: 0s}}\nload: {phases: [{duration: 60, arrivalRate: 10}]}\n"
                   "conditions: [{spike: {at: 20s, for: 10s, factor: 40}}]\n");
    EXPECT_EQ(requirements_of(d).packets_per_second, 20U * 400);
}
