// Fault injection: the selected messages, the effect on them, and no effect on others.
#include "service_core_fixture.hpp"

#include "faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;
using fault_kind = fault::kind;
using fault_message = fault::message;

namespace {

fault every_nth(std::uint32_t every, fault_kind what, fault_message of, nanoseconds delay = 0ns) {
    return {.what = what, .applies_to = of, .rule = {.every = every, .probability = {}, .window = {}}, .delay = delay};
}
fault with_probability(double probability, fault_kind what, fault_message of) {
    return {.what = what,
            .applies_to = of,
            .rule = {.every = {}, .probability = fraction{probability}, .window = {}},
            .delay = 0ns};
}

std::set<int> selected_numbers(fault_plans& plan, fault_message of, int messages) {
    std::set<int> found;
    for (int i = 1; i <= messages; ++i)
        if (plan.next(of) != nullptr) found.insert(i);
    return found;
}

} // namespace

TEST(fault_plans, selects_every_nth_message_of_its_kind) {
    fault_plans plan(
        {every_nth(10, fault_kind::drop, fault_message::command), every_nth(3, fault_kind::drop, fault_message::event)},
        1);
    EXPECT_EQ(selected_numbers(plan, fault_message::command, 35), (std::set{10, 20, 30}));
    EXPECT_EQ(selected_numbers(plan, fault_message::response, 35), std::set<int>{});
    EXPECT_EQ(selected_numbers(plan, fault_message::event, 7), (std::set{3, 6})) << "each kind has a count of its own";
    EXPECT_EQ(selected_numbers(plan, fault_message::command, 5), std::set{5}) << "the 40th";
}

TEST(fault_plans, selects_by_probability_and_seed) {
    const std::vector<fault> faults{with_probability(0.25, fault_kind::drop, fault_message::command),
                                    with_probability(0.25, fault_kind::delay, fault_message::response)};
    fault_plans one(faults, 1), same(faults, 1), other(faults, 2);
    const auto of_one = selected_numbers(one, fault_message::command, 4'000);
    EXPECT_NEAR(static_cast<double>(of_one.size()), 1'000, 100);
    EXPECT_EQ(of_one, selected_numbers(same, fault_message::command, 4'000));
    EXPECT_NE(of_one, selected_numbers(other, fault_message::command, 4'000));
    EXPECT_NE(of_one, selected_numbers(same, fault_message::response, 4'000)) << "each kind has chances of its own";
}

TEST(fault_plans, random_ones_do_not_change_between_versions) {
    fault_plans plan({with_probability(0.2, fault_kind::drop, fault_message::command),
                      with_probability(0.1, fault_kind::delay, fault_message::response),
                      with_probability(0.1, fault_kind::duplicate, fault_message::response)},
                     7);
    const auto applied = [&](fault_message of) {
        std::string text;
        for (int i = 0; i < 40; ++i) {
            const auto* hit = plan.next(of);
            text += hit == nullptr                   ? '.'
                    : hit->what == fault_kind::drop  ? 'd'
                    : hit->what == fault_kind::delay ? 'l'
                                                     : '2';
        }
        return text;
    };
    EXPECT_EQ(applied(fault_message::command), "d..d........dd........d....d..d.....d...");
    EXPECT_EQ(applied(fault_message::response), "...ll...22..l2........l.l...l........l..");
}

TEST(fault_plans, probability_0_is_never_and_1_is_always) {
    fault_plans plan({with_probability(0, fault_kind::drop, fault_message::command),
                      with_probability(1, fault_kind::drop, fault_message::response)},
                     1);
    EXPECT_EQ(selected_numbers(plan, fault_message::command, 1'000).size(), 0U);
    EXPECT_EQ(selected_numbers(plan, fault_message::response, 1'000).size(), 1'000U);
}

TEST(fault_plans, applies_at_most_one_fault_to_a_message) {
    fault_plans plan({every_nth(2, fault_kind::drop, fault_message::response),
                      every_nth(3, fault_kind::duplicate, fault_message::response)},
                     1);
    std::map<fault_kind, int> done;
    for (int i = 1; i <= 12; ++i)
        if (const auto* hit = plan.next(fault_message::response)) ++done[hit->what];
    EXPECT_EQ(done[fault_kind::drop], 6);
    EXPECT_EQ(done[fault_kind::duplicate], 2) << "the 3rd and the 9th: the 6th and the 12th are dropped";
}

TEST(fault_counts, are_formatted_as_text) {
    fault_counts counts;
    EXPECT_EQ(to_string(counts), "");
    counts.of(fault_kind::drop, fault_message::command) = 5;
    counts.of(fault_kind::double_send, fault_message::request) = 2;
    EXPECT_EQ(to_string(counts), "drop command 5, double-send request 2");
}

namespace {

/// 31 requests, one per second, to three vehicles in turn; each vehicle responds `executed` after 100 ms. Every 10th
/// message is selected: three times.
struct fault_case {
    fault_kind what;
    fault_message applies_to;
    nanoseconds delay;
    struct expected {
        int commands;  ///< published
        int executed;  ///< final events, including repeated ones
        int timed_out; ///< final events
        int late;      ///< responses
        int unknown;   ///< responses
        int duplicate; ///< responses
    } expected_counts;
};

constexpr int requests = 31;
constexpr int fault_count = 3;

class each_fault : public service_core_fixture, public testing::WithParamInterface<fault_case> {
protected:
    /// Responds to the commands since the last call, 100 ms later.
    void tick() {
        advance(100ms);
        respond();
        for (int i = 0; i < 9; ++i) advance(100ms);
    }

    void respond() {
        for (; processed_ < broker.messages.size(); ++processed_) {
            const auto m = broker.messages[processed_];                                        // a copy: the list grows
            if (m.topic.find("/rsp/") != std::string::npos) core->receive(m.topic, m.payload); // echo
            if (m.topic.find("/cmd/") == std::string::npos) continue;
            const auto command = read_command(m.payload).value();
            if (!executed_.insert(command.id).second) continue; // already executed
            send_response(command.id, phase::final, true, {}, *vin_of(m.topic));
        }
    }

    int count_events(std::string_view state) const {
        const auto all = published_events();
        return static_cast<int>(std::ranges::count(all, state, &event::state));
    }

private:
    std::size_t processed_ = 0;
    std::set<std::string> executed_;
};

} // namespace

TEST_P(each_fault, is_injected_as_often_as_configured_without_other_effects) {
    const auto& [what, of, delay, expected] = GetParam();
    config.services = {{"horn", {.created = 1s, .pending = 1500ms, .running = 1s}}};
    config.faults = {every_nth(10, what, of, delay)};
    restart();
    constexpr std::array<std::string_view, 3> vehicles{horn_vin, other_vin, "5GZCZ43D13S812715"};
    int created = 0;
    for (int i = 0; i < requests; ++i) {
        if (core->create(vehicles[static_cast<std::size_t>(i) % vehicles.size()], "horn").status ==
            creation::create_status::created)
            ++created;
        core->run();
        tick();
    }
    for (int i = 0; i < 5; ++i) tick();

    EXPECT_EQ(created, requests);
    fault_counts only;
    only.of(what, of) = fault_count;
    EXPECT_EQ(core->counts().faults, only);
    EXPECT_EQ(static_cast<int>(published_commands().size()), expected.commands);
    EXPECT_EQ(count_events("executed"), expected.executed);
    EXPECT_EQ(count_events("failed"), expected.timed_out);
    EXPECT_EQ(static_cast<int>(received().late), expected.late);
    EXPECT_EQ(static_cast<int>(received().unknown), expected.unknown);
    EXPECT_EQ(static_cast<int>(received().duplicate), expected.duplicate);
    EXPECT_EQ(received().malformed + received().wrong_vehicle + received().conflicting, 0U);
    EXPECT_EQ(core->counts().outbound.expired, 0U);
    EXPECT_EQ(core->counts().requests.active, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    table, each_fault,
    testing::Values(fault_case{fault_kind::drop, fault_message::command, 0ns, {28, 28, 3, 0, 0, 0}},
                    fault_case{fault_kind::drop, fault_message::response, 0ns, {31, 28, 3, 0, 0, 0}},
                    fault_case{fault_kind::drop, fault_message::event, 0ns, {31, 28, 0, 0, 0, 0}},
                    fault_case{fault_kind::delay, fault_message::command, 500ms, {31, 31, 0, 0, 0, 0}},
                    fault_case{
                        fault_kind::delay, fault_message::command, 2s, {31, 28, 3, 3, 0, 0}}, // beyond the deadline
                    fault_case{fault_kind::delay, fault_message::response, 500ms, {31, 31, 0, 0, 0, 0}},
                    fault_case{fault_kind::delay, fault_message::response, 2s, {31, 28, 3, 3, 0, 0}},
                    fault_case{fault_kind::delay, fault_message::event, 500ms, {31, 31, 0, 0, 0, 0}},
                    fault_case{fault_kind::duplicate, fault_message::command, 0ns, {34, 31, 0, 0, 0, 0}},
                    fault_case{fault_kind::duplicate, fault_message::response, 0ns, {31, 31, 0, 0, 0, 0}},
                    fault_case{fault_kind::duplicate, fault_message::event, 0ns, {31, 34, 0, 0, 0, 0}},
                    // The 10th is held until the vehicle's next message, the 13th; no message follows the 30th.
                    fault_case{fault_kind::reorder, fault_message::command, 0ns, {30, 28, 3, 2, 0, 0}},
                    fault_case{fault_kind::reorder, fault_message::response, 0ns, {31, 28, 3, 2, 0, 0}},
                    fault_case{fault_kind::reorder, fault_message::event, 0ns, {31, 30, 0, 0, 0, 0}},
                    fault_case{fault_kind::forget, fault_message::request, 0ns, {31, 28, 0, 0, 3, 0}},
                    fault_case{fault_kind::double_send, fault_message::request, 0ns, {34, 31, 0, 0, 3, 0}}),
    [](const testing::TestParamInfo<fault_case>& at) { return fmt::format("row_{}", at.index); });

TEST_F(service_core_fixture, a_delayed_command_is_published_and_does_not_expire_though_its_request_has_ended) {
    config.faults = {every_nth(1, fault_kind::delay, fault_message::command, 11s)};
    restart();
    const auto id = pending_request();
    EXPECT_EQ(core->next_due(), time.now() + 5s) << "the check of created";
    advance(10s);
    EXPECT_EQ(reason_of(id), "timeout");
    EXPECT_TRUE(published_commands().empty());
    EXPECT_EQ(core->next_due(), time.now() + 1s);
    advance(1s);
    ASSERT_EQ(published_commands().size(), 1U);
    EXPECT_EQ(published_commands()[0].id, id);
    EXPECT_EQ(broker.messages.back().expires_in_s, 0U);
}

TEST_F(service_core_fixture, a_reordered_command_goes_after_the_next_of_the_same_vehicle_and_of_no_other) {
    config.faults = {every_nth(2, fault_kind::reorder, fault_message::command)};
    restart();
    const auto first = pending_request(other_vin);
    const auto held = pending_request(); // the 2nd
    const auto another = pending_request("5GZCZ43D13S812715");
    advance(10s);
    const auto held_too = pending_request(); // the 4th
    EXPECT_EQ(published_commands().size(), 2U);
    advance(10s);
    const auto next = pending_request();
    ASSERT_EQ(published_commands().size(), 5U);
    EXPECT_EQ(published_commands()[0].id, first);
    EXPECT_EQ(published_commands()[1].id, another);
    EXPECT_EQ(published_commands()[2].id, next);
    EXPECT_EQ(published_commands()[3].id, held);
    EXPECT_EQ(published_commands()[4].id, held_too);
    EXPECT_EQ(broker.messages.back().expires_in_s, 0U);
    EXPECT_EQ(core->counts().faults.of(fault_kind::reorder, fault_message::command), 2U);
}

TEST_F(service_core_fixture, held_messages_are_bounded) {
    config.faults = {every_nth(1, fault_kind::reorder, fault_message::command)};
    restart();
    for (int i = 0; i < 9; ++i) {
        EXPECT_TRUE(published_commands().empty());
        pending_request();
        advance(10s);
    }
    EXPECT_EQ(published_commands().size(), 9U) << "the ninth, and those that waited for it";
    EXPECT_EQ(core->counts().faults.of(fault_kind::reorder, fault_message::command), 8U);
}

TEST_F(service_core_fixture, a_duplicated_response_is_published_unchanged_on_its_own_topic) {
    config.faults = {every_nth(2, fault_kind::duplicate, fault_message::response)};
    restart();
    const auto id = pending_request();
    send_ack(id);
    EXPECT_EQ(broker.messages.size(), 1U);
    send_final(id);
    ASSERT_EQ(broker.messages.size(), 3U) << "command, response, event";
    const auto response = broker.messages[1];
    EXPECT_EQ(response.topic, response_topic(horn_vin, id));
    EXPECT_EQ(read_response(response.payload)->seq, 2);
    const auto before = received();
    core->receive(response.topic, response.payload); // as the broker sends it back
    core->run();
    EXPECT_EQ(received(), before) << "not counted, not read";
    EXPECT_EQ(broker.messages.size(), 3U) << "and not the next 2nd";
    core->receive(response.topic, response.payload); // once more: not an echo of ours
    core->run();
    EXPECT_EQ(received().duplicate, before.duplicate + 1);
}

TEST_F(service_core_fixture, the_echo_filter_is_bounded) {
    config.faults = {every_nth(1, fault_kind::duplicate, fault_message::response)};
    restart({.unconfirmed = 2'000, .waiting = 10});
    const auto id = pending_request();
    for (int i = 0; i < 1'001; ++i) send_ack(id);
    std::vector<recording_broker::sent_message> repeated;
    for (const auto& m : broker.messages)
        if (m.topic.find("/rsp/") != std::string::npos) repeated.push_back(m);
    ASSERT_EQ(repeated.size(), 1'001U);
    const auto before = received();
    core->receive(repeated[1].topic, repeated[1].payload);
    EXPECT_EQ(received(), before);
    core->receive(repeated[0].topic, repeated[0].payload);
    EXPECT_NE(received(), before) << "too long ago";
}

TEST_F(service_core_fixture, a_forgotten_request_is_unknown) {
    config.faults = {every_nth(1, fault_kind::forget, fault_message::request)};
    restart();
    const auto id = pending_request();
    EXPECT_EQ(published_commands().size(), 1U);
    EXPECT_EQ(core->find(id), nullptr);
    EXPECT_EQ(core->create(horn_vin, "horn").status, creation::create_status::created) << "the vehicle is free";
    advance(1h);
    EXPECT_TRUE(published_events().empty());
    EXPECT_EQ(core->counts().requests.timed_out, 0U);
    EXPECT_EQ(core->counts().requests.remembered, 0U);
}

TEST_F(service_core_fixture, the_command_of_a_forgotten_request_survives_an_outage) {
    config.faults = {every_nth(1, fault_kind::forget, fault_message::request)};
    restart();
    core->out().on_connection_lost();
    const auto id = pending_request();
    advance(1min);
    core->out().on_connected();
    ASSERT_EQ(published_commands().size(), 1U);
    EXPECT_EQ(published_commands()[0].id, id);
}

TEST_F(service_core_fixture, a_second_command_is_sent_while_the_first_is_active_and_has_an_unknown_id) {
    config.faults = {every_nth(1, fault_kind::double_send, fault_message::request)};
    restart();
    const auto id = pending_request();
    ASSERT_EQ(published_commands().size(), 2U);
    EXPECT_EQ(published_commands()[0].id, id);
    const auto second = published_commands()[1].id;
    EXPECT_NE(second, id);
    EXPECT_EQ(broker.messages[1].topic, broker.messages[0].topic);
    EXPECT_EQ(state_of(id), state::pending);
    EXPECT_EQ(core->find(second), nullptr);
    send_final(second);
    EXPECT_EQ(received().unknown, 1U);
    send_final(id);
    EXPECT_EQ(state_of(id), state::executed);
}

TEST_F(service_core_fixture, faults_that_apply_to_no_message_do_nothing) {
    config.faults = {every_nth(1, fault_kind::drop, fault_message::request),
                     every_nth(1, fault_kind::forget, fault_message::command),
                     every_nth(1, fault_kind::double_send, fault_message::response)};
    restart();
    const auto id = pending_request();
    send_final(id);
    EXPECT_EQ(state_of(id), state::executed);
    EXPECT_EQ(core->counts().faults, fault_counts{});
}
