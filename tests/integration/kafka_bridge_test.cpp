// Bridge between a real mosquitto and the mock cluster: what is published is consumed, and faults are found by a tap.
#include "broker.hpp"

#include <loadsim/backend/kafka_bridge.hpp>
#include <loadsim/base/hash.hpp>
#include <loadsim/contract/tap_mapping.hpp>
#include <loadsim/kafka/consumer.hpp>
#include <loadsim/kafka/mock_cluster.hpp>
#include <loadsim/measure/delivery_reconciliation.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mqtt/async_client.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;

namespace {

const steady_time bridge_clock;

class bridged_cluster : public testing::Test {
protected:
    void start(std::vector<backend::bridge_fault> faults = {}) {
        auto consuming = kafka::consumer::start(
            {.connection = {.brokers = cluster.brokers()}, .topics = {"telemetry"}, .fetch_wait = 10ms}, bridge_clock,
            [this](std::span<const kafka::incoming_record> batch) { reconcile(batch); });
        ASSERT_TRUE(consuming) << to_string(consuming.error());
        tap.emplace(std::move(*consuming));
        auto made = backend::kafka_bridge::start({.faults = std::move(faults)}, {broker.endpoint()},
                                                 {.connection = {.brokers = cluster.brokers()}, .linger = 1ms});
        ASSERT_TRUE(made) << to_string(made.error());
        bridge.emplace(std::move(*made));
    }

    void publish(std::uint64_t first, std::uint64_t last) {
        mqtt::async_client vehicle(fmt::format("tcp://127.0.0.1:{}", broker.endpoint().port), "CAR",
                                   mqtt::create_options(MQTTVERSION_5));
        vehicle.connect(mqtt::connect_options_builder().mqtt_version(MQTTVERSION_5).clean_start(true).finalize())
            ->wait_for(5s);
        for (auto n = first; n <= last; ++n) {
            const auto payload = fmt::format(R"({{"vin":"CAR","seq":{}}})", n);
            {
                const std::lock_guard lock(mutex);
                checked.sent(vehicle_id{0}, 0, n, content_hash(payload), bridge_clock.now());
            }
            vehicle.publish("v1/CAR/tlm/position", payload, 1, false)->wait_for(5s);
        }
        vehicle.disconnect()->wait_for(5s);
    }

    void reconcile(std::span<const kafka::incoming_record> batch) {
        const std::lock_guard lock(mutex);
        for (const auto& r : batch) {
            const auto m = mapping.read({.topic = r.topic, .key = r.key, .value = r.value});
            if (!m.sequence) {
                checked.consumed_without_sequence();
                continue;
            }
            checked.consumed({.vehicle = vehicle_id{0},
                              .group = 0,
                              .sequence = *m.sequence,
                              .hash = m.payload_hash,
                              .consumed = r.consumed,
                              .appended = r.timestamp,
                              .wrong_key = m.key_vehicle != "CAR"});
        }
    }

    measure::delivery_counts finish(std::uint64_t records) {
        for (int i = 0; i < 2'000 && tap->counts().records < records; ++i) std::this_thread::sleep_for(5ms);
        bridge->stop();
        std::this_thread::sleep_for(100ms);
        tap->stop();
        checked.finish();
        return checked.total();
    }

    harness::broker broker;
    kafka::mock_cluster cluster = kafka::mock_cluster::start({{"telemetry", 3}}).value();
    const contract::tap_mapping mapping =
        contract::tap_mapping::compile({.vehicle = "/vin"}, {{"position", {}}}, "tap").value();
    std::mutex mutex; // of `checked`
    measure::delivery_reconciliation checked{{}, {}, 1, 1, {}};
    std::optional<kafka::consumer> tap;
    std::optional<backend::kafka_bridge> bridge;
};

} // namespace

TEST_F(bridged_cluster, all_that_is_published_is_consumed_once_and_in_order) {
    start();
    publish(1, 300);
    const auto found = finish(300);
    EXPECT_EQ(found.matched, 300U);
    EXPECT_EQ(found.consumed, 300U);
    EXPECT_EQ(found.out_of_order + found.duplicated + found.lost + found.wrong_key, 0U);
    EXPECT_EQ(bridge->counts().forwarded, 300U);
    EXPECT_EQ(bridge->producer_counts().delivered, 300U);
}

TEST_F(bridged_cluster, faults_are_found) {
    using kind = backend::bridge_fault::kind;
    const auto every = [](std::uint32_t n, kind what) {
        return backend::bridge_fault{
            .what = what, .rule = {.every = n, .probability = {}, .window = {}}, .delay = 200ms};
    };
    start({every(50, kind::drop), every(40, kind::duplicate), every(35, kind::corrupt), every(110, kind::stall)});
    publish(1, 300);
    const auto found = finish(300); // 6 less, 6 more: the 200th is dropped, not duplicated
    const auto injected = bridge->counts();
    EXPECT_EQ(injected.of(kind::drop), 6U);
    EXPECT_GE(injected.of(kind::stall), 1U);
    EXPECT_EQ(found.lost, injected.of(kind::drop));
    EXPECT_EQ(found.duplicated, injected.of(kind::duplicate));
    EXPECT_EQ(found.corrupted, injected.of(kind::corrupt));
    EXPECT_EQ(found.out_of_order + found.foreign + found.without_sequence, 0U);
}

TEST_F(bridged_cluster, a_restart_of_the_broker_is_survived) {
    start();
    publish(1, 10);
    broker.stop(SIGKILL);
    broker.start();
    // The bridge reconnects and subscribes anew; nothing is published meanwhile.
    std::uint64_t next = 11;
    for (; next < 200 && tap->counts().records < 11; ++next, std::this_thread::sleep_for(20ms)) publish(next, next);
    EXPECT_GE(finish(11).matched, 11U);
}

TEST(kafka_bridge_start, a_broker_that_cannot_be_reached_is_one_sentence) {
    auto cluster = kafka::mock_cluster::start({{"telemetry", 1}}).value();
    const auto made = backend::kafka_bridge::start({}, {{.scheme = "mqtt", .host = "127.0.0.1", .port = 1, .path = {}}},
                                                   {.connection = {.brokers = cluster.brokers()}});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().list.size(), 1U);
    EXPECT_THAT(to_string(made.error()), testing::HasSubstr("mqtt://127.0.0.1:1"));
}
