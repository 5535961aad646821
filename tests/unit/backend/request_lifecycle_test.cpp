// Request lifecycle: every path through the states, and races that must not change the final state.
#include "service_core_fixture.hpp"

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

using request_lifecycle = service_core_fixture;

TEST_F(request_lifecycle, goes_from_created_to_executed_and_publishes_one_final_event) {
    const auto id = core->create(horn_vin, "horn").id;
    EXPECT_EQ(state_of(id), state::created);
    advance(1ms);
    EXPECT_EQ(state_of(id), state::pending);
    advance(2ms);
    send_ack(id);
    EXPECT_EQ(state_of(id), state::running);
    advance(3ms);
    send_final(id);
    EXPECT_EQ(state_of(id), state::executed);

    ASSERT_EQ(published_commands().size(), 1U);
    EXPECT_EQ(published_commands()[0].id, id);
    EXPECT_EQ(published_commands()[0].service, "horn");
    EXPECT_TRUE(broker.messages[0].payload.ends_with(R"(,"ts":1700000000001})")) << broker.messages[0].payload;
    EXPECT_EQ(broker.messages[0].topic, "v1/LZ9SMEV05TF000001/cmd/horn");
    ASSERT_EQ(published_events().size(), 1U);
    EXPECT_EQ(broker.messages[1].topic, "v1/LZ9SMEV05TF000001/evt");
    EXPECT_EQ(published_events()[0].id, id);
    EXPECT_EQ(published_events()[0].service, "horn");
    EXPECT_EQ(published_events()[0].state, "executed");
    EXPECT_EQ(published_events()[0].reason, "");
    EXPECT_EQ(published_events()[0].ts_ms, start_ms + 6);
}

TEST_F(request_lifecycle, fails_with_the_vehicles_reason) {
    const auto id = running_request();
    send_final(id, false, "door_open");
    EXPECT_EQ(state_of(id), state::failed);
    ASSERT_EQ(published_events().size(), 1U);
    EXPECT_EQ(published_events()[0].state, "failed");
    EXPECT_EQ(published_events()[0].reason, "door_open");
    EXPECT_EQ(core->counts().requests.timed_out, 0U);
}

TEST_F(request_lifecycle, keeps_a_vehicles_reason_short_and_whole) {
    const auto id = running_request();
    std::string code(63, 'a');
    code += "\xc3\xa9\xc3\xa9"; // two-byte characters across the 64th byte
    send_final(id, false, code);
    EXPECT_EQ(reason_of(id), std::string(63, 'a'));
    const auto silent = pending_request(other_vin);
    send_response(silent, phase::final, false, "", other_vin);
    EXPECT_EQ(reason_of(silent), "unspecified");
}

struct deadline_case {
    const char* why;
    state last;
    nanoseconds limit;
};

class request_deadline : public service_core_fixture, public testing::WithParamInterface<deadline_case> {};

TEST_P(request_deadline, ends_a_silent_request_at_the_limit_and_not_before) {
    const auto id = GetParam().last == state::running ? running_request() : pending_request();
    advance(GetParam().limit - 1ns);
    EXPECT_EQ(state_of(id), GetParam().last);
    EXPECT_LE(core->next_due(), time.now() + 1ns);
    advance(1ns);
    EXPECT_EQ(state_of(id), state::failed);
    EXPECT_EQ(reason_of(id), "timeout");
    ASSERT_EQ(published_events().size(), 1U);
    EXPECT_EQ(published_events()[0].reason, "timeout");
    EXPECT_EQ(core->counts().requests.timed_out, 1U);
    EXPECT_EQ(core->create(horn_vin, "horn").status, creation::create_status::created) << "the vehicle is free again";
}

INSTANTIATE_TEST_SUITE_P(of, request_deadline,
                         testing::Values(deadline_case{"no acknowledgement", state::pending, 10s},
                                         deadline_case{"no final response", state::running, 30s}));

TEST_F(request_lifecycle, has_deadlines_per_service) {
    config.services = {{"horn", {}}, {"climate", {.created = 1s, .pending = 2s, .running = 3s}}};
    restart();
    const auto id = core->create(horn_vin, "climate").id;
    core->run();
    advance(2s);
    EXPECT_EQ(reason_of(id), "timeout");
}

TEST_F(request_lifecycle, never_times_out_with_the_longest_deadline_there_is) {
    config.services = {{"horn", {.created = nanoseconds::max(), .pending = nanoseconds::max(), .running = 1s}}};
    restart();
    time.set(monotonic_time{1h});
    const auto id = pending_request();
    advance(24h);
    EXPECT_EQ(state_of(id), state::pending);
}

TEST_F(request_lifecycle, a_request_not_processed_by_outbound_times_out_too) {
    const auto id = core->create(horn_vin, "horn").id;
    core->check(request_number{1}, state::created);
    core->run();
    EXPECT_EQ(reason_of(id), "timeout");
    EXPECT_TRUE(published_commands().empty()) << "no command for a request that has ended";
}

TEST_F(request_lifecycle, a_late_acknowledgement_changes_nothing) {
    const auto id = pending_request();
    advance(10s);
    send_ack(id);
    EXPECT_EQ(reason_of(id), "timeout");
    EXPECT_EQ(received().late, 1U);
    EXPECT_EQ(published_events().size(), 1U);
}

TEST_F(request_lifecycle, a_late_final_changes_nothing) {
    const auto id = running_request();
    advance(30s);
    send_final(id);
    EXPECT_EQ(state_of(id), state::failed);
    EXPECT_EQ(reason_of(id), "timeout");
    EXPECT_EQ(received().late, 1U);
    EXPECT_EQ(published_events().size(), 1U);
}

TEST_F(request_lifecycle, a_response_at_the_deadline_wins_or_loses_but_not_both) {
    const auto id = pending_request();
    time.advance(10s);
    core->receive(response_topic(horn_vin, id), to_json(response{.id = id, .phase = phase::ack, .code = {}}));
    core->run(); // the check is due while the change is still queued
    EXPECT_EQ(state_of(id), state::running);
    EXPECT_TRUE(published_events().empty());
}

TEST_F(request_lifecycle, a_check_that_comes_after_the_change_or_twice_does_nothing) {
    const auto id = running_request();
    core->check(request_number{1}, state::pending);
    core->run();
    EXPECT_EQ(state_of(id), state::running);
    core->check(request_number{1}, state::running);
    core->check(request_number{1}, state::running);
    core->run();
    EXPECT_EQ(reason_of(id), "timeout");
    EXPECT_EQ(published_events().size(), 1U);
    EXPECT_EQ(core->counts().requests.failed, 1U);
}

TEST_F(request_lifecycle, checks_of_earlier_states_do_nothing_when_they_are_due) {
    const auto id = pending_request();
    advance(9s);
    send_ack(id);
    advance(29s); // past pending's deadline
    EXPECT_EQ(state_of(id), state::running);
    send_final(id);
    advance(1h);
    EXPECT_EQ(state_of(id), state::executed);
    EXPECT_EQ(core->next_due(), never);
}

TEST_F(request_lifecycle, a_final_without_acknowledgement_counts_and_the_acknowledgement_after_it_does_not) {
    const auto id = pending_request();
    send_final(id);
    EXPECT_EQ(state_of(id), state::executed);
    send_ack(id);
    EXPECT_EQ(state_of(id), state::executed);
    EXPECT_EQ(received().applied, 1U);
    EXPECT_EQ(received().duplicate, 1U);
    EXPECT_EQ(published_events().size(), 1U);
}

TEST_F(request_lifecycle, treats_running_as_an_acknowledgement_or_as_progress) {
    const auto id = pending_request();
    send_response(id, phase::running);
    EXPECT_EQ(state_of(id), state::running);
    send_response(id, phase::running);
    EXPECT_EQ(received().progress, 1U);
    send_ack(id);
    EXPECT_EQ(received().duplicate, 1U);
    EXPECT_EQ(state_of(id), state::running);
}

TEST_F(request_lifecycle, progress_does_not_prolong_the_deadline) {
    const auto id = running_request();
    advance(29s);
    send_response(id, phase::running);
    advance(1s);
    EXPECT_EQ(reason_of(id), "timeout");
}

TEST_F(request_lifecycle, the_first_final_response_wins) {
    const auto id = running_request();
    send_final(id, false, "door_open");
    send_final(id, false, "door_open");
    EXPECT_EQ(received().duplicate, 1U);
    send_final(id, true);
    send_final(id, false, "battery_low");
    EXPECT_EQ(received().conflicting, 2U);
    EXPECT_EQ(state_of(id), state::failed);
    EXPECT_EQ(reason_of(id), "door_open");
    EXPECT_EQ(published_events().size(), 1U);
}

TEST_F(request_lifecycle, success_cannot_be_changed_either) {
    const auto id = running_request();
    send_final(id);
    send_final(id, false, "door_open");
    EXPECT_EQ(received().conflicting, 1U);
    EXPECT_EQ(state_of(id), state::executed);
    EXPECT_EQ(reason_of(id), "");
    EXPECT_EQ(published_events().size(), 1U);
}

TEST_F(request_lifecycle, a_response_from_another_vehicle_is_rejected) {
    const auto id = pending_request();
    send_response(id, phase::final, true, {}, other_vin);
    EXPECT_EQ(state_of(id), state::pending);
    EXPECT_EQ(received().wrong_vehicle, 1U);
}

// A response to another vehicle's request arrives on v1/{VIN of the sender}/rsp/{id of the other's request}.
TEST_F(request_lifecycle, a_vehicle_cannot_end_anothers_request_nor_its_own_with_it) {
    const auto mine = pending_request();
    const auto others = pending_request(other_vin);
    send_response(others, phase::final);
    EXPECT_EQ(received().wrong_vehicle, 1U);
    EXPECT_EQ(state_of(mine), state::pending);
    EXPECT_EQ(state_of(others), state::pending);
    EXPECT_TRUE(published_events().empty());
}

TEST_F(request_lifecycle, a_response_with_another_vehicles_vin_in_it_changes_nothing) {
    const auto id = pending_request();
    const auto respond = [&](std::string vin) {
        core->receive(response_topic(horn_vin, id),
                      to_json(response{.id = id, .phase = phase::final, .code = {}, .vin = std::move(vin)}));
        core->run();
    };
    respond(std::string(other_vin));
    respond("no VIN at all");
    EXPECT_EQ(received().wrong_vehicle, 2U);
    EXPECT_EQ(state_of(id), state::pending);
    respond(std::string(horn_vin));
    EXPECT_EQ(state_of(id), state::executed) << "its own is fine";
}

TEST_F(request_lifecycle, the_vehicles_timestamp_is_ignored) {
    const auto id = pending_request();
    const auto respond = [&](phase at, std::int64_t ts) {
        core->receive(response_topic(horn_vin, id),
                      to_json(response{.id = id, .phase = at, .code = {}, .ts_ms = ts, .sent_us = -ts}));
        advance(1ms);
    };
    respond(phase::ack, start_ms - 600'000);
    respond(phase::final, start_ms + 600'000);
    ASSERT_EQ(published_events().size(), 1U);
    EXPECT_EQ(published_events()[0].state, "executed");
    EXPECT_EQ(published_events()[0].ts_ms, start_ms + 1);
}

TEST_F(request_lifecycle, an_oversized_response_is_rejected_unparsed) {
    const auto id = pending_request();
    send_response(id, phase::final, false, std::string(contract::payload_limit, 'x'));
    EXPECT_EQ(received().malformed, 1U);
    EXPECT_EQ(state_of(id), state::pending);
}

TEST_F(request_lifecycle, messages_that_violate_the_contract_are_counted_and_ignored) {
    const auto id = pending_request();
    const auto good = to_json(response{.id = id, .phase = phase::final, .code = {}});
    const std::pair<std::string, std::string> messages[] = {
        {response_topic(horn_vin, id), "{"},                  // not JSON
        {response_topic(horn_vin, id), ""},                   // empty
        {response_topic(horn_vin, "0000000000000000"), good}, // topic and payload name two requests
        {"v1/" + std::string(horn_vin) + "/rsp", good},       // a level short
        {"", good},
    };
    for (const auto& [topic, payload] : messages) core->receive(topic, payload);
    core->run();
    EXPECT_EQ(received().malformed, std::size(messages));
    EXPECT_EQ(state_of(id), state::pending);
}

TEST_F(request_lifecycle, responses_to_nonexistent_requests_are_unknown) {
    for (const auto* id :
         {"abcd123400000001", "abcd123500000001", "x", "abcd1234ffffffffffffffffff", "ABCD123400000000"})
        send_response(id, phase::final);
    EXPECT_EQ(received().unknown, 5U);
    EXPECT_EQ(core->counts().requests.created, 0U);
}

TEST_F(request_lifecycle, a_change_delivered_twice_by_the_queues_is_one_command_and_one_event) {
    const auto id = core->create(horn_vin, "horn").id;
    const state_change made{request_number{1}, vin::parse(horn_vin).value(), 0, state::created, {}, time.now()};
    core->changes().publish(made);
    core->run();
    EXPECT_EQ(published_commands().size(), 1U);
    send_final(id);
    auto ended = made;
    ended.state = state::executed;
    core->changes().publish(ended);
    core->run();
    EXPECT_EQ(published_events().size(), 1U);
    advance(1h);
    EXPECT_EQ(state_of(id), state::executed);
}
