// Quickstart scenario against other brokers than mosquitto, started by brokers/serve.
#include "child_process.hpp"
#include "program.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>

using namespace std::chrono_literals;

namespace {

struct row {
    const char* broker;
    const char* test;
    harness::arguments settings; ///< of the scenario, for the capabilities and requirements of the broker
};
void PrintTo(const row& r, std::ostream* out) { *out << r.test; }

const row rows[]{
    {"aedes", "aedes", {"fleet.mqtt.version=3.1.1", "load.phases=[{name: steady, duration: 8s, arrivalRate: 200}]"}},
    // In NATS each QoS 1 subscription is a JetStream consumer, and each QoS 1 message is matched against all of them: 2,000
    // consumers overload the broker.
    {"nats", "nats", {"fleet.mqtt.version=3.1.1", "fleet.mqtt.commandQos=0"}},
    {"nats",
     "nats_qos_1",
     {"fleet.mqtt.version=3.1.1", "fleet.vehicles=250", "load.phases=[{name: steady, duration: 8s, arrivalRate: 25}]"}},
    {"rabbitmq", "rabbitmq", {"fleet.mqtt.version=3.1.1"}},
    {"ejabberd",
     "ejabberd",
     {"fleet.mqtt.user=\"{vin}\"", "fleet.mqtt.password=any", "target.user=platform", "target.password=any"}},
    {"ejabberd",
     "ejabberd_3_1_1",
     {"fleet.mqtt.version=3.1.1", "fleet.mqtt.user=\"{vin}\"", "fleet.mqtt.password=any", "target.user=platform",
      "target.password=any", "load.phases=[{name: steady, duration: 8s, arrivalRate: 200}]"}},
};

class other_brokers : public testing::TestWithParam<row> {};

TEST_P(other_brokers, serve_the_quickstarts_fleet) {
    const auto port = harness::free_port();
    const harness::temporary_folder folder;
    harness::child_process broker({LOADSIM_ROOT "/tests/integration/brokers/serve", GetParam().broker,
                                   folder.path().string(), std::to_string(port), std::to_string(harness::free_port()),
                                   std::to_string(harness::free_port())},
                                  folder / "output");
    const auto output = [&] { return harness::read_file(folder / "output"); };
    harness::wait_until([&] { return harness::accepts_connections(port) || !broker.running(); }, 90s);
    ASSERT_TRUE(harness::accepts_connections(port)) << output();

    harness::arguments words{"run",      LOADSIM_ROOT "/scenarios/quickstart.yaml",  "--report", "report",
                             "--broker", "mqtt://127.0.0.1:" + std::to_string(port), "--shards", "1"};
    // The broker shares the CPUs with loadsim: its speed is not tested here.
    harness::arguments settings{
        "fleet.fleetConnectTimeout=90s", "load.driver=mqtt", "load.drain=12s", "load.lagLimit=5s",
        "budgets=['unexpected == 0', 'anomalies == 0', 'outcomes.errored == 0', 'sessions.dropped == 0']"};
    settings.insert(settings.end(), GetParam().settings.begin(), GetParam().settings.end());
    for (const auto& setting : settings) words.insert(words.end(), {"--set", setting});
    harness::program run(words);
    ASSERT_EQ(run.wait(150s), 0) << run.out() << run.err() << output();
    harness::expect_consistent_sums(run.summary());
    EXPECT_EQ(harness::text(run.summary(), "/verdict"), "pass");
    EXPECT_TRUE(broker.running());
}

INSTANTIATE_TEST_SUITE_P(all, other_brokers, testing::ValuesIn(rows),
                         [](const auto& one) { return std::string(one.param.test); });

} // namespace
