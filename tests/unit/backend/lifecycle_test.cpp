// Every path of a request's life, and the races that must not change its end.
#include "platform_fixture.hpp"

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;
using phase = contract::response::phase;

using life = platform_under_test;

TEST_F(life, goes_from_created_to_executed_and_tells_the_world_once) {
    const auto id = service->create(horn_vin, "horn").id;
    EXPECT_EQ(state_of(id), state::created);
    pass(1ms);
    EXPECT_EQ(state_of(id), state::pending);
    pass(2ms);
    ack(id);
    EXPECT_EQ(state_of(id), state::running);
    pass(3ms);
    final(id);
    EXPECT_EQ(state_of(id), state::executed);

    ASSERT_EQ(commands().size(), 1U);
    EXPECT_EQ(commands()[0].id, id);
    EXPECT_EQ(commands()[0].service, "horn");
    EXPECT_EQ(commands()[0].ts_ms, start_ms + 1);
    EXPECT_EQ(broker.all[0].topic, "v1/LZ9SMEV05TF000001/cmd/horn");
    ASSERT_EQ(announced().size(), 1U);
    EXPECT_EQ(broker.all[1].topic, "v1/LZ9SMEV05TF000001/evt");
    EXPECT_EQ(announced()[0].id, id);
    EXPECT_EQ(announced()[0].service, "horn");
    EXPECT_EQ(announced()[0].state, "executed");
    EXPECT_EQ(announced()[0].reason, "");
    EXPECT_EQ(announced()[0].ts_ms, start_ms + 6);
}

TEST_F(life, fails_with_the_vehicles_reason) {
    const auto id = running();
    final(id, false, "door_open");
    EXPECT_EQ(state_of(id), state::failed);
    ASSERT_EQ(announced().size(), 1U);
    EXPECT_EQ(announced()[0].state, "failed");
    EXPECT_EQ(announced()[0].reason, "door_open");
    EXPECT_EQ(service->counted().requests.timed_out, 0U);
}

TEST_F(life, keeps_a_vehicles_reason_short_and_whole) {
    const auto id = running();
    std::string code(63, 'a');
    code += "\xc3\xa9\xc3\xa9"; // two-byte characters across the 64th byte
    final(id, false, code);
    EXPECT_EQ(reason_of(id), std::string(63, 'a'));
    const auto silent = pending(other_vin);
    say(silent, phase::final, false, "", other_vin);
    EXPECT_EQ(reason_of(silent), "unspecified");
}

struct silence {
    const char* why;
    state last;
    nanoseconds limit;
};

class deadline : public platform_under_test, public testing::WithParamInterface<silence> {};

TEST_P(deadline, ends_a_silent_request_at_the_limit_and_not_before) {
    const auto id = GetParam().last == state::running ? running() : pending();
    pass(GetParam().limit - 1ns);
    EXPECT_EQ(state_of(id), GetParam().last);
    EXPECT_LE(service->next_due(), time.now() + 1ns);
    pass(1ns);
    EXPECT_EQ(state_of(id), state::failed);
    EXPECT_EQ(reason_of(id), "timeout");
    ASSERT_EQ(announced().size(), 1U);
    EXPECT_EQ(announced()[0].reason, "timeout");
    EXPECT_EQ(service->counted().requests.timed_out, 1U);
    EXPECT_EQ(service->create(horn_vin, "horn").what, creation::verdict::created) << "the vehicle is free again";
}

INSTANTIATE_TEST_SUITE_P(of, deadline,
                         testing::Values(silence{"no acknowledgement", state::pending, 10s},
                                         silence{"no final word", state::running, 30s}));

TEST_F(life, has_deadlines_per_service) {
    wanted.services = {{"horn", {}}, {"climate", {.created = 1s, .pending = 2s, .running = 3s}}};
    restart();
    const auto id = service->create(horn_vin, "climate").id;
    service->run();
    pass(2s);
    EXPECT_EQ(reason_of(id), "timeout");
}

TEST_F(life, never_times_out_with_the_longest_deadline_there_is) {
    wanted.services = {{"horn", {.created = nanoseconds::max(), .pending = nanoseconds::max(), .running = 1s}}};
    restart();
    time.set(monotonic_time{1h});
    const auto id = pending();
    pass(24h);
    EXPECT_EQ(state_of(id), state::pending);
}

TEST_F(life, a_state_not_left_by_outbound_ends_too) {
    const auto id = service->create(horn_vin, "horn").id;
    service->check(request_number{1}, state::created);
    service->run();
    EXPECT_EQ(reason_of(id), "timeout");
    EXPECT_TRUE(commands().empty()) << "no command for a request that has ended";
}

TEST_F(life, a_late_acknowledgement_changes_nothing) {
    const auto id = pending();
    pass(10s);
    ack(id);
    EXPECT_EQ(reason_of(id), "timeout");
    EXPECT_EQ(heard().late, 1U);
    EXPECT_EQ(announced().size(), 1U);
}

TEST_F(life, a_late_final_changes_nothing) {
    const auto id = running();
    pass(30s);
    final(id);
    EXPECT_EQ(state_of(id), state::failed);
    EXPECT_EQ(reason_of(id), "timeout");
    EXPECT_EQ(heard().late, 1U);
    EXPECT_EQ(announced().size(), 1U);
}

TEST_F(life, a_word_in_the_instant_of_the_deadline_wins_or_loses_but_not_both) {
    const auto id = pending();
    time.advance(10s);
    service->receive(contract::response_topic(horn_vin, id),
                     contract::to_json(contract::response{.id = id, .at = phase::ack, .code = {}}));
    service->run(); // the check comes out while the change is still in the queues
    EXPECT_EQ(state_of(id), state::running);
    EXPECT_TRUE(announced().empty());
}

TEST_F(life, a_check_that_comes_after_the_change_or_twice_does_nothing) {
    const auto id = running();
    service->check(request_number{1}, state::pending);
    service->run();
    EXPECT_EQ(state_of(id), state::running);
    service->check(request_number{1}, state::running);
    service->check(request_number{1}, state::running);
    service->run();
    EXPECT_EQ(reason_of(id), "timeout");
    EXPECT_EQ(announced().size(), 1U);
    EXPECT_EQ(service->counted().requests.failed, 1U);
}

TEST_F(life, checks_of_states_long_left_do_nothing_when_they_come_out) {
    const auto id = pending();
    pass(9s);
    ack(id);
    pass(29s); // past pending's deadline
    EXPECT_EQ(state_of(id), state::running);
    final(id);
    pass(1h);
    EXPECT_EQ(state_of(id), state::executed);
    EXPECT_EQ(service->next_due(), never);
}

TEST_F(life, a_final_without_acknowledgement_counts_and_the_acknowledgement_after_it_does_not) {
    const auto id = pending();
    final(id);
    EXPECT_EQ(state_of(id), state::executed);
    ack(id);
    EXPECT_EQ(state_of(id), state::executed);
    EXPECT_EQ(heard().applied, 1U);
    EXPECT_EQ(heard().duplicate, 1U);
    EXPECT_EQ(announced().size(), 1U);
}

TEST_F(life, takes_running_for_an_acknowledgement_or_for_progress) {
    const auto id = pending();
    say(id, phase::running);
    EXPECT_EQ(state_of(id), state::running);
    say(id, phase::running);
    EXPECT_EQ(heard().progress, 1U);
    ack(id);
    EXPECT_EQ(heard().duplicate, 1U);
    EXPECT_EQ(state_of(id), state::running);
}

TEST_F(life, progress_does_not_prolong_the_deadline) {
    const auto id = running();
    pass(29s);
    say(id, phase::running);
    pass(1s);
    EXPECT_EQ(reason_of(id), "timeout");
}

TEST_F(life, the_first_end_stands) {
    const auto id = running();
    final(id, false, "door_open");
    final(id, false, "door_open");
    EXPECT_EQ(heard().duplicate, 1U);
    final(id, true);
    final(id, false, "battery_low");
    EXPECT_EQ(heard().conflicting, 2U);
    EXPECT_EQ(state_of(id), state::failed);
    EXPECT_EQ(reason_of(id), "door_open");
    EXPECT_EQ(announced().size(), 1U);
}

TEST_F(life, success_cannot_be_taken_back_either) {
    const auto id = running();
    final(id);
    final(id, false, "door_open");
    EXPECT_EQ(heard().conflicting, 1U);
    EXPECT_EQ(state_of(id), state::executed);
    EXPECT_EQ(reason_of(id), "");
    EXPECT_EQ(announced().size(), 1U);
}

TEST_F(life, only_the_vehicle_itself_is_heard) {
    const auto id = pending();
    say(id, phase::final, true, {}, other_vin);
    EXPECT_EQ(state_of(id), state::pending);
    EXPECT_EQ(heard().wrong_vehicle, 1U);
}

// A word about another vehicle's request comes on v1/{who says it}/rsp/{the other's request}.
TEST_F(life, a_vehicle_cannot_end_anothers_request_nor_its_own_with_it) {
    const auto mine = pending();
    const auto others = pending(other_vin);
    say(others, phase::final);
    EXPECT_EQ(heard().wrong_vehicle, 1U);
    EXPECT_EQ(state_of(mine), state::pending);
    EXPECT_EQ(state_of(others), state::pending);
    EXPECT_TRUE(announced().empty());
}

TEST_F(life, a_word_with_another_vehicles_vin_in_it_changes_nothing) {
    const auto id = pending();
    const auto word = [&](std::string vin) {
        service->receive(contract::response_topic(horn_vin, id),
                         contract::to_json(contract::response{.id = id, .at = phase::final, .code = {}, .vin = std::move(vin)}));
        service->run();
    };
    word(std::string(other_vin));
    word("no VIN at all");
    EXPECT_EQ(heard().wrong_vehicle, 2U);
    EXPECT_EQ(state_of(id), state::pending);
    word(std::string(horn_vin));
    EXPECT_EQ(state_of(id), state::executed) << "its own is fine";
}

TEST_F(life, what_a_cars_clock_says_is_used_for_nothing) {
    const auto id = pending();
    const auto word = [&](phase at, std::int64_t ts) {
        service->receive(contract::response_topic(horn_vin, id),
                         contract::to_json(contract::response{.id = id, .at = at, .code = {}, .ts_ms = ts, .sent_us = -ts}));
        pass(1ms);
    };
    word(phase::ack, start_ms - 600'000);
    word(phase::final, start_ms + 600'000);
    ASSERT_EQ(announced().size(), 1U);
    EXPECT_EQ(announced()[0].state, "executed");
    EXPECT_EQ(announced()[0].ts_ms, start_ms + 1);
}

TEST_F(life, an_oversized_word_is_refused_unread) {
    const auto id = pending();
    say(id, phase::final, false, std::string(contract::payload_limit, 'x'));
    EXPECT_EQ(heard().malformed, 1U);
    EXPECT_EQ(state_of(id), state::pending);
}

TEST_F(life, what_is_not_of_the_contract_is_counted_and_ignored) {
    const auto id = pending();
    const auto good = contract::to_json(contract::response{.id = id, .at = phase::final, .code = {}});
    const std::pair<std::string, std::string> messages[] = {
        {contract::response_topic(horn_vin, id), "{"},                  // not JSON
        {contract::response_topic(horn_vin, id), ""},                   // empty
        {contract::response_topic(horn_vin, "0000000000000000"), good}, // topic and payload name two requests
        {"v1/" + std::string(horn_vin) + "/rsp", good},                 // a level short
        {"", good},
    };
    for (const auto& [topic, payload] : messages) service->receive(topic, payload);
    service->run();
    EXPECT_EQ(heard().malformed, std::size(messages));
    EXPECT_EQ(state_of(id), state::pending);
}

TEST_F(life, answers_to_requests_that_never_were_are_unknown) {
    for (const auto* id :
         {"abcd123400000001", "abcd123500000001", "x", "abcd1234ffffffffffffffffff", "ABCD123400000000"})
        say(id, phase::final);
    EXPECT_EQ(heard().unknown, 5U);
    EXPECT_EQ(service->counted().requests.created, 0U);
}

TEST_F(life, a_change_delivered_twice_by_the_queues_is_one_command_and_one_event) {
    const auto id = service->create(horn_vin, "horn").id;
    const change made{request_number{1}, vin::parse(horn_vin).value(), 0, state::created, {}, time.now()};
    service->changes().publish(made);
    service->run();
    EXPECT_EQ(commands().size(), 1U);
    final(id);
    auto ended = made;
    ended.state = state::executed;
    service->changes().publish(ended);
    service->run();
    EXPECT_EQ(announced().size(), 1U);
    pass(1h);
    EXPECT_EQ(state_of(id), state::executed);
}
