// Observers of a process, as far as they need no connection.
#include "process/process_observers.hpp"

#include "plan_from_text.hpp"

#include <loadsim/measure/totals.hpp>
#include <loadsim/observer/observer_factory.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;

TEST(process_observers, connect_nothing_for_the_observers_of_a_shard) {
    const plan_from_text text("name: t\ntarget: {broker: mqtt://a, api: http://b}\n"
                              "contract: {request: {id: /id}, command: {filter: c, topic: c, id: /id}}\n"
                              "load: {phases: [{duration: 1s, arrivalCount: 1}], observers: [response]}\n");
    process_observers observers(text.scenario);
    EXPECT_TRUE(observers.open(nullptr));
    EXPECT_TRUE(observers.start({}, std::vector<process_observers::rendered_texts>(1)));
    EXPECT_EQ(observers.webhook_url(), "");
    EXPECT_TRUE(observers.notices().empty());
    measure::totals totals;
    observers.take_counts(totals, [](const auto&) { return true; });
    EXPECT_TRUE(totals.observers.empty());
}

TEST(process_observers, open_no_webhook_for_the_mqtt_driver) {
    const plan_from_text text("name: t\nload: {driver: mqtt, phases: [{duration: 1s, arrivalCount: 1}]}\n");
    process_observers observers(text.scenario);
    EXPECT_TRUE(observers.open(nullptr));
    EXPECT_EQ(observers.webhook_url(), "");
}

// A message to all ranks is one message in the report.
TEST(process_observers, receive_messages_of_all_ranks_from_a_target_that_all_share) {
    const struct {
        observer::options kind;
        bool with_one_broker, with_one_api;
    } cases[] = {
        {observer::mqtt_options{}, true, false},      {observer::sse_options{}, false, true},
        {observer::websocket_options{}, false, true}, {observer::webhook_options{}, false, false},
        {observer::poll_options{}, false, false},
    };
    for (const auto& [kind, with_one_broker, with_one_api] : cases) {
        EXPECT_EQ(receives_messages_of_all_ranks(kind, {.broker = false, .api = true}), with_one_broker);
        EXPECT_EQ(receives_messages_of_all_ranks(kind, {.broker = true, .api = false}), with_one_api);
        EXPECT_FALSE(receives_messages_of_all_ranks(kind, {.broker = true, .api = true})) << kind.index();
    }
}

TEST(process_observers, of_kafka_receive_all_records_but_from_an_embedded_cluster) {
    const observer::options embedded = observer::kafka_observer_options{};
    const observer::options external =
        observer::kafka_observer_options{.consumer = {.connection = {.brokers = {"kafka.test:9092"}}}};
    EXPECT_FALSE(receives_messages_of_all_ranks(embedded, {.bus = true}));
    EXPECT_TRUE(receives_messages_of_all_ranks(external, {.bus = true}));
    EXPECT_TRUE(receives_messages_of_all_ranks(external, {.bus = false}));
}
