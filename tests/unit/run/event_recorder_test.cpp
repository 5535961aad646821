// Event recorder: the events of one vehicle and one driver, as the ledgers count them.
#include "shard/event_recorder.hpp"
#include "shard/shard_observers.hpp"

#include "plan_from_text.hpp"

#include <loadsim/measure/campaign_ledger.hpp>
#include <loadsim/measure/ledger.hpp>
#include <loadsim/observer/event.hpp>
#include <loadsim/run/trace.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::run;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

class event_recorder_test : public testing::Test {
protected:
    event_recorder_test() {
        text.plan.trace = [this](const traced_message& m) { trace.push_back(m); };
        ledger.set_start({});
        time.set(at(500ms));
    }

    static monotonic_time at(nanoseconds since_start) { return monotonic_time{since_start}; }
    void begin_request() {
        auto due = text.plan.due_request_of({.id = key.arrival, .due = {}, .phase = 0}, key.vehicle);
        due.due = at(0s);
        ledger.begin(due, at(5ms));
    }
    observer::completion completion(std::string vin = {}) const {
        return {
            .vin = std::move(vin), .request = "r1", .final_outcome = outcome::executed, .reason = {}, .at = at(80ms)};
    }

    plan_from_text text{"name: t\nfleet: {vehicles: 3}\n"
                        "conditions: [{tunnel: {at: 1s, for: 1s, expect: [executed, timed_out]}}]\n"
                        "load: {services: {horn: 1}, phases: [{duration: 5s, arrivalCount: 1}], drain: 60s}\n"};
    manual_time time;
    measure::ledger ledger{text.plan.labels, [this](vehicle_id v) { return text.plan.vin_of(v); }, 60s,
                           measure::recording::all};
    event_recorder recorder{text.plan, ledger, time};
    fleet::vehicle_events& from_vehicle = recorder;
    driver::driver_events& from_driver = recorder;
    const request_key key{arrival_id{0}, vehicle_id{1}};
    std::vector<traced_message> trace;
};

} // namespace

TEST_F(event_recorder_test, records_the_instants_of_a_request) {
    begin_request();
    EXPECT_TRUE(from_driver.still_wanted(key));
    from_driver.on_api_request(key, "POST /", "{}", "00-1-2-01");
    from_driver.on_sent(key, at(10ms));
    from_driver.on_api_response(key, "202", "r1", at(20ms));
    from_driver.on_accepted(key, "r1", at(20ms));
    const auto command = from_vehicle.on_delivered(key.vehicle, {.id = "r1", .service = "horn"}, at(30ms), false);
    EXPECT_TRUE(command.first_delivery);
    EXPECT_EQ(command.arrival, key.arrival);
    from_vehicle.on_message(key.vehicle, "r1", true, "topic", "payload", at(30ms));
    from_vehicle.on_acked(key.vehicle, "r1", at(40ms));
    from_vehicle.on_executed(key.vehicle, "r1", at(60ms));
    from_vehicle.on_finished(key.vehicle, "r1", outcome::executed, {}, at(70ms));
    auto announced = completion();
    announced.message = contract::event_message::of("v1/event", std::string(5000, 'x'));
    recorder.on_completion(key.vehicle, announced);
    EXPECT_FALSE(from_driver.still_wanted(key));
    EXPECT_FALSE(
        from_vehicle.on_delivered(key.vehicle, {.id = "r1", .service = "horn"}, at(90ms), false).first_delivery);

    ledger.finish(at(1s));
    const auto counts = ledger.take_counts();
    EXPECT_EQ(counts.requests.outcomes[static_cast<std::size_t>(outcome::executed)], 1U);
    ASSERT_THAT(counts.request_records, SizeIs(1));
    const auto& r = counts.request_records[0];
    EXPECT_EQ(r.vin, text.plan.vin_of(key.vehicle));
    EXPECT_THAT((std::vector{r.begun_at_ms, r.sent_at_ms, r.accepted_at_ms, r.delivered_at_ms, r.acked_at_ms,
                             r.finished_at_ms, r.observed_at_ms}),
                ElementsAre(5, 10, 20, 30, 40, 70, 80));
    EXPECT_EQ(r.traceparent, "00-1-2-01");
    ASSERT_THAT(r.messages, SizeIs(4));
    EXPECT_EQ(r.messages[0].head, "POST /");
    EXPECT_EQ(r.messages[1].head, "202");
    EXPECT_EQ(r.messages[2].payload, "payload");
    EXPECT_THAT(r.messages[3].head, testing::EndsWith(" v1/event"));
    EXPECT_EQ(r.messages[3].payload_bytes, 5000U);
}

TEST_F(event_recorder_test, records_why_a_request_failed) {
    begin_request();
    from_driver.on_sent(key, at(10ms));
    from_driver.on_rejected(key, "busy", at(20ms));
    begin_request();
    from_driver.on_errored(key, "timed out", at(30ms));
    const auto counts = ledger.take_counts();
    EXPECT_EQ(counts.requests.outcomes[static_cast<std::size_t>(outcome::rejected)], 1U);
    EXPECT_EQ(counts.requests.outcomes[static_cast<std::size_t>(outcome::errored)], 1U);
}

TEST_F(event_recorder_test, counts_a_completion_of_no_known_vehicle_as_an_anomaly) {
    recorder.on_completion(std::nullopt, completion("VIN7"));
    recorder.on_completion(std::nullopt, completion());
    const auto counts = ledger.take_counts();
    ASSERT_THAT(counts.anomaly_records, SizeIs(2));
    for (const auto& a : counts.anomaly_records) {
        EXPECT_EQ(a.kind, anomaly::completion_unknown);
        EXPECT_EQ(a.request_id, "r1");
        EXPECT_EQ(a.at_ms, 80);
    }
    EXPECT_EQ(counts.anomaly_records[0].evidence, "executed was announced for vehicle VIN7, which is not in the fleet");
    EXPECT_EQ(counts.anomaly_records[1].evidence, "executed was announced for a request that is not of this run");
}

TEST_F(event_recorder_test, counts_unreadable_messages_and_unauthorized_sessions_as_anomalies) {
    from_vehicle.on_malformed(key.vehicle, "cmd", "nonsense", at(10ms));
    from_vehicle.on_unauthorized_accept(key.vehicle, at(20ms));
    from_driver.on_malformed();
    const auto counts = ledger.take_counts();
    ASSERT_THAT(counts.anomaly_records, SizeIs(3));
    EXPECT_EQ(counts.anomaly_records[0].kind, anomaly::malformed_payload);
    EXPECT_EQ(counts.anomaly_records[0].evidence, "not a command: 8 bytes on cmd");
    EXPECT_EQ(counts.anomaly_records[0].vin, text.plan.vin_of(key.vehicle));
    EXPECT_EQ(counts.anomaly_records[1].kind, anomaly::unauthorized_accepted);
    EXPECT_EQ(counts.anomaly_records[2].kind, anomaly::malformed_payload);
    EXPECT_EQ(counts.anomaly_records[2].at_ms, 500) << "the time source's now";
}

TEST_F(event_recorder_test, forwards_that_a_command_was_retained) {
    from_vehicle.on_delivered(key.vehicle, {.id = "r0", .service = "horn"}, at(10ms), true);
    const auto counts = ledger.take_counts();
    ASSERT_THAT(counts.anomaly_records, SizeIs(1));
    EXPECT_THAT(counts.anomaly_records[0].evidence, testing::StartsWith("a retained command "));
}

TEST_F(event_recorder_test, widens_what_is_expected_while_a_condition_lasts) {
    from_vehicle.on_condition_begin(key.vehicle, 0, at(0s));
    begin_request();
    from_vehicle.on_condition_end(key.vehicle, 0, at(5ms));
    from_driver.on_accepted(key, "r1", at(20ms));
    recorder.on_completion(key.vehicle, completion());
    ledger.finish(at(1s));
    const auto counts = ledger.take_counts();
    ASSERT_THAT(counts.request_records, SizeIs(1));
    EXPECT_TRUE(counts.request_records[0].expected_outcomes.contains(outcome::timed_out));
    EXPECT_THAT(counts.request_records[0].conditions, SizeIs(1));
}

TEST_F(event_recorder_test, compares_the_service_at_the_vehicle_with_the_requested_one) {
    begin_request();
    from_driver.on_accepted(key, "r1", at(20ms));
    from_vehicle.on_delivered(key.vehicle, {.id = "r1", .service = "light-flash"}, at(30ms), false);
    const auto counts = ledger.take_counts();
    ASSERT_THAT(counts.anomaly_records, SizeIs(1));
    EXPECT_EQ(counts.anomaly_records[0].kind, anomaly::command_wrong_service);
    EXPECT_EQ(counts.anomaly_records[0].evidence, "the command has the service 'light-flash', 'horn' was requested");
}

// A driver such as mqtt writes the command: the service as the template writes it, and the parameters.
TEST_F(event_recorder_test, compares_the_command_with_what_the_driver_reports) {
    begin_request();
    from_driver.on_requested(key, "r1", {.service = "HORN"});
    from_driver.on_sent(key, at(10ms));
    from_vehicle.on_delivered(key.vehicle, {.id = "r1", .service = "HORN"}, at(30ms), false);
    EXPECT_THAT(ledger.take_counts().anomaly_records, IsEmpty());
}

TEST(event_recorder, names_the_service_of_a_command_as_the_scenario_does) {
    plan_from_text text{
        "name: t\nfleet: {vehicles: 3}\n"
        "load: {services: {horn: {as: BEEP}, beeper: {as: BEEP, weight: 0}, lights: {as: LIGHTS, weight: 0}},"
        " phases: [{duration: 5s, arrivalCount: 1}]}\n"};
    const auto& plan = text.plan;
    EXPECT_EQ(plan.service_of_command("BEEP", arrival_id{0}), "horn");
    EXPECT_EQ(plan.service_of_command("", arrival_id{0}), "horn") << "commands without a service";
    EXPECT_EQ(plan.service_of_command("LIGHTS", arrival_id{0}), "lights") << "the platform mistakes it";
    EXPECT_EQ(plan.service_of_command("LIGHTS", {}), "lights");
    EXPECT_EQ(plan.service_of_command("other", {}), "other");

    manual_time time;
    measure::ledger ledger{plan.labels, [&](vehicle_id v) { return plan.vin_of(v); }, 60s};
    event_recorder recorder{plan, ledger, time};
    fleet::vehicle_events& from_vehicle = recorder;
    ledger.set_start({});
    auto due = plan.due_request_of({.id = arrival_id{0}, .due = {}, .phase = 0}, vehicle_id{1});
    due.due = time.now();
    ledger.begin(due, time.now());
    ledger.accepted({arrival_id{0}, vehicle_id{1}}, "r1", time.now());
    const auto info = from_vehicle.on_delivered(vehicle_id{1}, {.id = "r1", .service = "BEEP"}, time.now(), false);
    EXPECT_EQ(info.service, "horn");
    EXPECT_THAT(ledger.take_counts().anomaly_records, IsEmpty());
}

// contract.request.id: '': the vehicle's command says which request it is.
TEST(event_recorder, completes_a_request_that_was_accepted_without_an_id) {
    for (const bool command_first : {false, true}) {
        plan_from_text text{
            "name: t\nfleet: {vehicles: 3}\n"
            "target: {broker: 'mqtt://b', api: 'http://a'}\ncontract: {request: {id: ''}}\n"
            "load: {services: {horn: 1}, observers: [none], phases: [{duration: 5s, arrivalCount: 1}]}\n"};
        manual_time time;
        net::loop loop{time};
        measure::ledger ledger{text.plan.labels, [&](vehicle_id v) { return text.plan.vin_of(v); }, 60s,
                               measure::recording::all};
        event_recorder recorder{text.plan, ledger, time};
        const http::client_options api;
        shard_observers observers{loop,
                                  text.plan,
                                  {.api = api, .auth = {}},
                                  [&](vehicle_id v, const observer::completion& c) { recorder.on_completion(v, c); }};
        ASSERT_EQ(observers.start(), "");
        recorder.set_receivers(&observers, nullptr);
        fleet::vehicle_events& from_vehicle = recorder;
        driver::driver_events& from_driver = recorder;
        const request_key key{arrival_id{0}, vehicle_id{1}};
        ledger.begin(text.plan.due_request_of({.id = key.arrival, .due = {}, .phase = 0}, key.vehicle), time.now());
        from_driver.on_sent(key, time.now());
        if (!command_first) from_driver.on_accepted(key, "", time.now());
        from_vehicle.on_delivered(key.vehicle, {.id = "1000", .service = "horn"}, time.now(), false);
        from_vehicle.on_finished(key.vehicle, "1000", outcome::executed, {}, time.now());
        if (command_first) from_driver.on_accepted(key, "", time.now());
        ledger.finish(time.now());
        const auto counts = ledger.take_counts();
        EXPECT_EQ(counts.requests.outcomes[static_cast<std::size_t>(outcome::executed)], 1U) << command_first;
        EXPECT_THAT(counts.anomaly_records, IsEmpty()) << command_first;
        ASSERT_THAT(counts.request_records, SizeIs(1));
        EXPECT_EQ(counts.request_records[0].request_id, "1000");
    }
}

TEST_F(event_recorder_test, forwards_campaign_deliveries_to_the_campaign_ledger) {
    from_vehicle.on_campaign(key.vehicle, 0, at(10ms)); // no campaigns yet: ignored
    measure::campaign_ledger campaigns(1);
    recorder.set_receivers(nullptr, &campaigns);
    campaigns.set_due_time(0, at(0s));
    from_vehicle.on_unreachable(key.vehicle);
    campaigns.start(0, 3);
    EXPECT_EQ(campaigns.awaited(), 2U) << "one is unreachable";
    from_vehicle.on_reachable(key.vehicle);
    from_vehicle.on_campaign(key.vehicle, 0, at(20ms));
    const auto counts = campaigns.take_counts();
    EXPECT_EQ(counts.at(0).delivered, 1U);
    EXPECT_EQ(counts.at(0).delivered_after_reconnect, 1U);
}

TEST_F(event_recorder_test, traces_messages_and_session_events) {
    from_vehicle.on_message(key.vehicle, "r1", true, "cmd", "a", at(1ms));
    from_vehicle.on_message(key.vehicle, "r1", false, "rsp", "b", at(2ms));
    from_vehicle.on_malformed(key.vehicle, "cmd", "c", at(3ms));
    from_vehicle.on_session_event(key.vehicle, "online", at(4ms));
    ASSERT_THAT(trace, SizeIs(4));
    using way = traced_message::direction;
    EXPECT_EQ(trace[0].kind, way::to_vehicle);
    EXPECT_EQ(trace[0].head, "cmd");
    EXPECT_EQ(trace[0].body, "a");
    EXPECT_EQ(trace[1].kind, way::from_vehicle);
    EXPECT_EQ(trace[2].kind, way::to_vehicle);
    EXPECT_EQ(trace[3].kind, way::session_event);
    EXPECT_EQ(trace[3].head, "online");
    ASSERT_THAT(ledger.take_counts().session_records, SizeIs(1));
}
