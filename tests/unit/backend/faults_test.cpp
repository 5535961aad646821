// Faults on purpose: which messages they hit, what becomes of those, and that nothing else changes.
#include "platform_fixture.hpp"

#include "faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;
using kind = fault::kind;
using message = fault::message;

namespace {

fault each(std::uint32_t every, kind what, message of, nanoseconds by = 0ns) {
    return {.what = what, .of = of, .every = every, .probability = {}, .by = by};
}
fault by_chance(double probability, kind what, message of) {
    return {.what = what, .of = of, .every = std::nullopt, .probability = {probability}, .by = 0ns};
}

std::set<int> hits(fault_plan& plan, message of, int messages) {
    std::set<int> found;
    for (int i = 1; i <= messages; ++i)
        if (plan.next(of) != nullptr) found.insert(i);
    return found;
}

} // namespace

TEST(fault_plan, hits_every_nth_message_of_its_kind) {
    fault_plan plan({each(10, kind::drop, message::command), each(3, kind::drop, message::event)}, 1);
    EXPECT_EQ(hits(plan, message::command, 35), (std::set{10, 20, 30}));
    EXPECT_EQ(hits(plan, message::word, 35), std::set<int>{});
    EXPECT_EQ(hits(plan, message::event, 7), (std::set{3, 6})) << "each kind has a count of its own";
    EXPECT_EQ(hits(plan, message::command, 5), std::set{5}) << "the 40th";
}

TEST(fault_plan, hits_by_chance_as_the_seed_has_it) {
    const std::vector<fault> faults{by_chance(0.25, kind::drop, message::command),
                                    by_chance(0.25, kind::delay, message::word)};
    fault_plan one(faults, 1), same(faults, 1), other(faults, 2);
    const auto of_one = hits(one, message::command, 4'000);
    EXPECT_NEAR(static_cast<double>(of_one.size()), 1'000, 100);
    EXPECT_EQ(of_one, hits(same, message::command, 4'000));
    EXPECT_NE(of_one, hits(other, message::command, 4'000));
    EXPECT_NE(of_one, hits(same, message::word, 4'000)) << "each kind has chances of its own";
}

TEST(fault_plan, never_and_always_are_what_they_say) {
    fault_plan plan({by_chance(0, kind::drop, message::command), by_chance(1, kind::drop, message::word)}, 1);
    EXPECT_EQ(hits(plan, message::command, 1'000).size(), 0U);
    EXPECT_EQ(hits(plan, message::word, 1'000).size(), 1'000U);
}

TEST(fault_plan, lets_one_message_suffer_one_fault) {
    fault_plan plan({each(2, kind::drop, message::word), each(3, kind::duplicate, message::word)}, 1);
    std::map<kind, int> done;
    for (int i = 1; i <= 12; ++i)
        if (const auto* hit = plan.next(message::word)) ++done[hit->what];
    EXPECT_EQ(done[kind::drop], 6);
    EXPECT_EQ(done[kind::duplicate], 2) << "the 3rd and the 9th: the 6th and the 12th are dropped";
}

TEST(fault_figures, are_told_in_words) {
    fault_figures figures;
    EXPECT_EQ(to_string(figures), "");
    figures.of(kind::drop, message::command) = 5;
    figures.of(kind::double_send, message::request) = 2;
    EXPECT_EQ(to_string(figures), "drop command 5, double-send request 2");
}

namespace {

/// Three vehicles in turn get 31 requests, one a second, and each says `executed` after 100 ms. Each 10th message is hit: three times.
struct row {
    kind what;
    message of;
    nanoseconds by;
    struct expected {
        int commands;  ///< published
        int executed;  ///< announced, repetitions among them
        int timed_out; ///< ...
        int late;      ///< words
        int unknown;   ///< ...
        int duplicate; ///< ...
    } then;
};

constexpr int requests = 31;
constexpr int times = 3;

class each_fault : public platform_under_test, public testing::WithParamInterface<row> {
protected:
    /// What has come to vehicles since the last look is answered 100 ms later.
    void tick() {
        pass(100ms);
        answer();
        for (int i = 0; i < 9; ++i) pass(100ms);
    }

    void answer() {
        for (; seen_ < broker.all.size(); ++seen_) {
            const auto m = broker.all[seen_]; // a copy: the list grows
            if (m.topic.find("/rsp/") != std::string::npos) service->receive(m.topic, m.payload); // we listen there
            if (m.topic.find("/cmd/") == std::string::npos) continue;
            const auto command = contract::read_command(m.payload).value();
            if (!known_.insert(command.id).second) continue; // it has done that
            say(command.id, contract::response::phase::final, true, {}, *contract::vin_of(m.topic));
        }
    }

    int announced_as(std::string_view state) const {
        const auto all = announced();
        return static_cast<int>(std::ranges::count(all, state, &contract::event::state));
    }

private:
    std::size_t seen_ = 0;
    std::set<std::string> known_;
};

} // namespace

TEST_P(each_fault, happens_as_often_as_it_should_and_does_nothing_else) {
    const auto& [what, of, by, then] = GetParam();
    wanted.services = {{"horn", {.created = 1s, .pending = 1500ms, .running = 1s}}};
    wanted.faults = {each(10, what, of, by)};
    restart();
    constexpr std::array<std::string_view, 3> vehicles{horn_vin, other_vin, "5GZCZ43D13S812715"};
    int created = 0;
    for (int i = 0; i < requests; ++i) {
        if (service->create(vehicles[static_cast<std::size_t>(i) % vehicles.size()], "horn").what ==
            creation::verdict::created)
            ++created;
        service->run();
        tick();
    }
    for (int i = 0; i < 5; ++i) tick();

    EXPECT_EQ(created, requests);
    fault_figures only;
    only.of(what, of) = times;
    EXPECT_EQ(service->counted().faults, only);
    EXPECT_EQ(static_cast<int>(commands().size()), then.commands);
    EXPECT_EQ(announced_as("executed"), then.executed);
    EXPECT_EQ(announced_as("failed"), then.timed_out);
    EXPECT_EQ(static_cast<int>(heard().late), then.late);
    EXPECT_EQ(static_cast<int>(heard().unknown), then.unknown);
    EXPECT_EQ(static_cast<int>(heard().duplicate), then.duplicate);
    EXPECT_EQ(heard().malformed + heard().wrong_vehicle + heard().conflicting, 0U);
    EXPECT_EQ(service->counted().outbound.expired, 0U);
    EXPECT_EQ(service->counted().requests.active, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    table, each_fault,
    testing::Values(row{kind::drop, message::command, 0ns, {28, 28, 3, 0, 0, 0}},
                    row{kind::drop, message::word, 0ns, {31, 28, 3, 0, 0, 0}},
                    row{kind::drop, message::event, 0ns, {31, 28, 0, 0, 0, 0}},
                    row{kind::delay, message::command, 500ms, {31, 31, 0, 0, 0, 0}},
                    row{kind::delay, message::command, 2s, {31, 28, 3, 3, 0, 0}}, // beyond the deadline
                    row{kind::delay, message::word, 500ms, {31, 31, 0, 0, 0, 0}},
                    row{kind::delay, message::word, 2s, {31, 28, 3, 3, 0, 0}},
                    row{kind::delay, message::event, 500ms, {31, 31, 0, 0, 0, 0}},
                    row{kind::duplicate, message::command, 0ns, {34, 31, 0, 0, 0, 0}},
                    row{kind::duplicate, message::word, 0ns, {31, 31, 0, 0, 0, 0}},
                    row{kind::duplicate, message::event, 0ns, {31, 34, 0, 0, 0, 0}},
                    // The 10th is held for the vehicle's next, the 13th; the 30th has none.
                    row{kind::reorder, message::command, 0ns, {30, 28, 3, 2, 0, 0}},
                    row{kind::reorder, message::word, 0ns, {31, 28, 3, 2, 0, 0}},
                    row{kind::reorder, message::event, 0ns, {31, 30, 0, 0, 0, 0}},
                    row{kind::forget, message::request, 0ns, {31, 28, 0, 0, 3, 0}},
                    row{kind::double_send, message::request, 0ns, {34, 31, 0, 0, 3, 0}}),
    [](const testing::TestParamInfo<row>& at) { return fmt::format("row_{}", at.index); });

TEST_F(platform_under_test, a_delayed_command_is_published_and_does_not_expire_though_its_request_has_ended) {
    wanted.faults = {each(1, kind::delay, message::command, 11s)};
    restart();
    const auto id = pending();
    EXPECT_EQ(service->next_due(), time.now() + 5s) << "the check of created";
    pass(10s);
    EXPECT_EQ(reason_of(id), "timeout");
    EXPECT_TRUE(commands().empty());
    EXPECT_EQ(service->next_due(), time.now() + 1s);
    pass(1s);
    ASSERT_EQ(commands().size(), 1U);
    EXPECT_EQ(commands()[0].id, id);
    EXPECT_EQ(broker.all.back().expires_in_s, 0U);
}

TEST_F(platform_under_test, a_reordered_command_goes_after_the_next_of_the_same_vehicle_and_of_no_other) {
    wanted.faults = {each(2, kind::reorder, message::command)};
    restart();
    const auto first = pending(other_vin);
    const auto held = pending(); // the 2nd
    const auto another = pending("5GZCZ43D13S812715");
    pass(10s);
    const auto held_too = pending(); // the 4th
    EXPECT_EQ(commands().size(), 2U);
    pass(10s);
    const auto next = pending();
    ASSERT_EQ(commands().size(), 5U);
    EXPECT_EQ(commands()[0].id, first);
    EXPECT_EQ(commands()[1].id, another);
    EXPECT_EQ(commands()[2].id, next);
    EXPECT_EQ(commands()[3].id, held);
    EXPECT_EQ(commands()[4].id, held_too);
    EXPECT_EQ(broker.all.back().expires_in_s, 0U);
    EXPECT_EQ(service->counted().faults.of(kind::reorder, message::command), 2U);
}

TEST_F(platform_under_test, what_is_held_for_the_next_is_bounded) {
    wanted.faults = {each(1, kind::reorder, message::command)};
    restart();
    for (int i = 0; i < 9; ++i) {
        EXPECT_TRUE(commands().empty());
        pending();
        pass(10s);
    }
    EXPECT_EQ(commands().size(), 9U) << "the ninth, and those that waited for it";
    EXPECT_EQ(service->counted().faults.of(kind::reorder, message::command), 8U);
}

TEST_F(platform_under_test, a_repeated_word_is_the_vehicles_own_on_its_own_topic) {
    wanted.faults = {each(2, kind::duplicate, message::word)};
    restart();
    const auto id = pending();
    ack(id);
    EXPECT_EQ(broker.all.size(), 1U);
    final(id);
    ASSERT_EQ(broker.all.size(), 3U) << "command, word, event";
    const auto word = broker.all[1];
    EXPECT_EQ(word.topic, contract::response_topic(horn_vin, id));
    EXPECT_EQ(contract::read_response(word.payload)->seq, 2);
    const auto before = heard();
    service->receive(word.topic, word.payload); // as the broker sends it back
    service->run();
    EXPECT_EQ(heard(), before) << "not counted, not read";
    EXPECT_EQ(broker.all.size(), 3U) << "and not the next 2nd";
    service->receive(word.topic, word.payload); // once more: that is somebody else's
    service->run();
    EXPECT_EQ(heard().duplicate, before.duplicate + 1);
}

TEST_F(platform_under_test, what_was_repeated_is_remembered_within_bounds) {
    wanted.faults = {each(1, kind::duplicate, message::word)};
    restart({.unconfirmed = 2'000, .waiting = 10});
    const auto id = pending();
    for (int i = 0; i < 1'001; ++i) ack(id);
    std::vector<noting_broker::sent> repeated;
    for (const auto& m : broker.all)
        if (m.topic.find("/rsp/") != std::string::npos) repeated.push_back(m);
    ASSERT_EQ(repeated.size(), 1'001U);
    const auto before = heard();
    service->receive(repeated[1].topic, repeated[1].payload);
    EXPECT_EQ(heard(), before);
    service->receive(repeated[0].topic, repeated[0].payload);
    EXPECT_NE(heard(), before) << "too long ago";
}

TEST_F(platform_under_test, a_forgotten_request_was_never_there) {
    wanted.faults = {each(1, kind::forget, message::request)};
    restart();
    const auto id = pending();
    EXPECT_EQ(commands().size(), 1U);
    EXPECT_EQ(service->find(id), nullptr);
    EXPECT_EQ(service->create(horn_vin, "horn").what, creation::verdict::created) << "the vehicle is free";
    pass(1h);
    EXPECT_TRUE(announced().empty());
    EXPECT_EQ(service->counted().requests.timed_out, 0U);
    EXPECT_EQ(service->counted().requests.remembered, 0U);
}

TEST_F(platform_under_test, the_command_of_a_forgotten_request_survives_an_outage) {
    wanted.faults = {each(1, kind::forget, message::request)};
    restart();
    service->out().lost();
    const auto id = pending();
    pass(1min);
    service->out().connected();
    ASSERT_EQ(commands().size(), 1U);
    EXPECT_EQ(commands()[0].id, id);
}

TEST_F(platform_under_test, a_second_request_is_sent_while_the_first_is_active_and_is_none_of_ours) {
    wanted.faults = {each(1, kind::double_send, message::request)};
    restart();
    const auto id = pending();
    ASSERT_EQ(commands().size(), 2U);
    EXPECT_EQ(commands()[0].id, id);
    const auto second = commands()[1].id;
    EXPECT_NE(second, id);
    EXPECT_EQ(broker.all[1].topic, broker.all[0].topic);
    EXPECT_EQ(state_of(id), state::pending);
    EXPECT_EQ(service->find(second), nullptr);
    final(second);
    EXPECT_EQ(heard().unknown, 1U);
    final(id);
    EXPECT_EQ(state_of(id), state::executed);
}

TEST_F(platform_under_test, faults_that_no_message_can_suffer_do_nothing) {
    wanted.faults = {each(1, kind::drop, message::request), each(1, kind::forget, message::command),
                     each(1, kind::double_send, message::word)};
    restart();
    const auto id = pending();
    final(id);
    EXPECT_EQ(state_of(id), state::executed);
    EXPECT_EQ(service->counted().faults, fault_figures{});
}
