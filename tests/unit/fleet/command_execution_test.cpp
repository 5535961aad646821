// Command execution: every step of a behaviour, against a recording behaviour host.
#include "command_execution.hpp"

#include "vehicle/step_builders.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using testing::ElementsAre;
using vehicle::response_step;
using vehicle::step;

namespace {

constexpr monotonic_time execution_start{100s};

/// Behaviour host that records its calls with their time in milliseconds.
class fake_behaviour_host final : public fleet::behaviour_host {
public:
    fake_behaviour_host() : wheel_(execution_start) { time_.set(execution_start); }

    /// Starts a command execution with these steps.
    void begin(const std::vector<step>& steps) {
        behaviour_ = vehicle::with_steps(steps);
        random_stream choices(1, stream_id::behaviour, 0);
        execution_ = std::make_unique<fleet::command_execution>(*this, vehicle_id{7},
                                                                vehicle::resolve(behaviour_, "horn", choices));
        execution_->request = "r1";
        execution_->run_due_actions(time_.now());
    }
    void run_to(nanoseconds t) {
        for (auto next = wheel_.next(); next <= execution_start + t; next = wheel_.next()) {
            time_.set(next);
            wheel_.advance(next);
        }
        time_.set(execution_start + t);
    }
    void answer(const std::vector<step>& steps) {
        expected = execution_->take_answer(vehicle::with_steps(steps));
        execution_->run_due_actions(time_.now());
    }
    bool finished() const { return execution_ == nullptr; }
    outcome_set expected; ///< by the answer

    std::vector<std::string> calls;
    bool has_session = true;
    bool can_send = true;
    nanoseconds reconnect_delay{0}; ///< from reconnect() to the new session

private:
    void record(std::string what) {
        calls.push_back(fmt::format("{} at {}", what, milliseconds(time_.now() - execution_start)));
    }
    bool send_response(fleet::command_execution& a, const response_step& response) override {
        EXPECT_EQ(a.request, "r1");
        if (!can_send || !has_session) return false;
        constexpr const char* words[] = {"ack", "running", "executed", "failed"};
        record(words[static_cast<int>(response.type)]);
        return true;
    }
    void execute(fleet::command_execution&) override { record("does it"); }
    void disconnect(fleet::command_execution&, vehicle::disconnect_kind way) override {
        constexpr const char* ways[] = {"goodbye", "reset", "silence"};
        record(ways[static_cast<int>(way)]);
        has_session = false;
    }
    void reconnect(fleet::command_execution&) override {
        record("connects");
        online_at_ = time_.now() + reconnect_delay;
    }
    bool online(vehicle_id v) const override {
        EXPECT_EQ(index(v), 7U);
        return has_session || time_.now() >= online_at_;
    }
    void take_over(fleet::command_execution&, nanoseconds lasts) override {
        record(fmt::format("another for {}", milliseconds(lasts)));
    }
    void stall(fleet::command_execution&, nanoseconds lasts) override {
        record(fmt::format("deaf for {}", milliseconds(lasts)));
    }
    void ask_program(fleet::command_execution&) override { record("asks"); }
    void arm(net::timer& t, monotonic_time when) override { wheel_.arm(t, when); }
    monotonic_time now() const override { return time_.now(); }
    void end_execution(fleet::command_execution& a) override {
        EXPECT_EQ(&a, execution_.get());
        record("over");
        execution_.reset();
    }

    manual_time time_;
    net::timer_wheel wheel_;
    monotonic_time online_at_ = never;
    vehicle::behaviour behaviour_; ///< owns the responses that the execution refers to
    std::unique_ptr<fleet::command_execution> execution_;
};

using lines = std::vector<std::string>;

TEST(command_execution, continues_with_the_steps_of_an_answer) {
    fake_behaviour_host host;
    step ask;
    ask.type = step::kind::ask;
    host.begin({ask});
    host.run_to(30ms);
    EXPECT_THAT(host.calls, ElementsAre("asks at 0"));
    host.answer({vehicle::respond_with(response_step::kind::ack), vehicle::wait_for(20ms),
                 vehicle::respond_with(response_step::kind::failed, "door_open")});
    host.run_to(100ms);
    EXPECT_THAT(host.calls, ElementsAre("asks at 0", "ack at 30", "failed at 50", "over at 50"));
    EXPECT_EQ(host.expected, outcome_set(outcome::failed));
}

TEST(command_execution, an_answer_without_steps_ends_it) {
    fake_behaviour_host host;
    step ask;
    ask.type = step::kind::ask;
    host.begin({ask});
    host.answer({});
    EXPECT_TRUE(host.finished());
    EXPECT_EQ(host.expected, outcome_set(outcome::timed_out));
}

TEST(command_execution, runs_every_kind_of_step_when_due) {
    struct row {
        const char* what;
        std::vector<step> steps;
        lines done;
    };
    const std::vector<row> table{
        {"nothing", {}, {"over at 0"}},
        {"waits", {vehicle::wait_for(20ms), vehicle::wait_for(5ms)}, {"over at 25"}},
        {"words",
         {vehicle::ack, vehicle::running, vehicle::failed},
         {"ack at 0", "running at 0", "failed at 0", "over at 0"}},
        {"doing goes before saying so",
         {vehicle::wait_for(3ms), vehicle::executed},
         {"does it at 3", "executed at 3", "over at 3"}},
        {"... once, whatever is said again",
         {vehicle::executed, vehicle::executed},
         {"does it at 0", "executed at 0", "executed at 0", "over at 0"}},
        {"... and not where it is a step of its own",
         {vehicle::execute, vehicle::wait_for(9ms), vehicle::executed},
         {"does it at 0", "executed at 9", "over at 9"}},
        {"doing it twice", {vehicle::execute, vehicle::execute}, {"does it at 0", "does it at 0", "over at 0"}},
        {"a failure is no doing", {vehicle::failed}, {"failed at 0", "over at 0"}},
        {"drop ends it", {vehicle::ack, vehicle::drop}, {"ack at 0", "over at 0"}},
        {"partings",
         {vehicle::disconnect_with(vehicle::disconnect_kind::clean),
          vehicle::disconnect_with(vehicle::disconnect_kind::abrupt),
          vehicle::disconnect_with(vehicle::disconnect_kind::half_open)},
         {"goodbye at 0", "reset at 0", "silence at 0", "over at 0"}},
        {"takeover does not wait",
         {vehicle::simple_step(step::kind::takeover, 500ms), vehicle::ack},
         {"another for 500 at 0", "ack at 0", "over at 0"}},
        {"nor does a stall",
         {vehicle::simple_step(step::kind::stall, 2s), vehicle::ack},
         {"deaf for 2000 at 0", "ack at 0", "over at 0"}},
        {"a choice is made before",
         {vehicle::choose({vehicle::weighted(1, {vehicle::running}), vehicle::weighted(0, {vehicle::failed})}),
          vehicle::ack},
         {"running at 0", "ack at 0", "over at 0"}},
    };
    for (const auto& r : table) {
        SCOPED_TRACE(r.what);
        fake_behaviour_host car;
        car.begin(r.steps);
        car.run_to(10s);
        EXPECT_EQ(car.calls, r.done);
        EXPECT_TRUE(car.finished());
    }
}

TEST(command_execution, response_that_cannot_be_sent_is_sent_later_and_in_order) {
    fake_behaviour_host car;
    car.can_send = false;
    car.begin({vehicle::ack, vehicle::running});
    car.run_to(1s);
    EXPECT_THAT(car.calls, ElementsAre());
    car.can_send = true;
    car.run_to(1100ms);
    EXPECT_THAT(car.calls, ElementsAre("ack at 1100", "running at 1100", "over at 1100"));
}

TEST(command_execution, executes_once_although_the_response_is_delayed) {
    fake_behaviour_host car;
    car.can_send = false;
    car.begin({vehicle::executed});
    car.run_to(1s);
    EXPECT_THAT(car.calls, ElementsAre("does it at 0"));
    car.can_send = true;
    car.run_to(2s);
    EXPECT_THAT(car.calls, ElementsAre("does it at 0", "executed at 1100", "over at 1100"));
}

TEST(command_execution, continues_when_the_session_is_restored) {
    fake_behaviour_host car;
    car.reconnect_delay = 300ms;
    car.begin({vehicle::disconnect_with(vehicle::disconnect_kind::abrupt), vehicle::wait_for(50ms), vehicle::reconnect,
               vehicle::wait_for(10ms), vehicle::execute});
    car.run_to(10s);
    EXPECT_THAT(car.calls, ElementsAre("reset at 0", "connects at 50", "does it at 360", "over at 360"))
        << "asked for once, however long it takes";
}

TEST(command_execution, reconnect_step_with_a_session_does_not_wait) {
    fake_behaviour_host car;
    car.begin({vehicle::reconnect, vehicle::ack});
    EXPECT_THAT(car.calls, ElementsAre("connects at 0", "ack at 0", "over at 0"));
}

TEST(command_execution, sends_nothing_when_destroyed_by_its_host) {
    auto car = std::make_unique<fake_behaviour_host>();
    car->begin({vehicle::wait_for(1s), vehicle::ack});
    EXPECT_FALSE(car->finished());
    car.reset(); // the timer is armed: it must not fire afterwards
}

} // namespace
