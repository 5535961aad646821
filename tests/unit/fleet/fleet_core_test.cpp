// Fleet core with a fake link: commands, conditions, sleep, reconnect and availability as on MQTT, without sockets.
#include "fleet_core.hpp"
#include "simulated_fleet_fixture.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/mqtt/error.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace loadsim::fleet::simulation_test;
using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

/// Link of one vehicle, as the test sets it.
struct fake_vehicle : vehicle_state {
    using vehicle_state::vehicle_state;
    bool connected = false;
    bool waiting = false; ///< for the time given to connect_at()
    std::uint32_t responses_sent = 0;
    draw_counters draws;
};

/// Fleet that records the actions of its links: "close clean", "block", "connect" ...
class fake_fleet final : public fleet_core {
public:
    fake_fleet(vehicle_events& events, const fleet_spec& spec, manual_time& time, net::timer_wheel& wheel)
        : fleet_core(events, spec), time_(time), wheel_(wheel) {
        for (std::uint32_t slot = 0; slot < size(); ++slot) update_state(vehicles_.emplace_back(id_at(slot)));
    }

    void begin_load(monotonic_time start) override {
        load_start_ = start;
        for (auto& vehicle : vehicles_) update_state(vehicle);
        process_due_conditions();
    }
    bool available(vehicle_id v) const override { return vehicles_[index(v)].available; }

    void establish(std::uint32_t v = 0) {
        auto& vehicle = vehicles_[v];
        vehicle.connected = true;
        set_state(vehicle, session_state::online);
        schedule_sleep(vehicle);
    }
    void lose(std::uint32_t v = 0) {
        vehicles_[v].connected = false;
        set_state(vehicles_[v], session_state::offline);
    }
    void receive(const std::string& id, std::uint32_t v = 0, bool retained = false) {
        const auto topic = backend::command_topic(vin_of(vehicle_id{v}), "horn");
        const auto payload = to_json(backend::command{.id = id, .service = "horn", .ts_ms = 0});
        if (auto* e = accept_command(vehicles_[v], {.topic = topic, .payload = payload, .retained = retained},
                                     "reply/here", now()))
            e->run_due_actions(now());
    }
    void put(session_state state, std::uint32_t v = 0) { set_state(vehicles_[v], state); }
    fake_vehicle& operator[](std::uint32_t v) { return vehicles_[v]; }
    disruption_state& disruptions(std::uint32_t v = 0) { return disruptions_of(vehicles_[v]); }
    bool reconnects(std::uint32_t v = 0) {
        const auto before = actions.size();
        try_connect(vehicles_[v]);
        return actions.size() > before;
    }

    std::vector<std::string> actions;
    std::error_code publish_error;
    std::string last_topic;

private:
    static fake_vehicle& cast(vehicle_state& vehicle) { return static_cast<fake_vehicle&>(vehicle); }
    void record(const char* what, const vehicle_state& vehicle) {
        actions.push_back(index(vehicle.id) == 0 ? std::string(what) : fmt::format("{} {}", what, index(vehicle.id)));
    }

    fake_vehicle& vehicle_of(vehicle_id v) override { return vehicles_[index(v)]; }
    session_state state_of(vehicle_id v) const override { return vehicles_[index(v)].state; }
    std::unique_ptr<disruption_state> make_disruptions(const vehicle_state& vehicle) override {
        return std::make_unique<disruption_state>(*this, vehicle.id);
    }
    std::uint32_t& responses_sent(vehicle_state& vehicle) override { return cast(vehicle).responses_sent; }
    draw_counters& draws_of(vehicle_state& vehicle) override { return cast(vehicle).draws; }
    std::int64_t wall_us() const override { return 0; }
    bool connected(const vehicle_state& vehicle) const override {
        return static_cast<const fake_vehicle&>(vehicle).connected;
    }
    std::error_code publish(vehicle_state& vehicle, std::string_view request, const contract::outgoing_message& m,
                            mqtt::qos) override {
        if (publish_error) return publish_error;
        last_topic = m.topic;
        const auto response = backend::read_response(m.payload);
        if (request.empty())
            record(backend::read_presence(m.payload).value().state.c_str(), vehicle);
        else
            record(fmt::format("send {} #{}", request, response->seq).c_str(), vehicle);
        return {};
    }
    bool close_link(vehicle_state& vehicle, vehicle::disconnect_kind how) override {
        constexpr const char* names[] = {"close clean", "close abrupt", "close half_open"};
        if (!std::exchange(cast(vehicle).connected, false)) return false;
        record(names[static_cast<int>(how)], vehicle);
        return true;
    }
    void connect(vehicle_state& vehicle) override {
        if (!cast(vehicle).waiting && !cast(vehicle).connected) record("connect", vehicle);
    }
    bool connect_at(vehicle_state& vehicle, monotonic_time when) override {
        if (std::exchange(cast(vehicle).waiting, true)) return false;
        record(fmt::format("connect at {}", milliseconds(when - load_start_)).c_str(), vehicle);
        return true;
    }
    void cancel_wait(vehicle_state& vehicle) override { cast(vehicle).waiting = false; }
    void set_blocked(vehicle_state& vehicle, bool blocked) override { record(blocked ? "block" : "unblock", vehicle); }
    void shape(vehicle_state& vehicle, const net::link_shaper::limits& limits) override {
        record(fmt::format("shape {}", milliseconds(limits.delay)).c_str(), vehicle);
    }
    void on_broker_lost(vehicle_state& vehicle, vehicle::condition::outage_mode) override {
        record("broker lost", vehicle);
    }
    void take_over(command_execution&, nanoseconds) override { actions.emplace_back("take over"); }
    void stall(command_execution&, nanoseconds) override { actions.emplace_back("stall"); }
    void arm(net::timer& t, monotonic_time when) override { wheel_.arm(t, when); }
    monotonic_time now() const override { return time_.now(); }

    manual_time& time_;
    net::timer_wheel& wheel_;
    std::deque<fake_vehicle> vehicles_;
};

class fleet_core_test : public fleet_inputs {
protected:
    /// Vehicles are online unless `online` is false.
    fake_fleet& begin(std::uint32_t vehicles = 1, bool online = true) {
        prepare(vehicles);
        fleet_ = std::make_unique<fake_fleet>(events(), spec(), time_, *wheel_);
        for (std::uint32_t v = 0; online && v < vehicles; ++v) fleet_->establish(v);
        fleet_->begin_load(start);
        return *fleet_;
    }
    /// Runs up to `t` and returns the actions since the last call.
    std::vector<std::string> actions_to(nanoseconds t) {
        run_to(t);
        return std::exchange(fleet_->actions, {});
    }
    std::unique_ptr<fake_fleet> fleet_;
};

class conditions_of_a_link : public fleet_core_test {
protected:
    void begin_with(condition::kind what, nanoseconds lasts = 2s) {
        conditions_ = {make_condition(what, 1s, lasts)};
        begin();
    }
};

TEST_F(conditions_of_a_link, tunnel_blocks_and_unblocks_the_same_session) {
    begin_with(condition::kind::tunnel);
    EXPECT_THAT(actions_to(1s), ElementsAre("block"));
    EXPECT_TRUE(fleet_->available(vehicle_id{0}));
    EXPECT_EQ(fleet_->online(), 1U);
    EXPECT_THAT(actions_to(3s), ElementsAre("unblock"));
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 1000", "reachable at 3000"));
    EXPECT_THAT(condition_events_, ElementsAre("0 at 1000", "0 passed at 3000"));
}

using states = measure::vehicle_states;

TEST_F(conditions_of_a_link, blocked_and_connecting_vehicles_are_counted) {
    struct row {
        condition::kind what;
        states during; ///< the condition
        states after;  ///< it, until the vehicle is online
    };
    const row rows[] = {
        {condition::kind::tunnel, {.blocked = 1}, {}},
        {condition::kind::half_open, {.blocked = 1}, {.connecting = 1}},
        {condition::kind::garage, {}, {.connecting = 1}},
        {condition::kind::slow, {}, {}},
    };
    for (const auto& r : rows) {
        begin_with(r.what);
        EXPECT_EQ(fleet_->states(), states{});
        run_to(1s);
        EXPECT_EQ(fleet_->states(), r.during) << static_cast<int>(r.what);
        run_to(3s);
        EXPECT_EQ(fleet_->states(), r.after) << static_cast<int>(r.what);
        fleet_->establish();
        EXPECT_EQ(fleet_->states(), states{});
        fleet_.reset();
    }
}

TEST_F(conditions_of_a_link, vehicle_that_lost_its_session_in_a_tunnel_is_blocked_and_does_not_connect) {
    begin_with(condition::kind::tunnel);
    run_to(1s);
    fleet_->lose();
    EXPECT_EQ(fleet_->states(), states{.blocked = 1});
    run_to(3s);
    EXPECT_EQ(fleet_->states(), states{.connecting = 1});
    fleet_->stop();
    EXPECT_EQ(fleet_->states(), states{}) << "nothing connects any more";
    fleet_->establish();
    EXPECT_EQ(fleet_->states(), states{});
}

TEST_F(fleet_core_test, vehicles_connect_from_the_start) {
    begin(3, false);
    EXPECT_EQ(fleet_->states(), states{.connecting = 3});
}

TEST_F(fleet_core_test, vehicle_that_a_step_disconnects_connects_from_its_reconnect_on) {
    behaviours_ = {make_behaviour(
        {disconnect_with(vehicle::disconnect_kind::clean), wait_for(1s), simple_step(kind::reconnect), wait_for(1s)})};
    conditions_ = {make_condition(condition::kind::outage, 0s, 2s)};
    begin().receive("r1");
    EXPECT_EQ(fleet_->states(), states{});
    run_to(1s);
    EXPECT_EQ(fleet_->states(), states{.connecting = 1});
    fleet_->on_broker_down(0, 0);
    EXPECT_EQ(fleet_->states(), states{.connecting = 1}) << "an outage blocks no link";
}

TEST_F(fleet_core_test, vehicle_that_a_step_disconnects_connects_when_its_commands_end) {
    behaviours_ = {make_behaviour({disconnect_with(vehicle::disconnect_kind::clean), wait_for(1s)})};
    begin().receive("r1");
    run_to(1s);
    EXPECT_EQ(fleet_->states(), states{.connecting = 1});
}

TEST_F(fleet_core_test, execution_is_reported_from_the_first_command_to_the_end_of_the_last) {
    behaviours_ = {make_behaviour({wait_for(1s), respond_with(response_step::kind::executed)})};
    begin().receive("r1");
    run_to(500ms);
    fleet_->receive("r2");
    run_to(5s);
    EXPECT_THAT(executions_, ElementsAre("begin at 0", "end at 1500"));
}

TEST_F(conditions_of_a_link, session_lost_in_a_tunnel_is_restored_after_it) {
    begin_with(condition::kind::tunnel);
    run_to(1s);
    fleet_->lose();
    EXPECT_FALSE(fleet_->reconnects());
    EXPECT_TRUE(fleet_->available(vehicle_id{0})) << "offline on purpose";
    EXPECT_THAT(actions_to(3s), ElementsAre("block", "unblock", "connect"));
}

TEST_F(conditions_of_a_link, garage_resets_and_connects_at_its_end) {
    begin_with(condition::kind::garage);
    EXPECT_THAT(actions_to(1s), ElementsAre("close abrupt"));
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_THAT(session_events_, ElementsAre("garage begins at 1000", "offline: garage at 1000"));
    EXPECT_THAT(actions_to(3s), ElementsAre("connect"));
    fleet_->establish();
    const auto recovery = fleet_->take_counts().recoveries.at({0, 0});
    EXPECT_EQ(recovery.affected, 1U);
    EXPECT_EQ(recovery.recovery_times.count(), 1U);
}

TEST_F(conditions_of_a_link, storm_resets_and_connects_at_once) {
    begin_with(condition::kind::reconnect_storm, 0s);
    EXPECT_THAT(actions_to(1s), ElementsAre("close abrupt", "connect"));
    EXPECT_FALSE(fleet_->available(vehicle_id{0}));
}

TEST_F(conditions_of_a_link, each_change_of_availability_is_reported) {
    begin_with(condition::kind::reconnect_storm, 0s);
    EXPECT_EQ(availability_changes_, 1U) << "it came online";
    run_to(1s);
    EXPECT_EQ(availability_changes_, 2U);
    fleet_->establish();
    EXPECT_EQ(availability_changes_, 3U);
    fleet_->establish();
    EXPECT_EQ(availability_changes_, 3U);
}

TEST_F(conditions_of_a_link, vehicle_without_a_connection_does_not_connect_in_a_storm) {
    conditions_ = {make_condition(condition::kind::reconnect_storm, 1s)};
    begin(1, false);
    EXPECT_THAT(actions_to(1s), IsEmpty());
}

TEST_F(conditions_of_a_link, handover_abandons_the_connection) {
    begin_with(condition::kind::handover);
    EXPECT_THAT(actions_to(1s), ElementsAre("close half_open"));
    EXPECT_THAT(actions_to(3s), ElementsAre("connect"));
    EXPECT_EQ(fleet_->disruptions().handovers, 1U) << "the source address moves on";
}

TEST_F(conditions_of_a_link, half_open_is_noticed_at_its_end) {
    begin_with(condition::kind::half_open);
    EXPECT_THAT(actions_to(1s), ElementsAre("block"));
    EXPECT_THAT(actions_to(3s), ElementsAre("close half_open", "unblock", "connect"));
    EXPECT_THAT(session_events_, Contains("offline: its connection was half-open at 3000"));
}

TEST_F(conditions_of_a_link, pending_backoff_outlasts_a_condition) {
    begin_with(condition::kind::garage);
    run_to(1s);
    (*fleet_)[0].waiting = true;
    EXPECT_THAT(actions_to(3s), ElementsAre("close abrupt"));
}

TEST_F(conditions_of_a_link, slow_conditions_add_up) {
    conditions_ = {make_condition(condition::kind::slow, 1s, 3s), make_condition(condition::kind::slow, 2s, 3s)};
    conditions_[0].added_delay = exactly(10ms);
    conditions_[1].added_delay = exactly(5ms);
    begin();
    EXPECT_THAT(actions_to(5s), ElementsAre("shape 10", "shape 15", "shape 5", "shape 0"));
    EXPECT_THAT(reachability_, IsEmpty());
}

TEST_F(conditions_of_a_link, power_on_connects_a_vehicle_that_was_off) {
    conditions_ = {make_condition(condition::kind::power_on, 1s)};
    begin(1, false).disruptions().powered_off = true;
    EXPECT_FALSE(fleet_->reconnects());
    EXPECT_THAT(actions_to(1s), ElementsAre("connect"));
}

TEST_F(conditions_of_a_link, vehicles_without_a_session_for_good_are_unaffected) {
    conditions_ = {make_condition(condition::kind::garage, 1s, 1s)};
    begin(2);
    fleet_->put(session_state::permanently_offline, 0);
    fleet_->put(session_state::rejected, 1);
    EXPECT_THAT(actions_to(2s), IsEmpty());
    EXPECT_THAT(condition_events_, IsEmpty());
}

TEST_F(conditions_of_a_link, end_of_load_cancels_later_conditions) {
    begin_with(condition::kind::tunnel);
    EXPECT_EQ(fleet_->next_condition_event(), 1s);
    run_to(1s);
    fleet_->end_load();
    EXPECT_EQ(fleet_->next_condition_event(), 3s) << "its end";
    EXPECT_THAT(actions_to(3s), ElementsAre("block", "unblock"));
    EXPECT_EQ(fleet_->next_condition_event(), std::nullopt);
}

TEST_F(conditions_of_a_link, returning_vehicles_are_counted_until_they_are_back) {
    begin_with(condition::kind::garage);
    run_to(1s);
    EXPECT_EQ(fleet_->returning(), 0U) << "the condition keeps it offline";
    run_to(3s);
    EXPECT_EQ(fleet_->returning(), 1U);
    fleet_->establish();
    EXPECT_EQ(fleet_->returning(), 0U);
    fleet_->lose();
    EXPECT_EQ(fleet_->returning(), 0U) << "no condition has caused it";
}

TEST_F(conditions_of_a_link, vehicles_return_once_the_broker_is_back) {
    conditions_ = {make_condition(condition::kind::outage, 1s, 2s)};
    begin();
    run_to(1s);
    fleet_->on_broker_down(0, 0);
    fleet_->lose();
    EXPECT_EQ(fleet_->returning(), 0U);
    run_to(3s);
    fleet_->on_broker_up(0);
    EXPECT_EQ(fleet_->returning(), 1U);
    fleet_->establish();
    EXPECT_EQ(fleet_->returning(), 0U);
}

TEST_F(conditions_of_a_link, broker_outage_makes_all_vehicles_unreachable) {
    conditions_ = {make_condition(condition::kind::outage, 1s, 2s)};
    begin(3);
    fleet_->put(session_state::rejected, 2);
    fleet_->lose(1);
    run_to(1s);
    reachability_.clear();
    fleet_->on_broker_down(0, 0);
    EXPECT_THAT(fleet_->actions, ElementsAre("broker lost", "broker lost 1"));
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 1000"));
    run_to(3s);
    fleet_->on_broker_up(0);
    EXPECT_THAT(reachability_, ElementsAre("unreachable at 1000", "reachable at 3000"));
    EXPECT_EQ(fleet_->take_counts().recoveries.at({0, 0}).affected, 1U) << "the other was unreachable already";
}

TEST_F(fleet_core_test, availability) {
    struct row {
        const char* reason;
        session_state state;
        condition_state conditions;
        bool sleeps;
        bool available;
    };
    const row rows[] = {
        {"online", session_state::online, {}, false, true},
        {"session lost", session_state::offline, {}, false, false},
        {"asleep: woken by the platform", session_state::asleep, {}, true, true},
        {"offline for good, on purpose", session_state::permanently_offline, {}, false, true},
        {"wrong credentials, on purpose", session_state::rejected, {}, false, true},
        {"tunnel", session_state::offline, {.tunnels = 1}, false, true},
        {"garage", session_state::offline, {.garages = 1}, false, true},
        {"half open", session_state::offline, {.half_open = 1}, false, true},
        {"woken, connecting", session_state::offline, {}, true, true},
        {"not powered on yet", session_state::offline, {.powered_off = true}, false, false},
        {"sleeper, not powered on yet", session_state::offline, {.powered_off = true}, true, false},
    };
    begin();
    for (const auto& one : rows) {
        fake_vehicle c(vehicle_id{0});
        c.state = one.state;
        c.disruptions = std::make_unique<disruption_state>(*fleet_, c.id);
        static_cast<condition_state&>(*c.disruptions) = one.conditions;
        EXPECT_EQ(is_available(c, one.sleeps), one.available) << one.reason;
    }
}

TEST_F(fleet_core_test, response_is_sent_and_reported) {
    begin().receive("r1");
    EXPECT_THAT(fleet_->actions, ElementsAre("send r1 #1"));
    EXPECT_THAT(events_, ElementsAre("delivered r1 at 0", "executed r1 at 0", "finished r1 at 0"));
    EXPECT_EQ(fleet_->last_topic, "reply/here") << "the response topic of the command";
}

TEST_F(fleet_core_test, retained_command_is_executed_and_reported_as_such) {
    begin().receive("r1", 0, true);
    EXPECT_THAT(events_, ElementsAre("delivered, retained, r1 at 0", "executed r1 at 0", "finished r1 at 0"));
}

TEST_F(fleet_core_test, messages_that_the_contract_has_not_are_never_sent) {
    contract::options o;
    o.running.none = o.presence.none = true;
    contract_ = contract::message_contract::compile(o).value();
    behaviours_ = {make_behaviour({respond_with(response_step::kind::ack), respond_with(response_step::kind::running),
                                   respond_with(response_step::kind::executed),
                                   disconnect_with(vehicle::disconnect_kind::clean)})};
    begin().receive("r1");
    EXPECT_THAT(actions_to(0ms), ElementsAre("send r1 #1", "send r1 #2", "close clean", "connect"))
        << "no gap in the sequence, no 'offline'";
}

TEST_F(fleet_core_test, duplicate_is_executed_only_without_deduplication) {
    begin().receive("r1");
    fleet_->receive("r1");
    EXPECT_THAT(fleet_->actions, ElementsAre("send r1 #1"));
    behaviours_.front().deduplicates = false;
    fleet_->receive("r1");
    EXPECT_THAT(fleet_->actions, ElementsAre("send r1 #1", "send r1 #2"));
}

TEST_F(fleet_core_test, response_is_retried_while_the_queue_is_full_or_the_session_is_away) {
    begin().publish_error = mqtt::make_error_code(mqtt::errc::queue_full);
    fleet_->receive("r1");
    EXPECT_THAT(actions_to(150ms), IsEmpty());
    fleet_->publish_error = {};
    fleet_->lose();
    EXPECT_THAT(actions_to(250ms), IsEmpty());
    fleet_->establish();
    EXPECT_THAT(actions_to(300ms), ElementsAre("send r1 #1"));
    EXPECT_THAT(events_, Contains("finished r1 at 300"));
}

TEST_F(fleet_core_test, response_that_the_session_refuses_is_counted) {
    begin().publish_error = mqtt::make_error_code(mqtt::errc::invalid_argument);
    fleet_->receive("r1");
    EXPECT_THAT(fleet_->take_counts().sessions.reasons, testing::SizeIs(1));
    EXPECT_EQ((*fleet_)[0].responses_sent, 0U) << "the sequence number was not used";
    EXPECT_THAT(events_, testing::Not(Contains("finished r1 at 0")));
}

TEST_F(fleet_core_test, lost_response_uses_up_its_sequence_number) {
    conditions_ = {make_condition(condition::kind::lossy, 0s, 1s)};
    conditions_.front().loss.value = 1;
    begin().receive("r1");
    EXPECT_THAT(events_, Contains("finished r1 at 0")) << "the vehicle does not know";
    run_to(1s);
    fleet_->receive("r2");
    EXPECT_THAT(fleet_->actions, ElementsAre("send r2 #2"));
}

TEST_F(fleet_core_test, disconnect_step_keeps_the_vehicle_offline_until_its_commands_end) {
    for (const auto how :
         {vehicle::disconnect_kind::clean, vehicle::disconnect_kind::abrupt, vehicle::disconnect_kind::half_open}) {
        behaviours_ = {make_behaviour({disconnect_with(how), wait_for(1s)})};
        delivered_.clear();
        begin().receive("r1");
        EXPECT_FALSE(fleet_->reconnects());
        const auto actions = actions_to(1s);
        if (how == vehicle::disconnect_kind::clean)
            EXPECT_THAT(actions, ElementsAre("offline", "close clean", "connect"));
        else
            EXPECT_THAT(
                actions,
                ElementsAre(how == vehicle::disconnect_kind::abrupt ? "close abrupt" : "close half_open", "connect"));
    }
}

TEST_F(fleet_core_test, reconnect_step_does_not_wait_for_a_backoff) {
    behaviours_ = {make_behaviour({wait_for(1s), simple_step(kind::reconnect)})};
    begin().receive("r1");
    fleet_->lose();
    (*fleet_)[0].waiting = true;
    EXPECT_THAT(actions_to(1s), ElementsAre("connect"));
}

TEST_F(fleet_core_test, set_behaviour_applies_to_the_next_command) {
    const auto silent = make_behaviour({simple_step(kind::drop)});
    begin().set_next_behaviour(vehicle_id{0}, silent);
    fleet_->receive("r1");
    fleet_->receive("r2");
    EXPECT_THAT(fleet_->actions, ElementsAre("send r2 #1"));
}

TEST_F(fleet_core_test, nothing_happens_after_stop) {
    behaviours_ = {make_behaviour({wait_for(1s), respond_with(response_step::kind::executed)})};
    conditions_ = {make_condition(condition::kind::garage, 1s, 1s)};
    begin().receive("r1");
    fleet_->stop();
    EXPECT_THAT(actions_to(3s), IsEmpty());
}

class sleepers : public fleet_core_test {
protected:
    sleepers() {
        behaviours_ = {make_behaviour({wait_for(1s), respond_with(response_step::kind::executed)})};
        behaviours_.front().asleep = vehicle::sleep{.wakeup_delay = exactly(500ms)}; // awake for two seconds
    }
    void establish_again() {
        (*fleet_)[0].waiting = false;
        fleet_->lose();
        fleet_->establish();
    }
};

TEST_F(sleepers, fall_asleep_two_seconds_after_their_last_command) {
    begin();
    establish_again();
    run_to(1s);
    fleet_->receive("r1");
    EXPECT_THAT(actions_to(3900ms), ElementsAre("send r1 #1"));
    EXPECT_THAT(actions_to(4s), ElementsAre("asleep", "close clean"));
    EXPECT_EQ(fleet_->online(), 0U);
    EXPECT_TRUE(fleet_->available(vehicle_id{0}));
    EXPECT_FALSE(fleet_->reconnects());
}

TEST_F(sleepers, stay_awake_while_their_link_is_blocked) {
    conditions_ = {make_condition(condition::kind::tunnel, 1s, 2s)};
    begin();
    establish_again();
    EXPECT_THAT(actions_to(3900ms), ElementsAre("block", "unblock"));
    EXPECT_THAT(actions_to(4s), ElementsAre("asleep", "close clean"));
}

TEST_F(sleepers, wake_after_their_trigger_once) {
    begin();
    fleet_->put(session_state::asleep);
    fleet_->wake(vehicle_id{0});
    fleet_->wake(vehicle_id{0});
    EXPECT_THAT(fleet_->actions, ElementsAre("connect at 500"));
    EXPECT_THAT(session_events_, ElementsAre("woken at 0"));
    EXPECT_EQ((*fleet_)[0].draws.wakeup_triggers, 2U);
    EXPECT_EQ(fleet_->states(), states{.asleep = 1}) << "until they are awake";
    fleet_->establish();
    EXPECT_EQ(fleet_->states(), states{});
}

TEST_F(sleepers, ignore_triggers_while_awake_and_lost_ones) {
    begin().wake(vehicle_id{0});
    EXPECT_EQ((*fleet_)[0].draws.wakeup_triggers, 0U);
    behaviours_.front().asleep->trigger_loss.value = 1;
    fleet_->put(session_state::asleep);
    fleet_->wake(vehicle_id{0});
    EXPECT_THAT(fleet_->actions, IsEmpty());
}

} // namespace
