// A vehicle at work on one command: every step of a script, against a body that writes down what is asked of it.
#include "activity.hpp"

#include "vehicle/steps.hpp"

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
using vehicle::step;
using vehicle::word;
using kind = vehicle::step::kind;

namespace {

constexpr monotonic_time start{100s};

/// Writes down what is asked of it, and when, in milliseconds.
class fake_body final : public fleet::body {
public:
    fake_body() : wheel_(start) { time_.set(start); }

    /// One vehicle that does this with a command.
    void begin(const std::vector<step>& steps) {
        behaviour_ = vehicle::doing(steps);
        draws choices(1, stream::behaviour, 0);
        work_ = std::make_unique<fleet::activity>(*this, vehicle_id{7}, vehicle::resolve(behaviour_, "horn", choices));
        work_->request = "r1";
        work_->go_on(time_.now());
    }
    void run_to(nanoseconds t) {
        for (auto next = wheel_.next(); next <= start + t; next = wheel_.next()) {
            time_.set(next);
            wheel_.advance(next);
        }
        time_.set(start + t);
    }
    bool over() const { return work_ == nullptr; }

    std::vector<std::string> done;
    bool has_session = true;
    bool can_say = true;
    nanoseconds back_after{0}; ///< from reconnect() to its session

private:
    void note(std::string what) { done.push_back(fmt::format("{} at {}", what, milliseconds(time_.now() - start))); }
    bool say(fleet::activity& a, const word& w) override {
        EXPECT_EQ(a.request, "r1");
        if (!can_say || !has_session) return false;
        constexpr const char* words[] = {"ack", "running", "executed", "failed"};
        note(words[static_cast<int>(w.what)]);
        return true;
    }
    void execute(fleet::activity&) override { note("does it"); }
    void disconnect(fleet::activity&, vehicle::parting way) override {
        constexpr const char* ways[] = {"goodbye", "reset", "silence"};
        note(ways[static_cast<int>(way)]);
        has_session = false;
    }
    void reconnect(fleet::activity&) override {
        note("connects");
        back_at_ = time_.now() + back_after;
    }
    bool online(vehicle_id v) const override {
        EXPECT_EQ(index(v), 7U);
        return has_session || time_.now() >= back_at_;
    }
    void take_over(fleet::activity&, nanoseconds lasts) override {
        note(fmt::format("another for {}", milliseconds(lasts)));
    }
    void stall(fleet::activity&, nanoseconds lasts) override { note(fmt::format("deaf for {}", milliseconds(lasts))); }
    void arm(net::timer& t, monotonic_time when) override { wheel_.arm(t, when); }
    monotonic_time now() const override { return time_.now(); }
    void end(fleet::activity& a) override {
        EXPECT_EQ(&a, work_.get());
        note("over");
        work_.reset();
    }

    manual_time time_;
    net::timer_wheel wheel_;
    monotonic_time back_at_ = never;
    vehicle::behaviour behaviour_; ///< the script's words are its
    std::unique_ptr<fleet::activity> work_;
};

using lines = std::vector<std::string>;

TEST(activity, takes_every_kind_of_step_in_its_time) {
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
         {vehicle::part(vehicle::parting::clean), vehicle::part(vehicle::parting::abrupt),
          vehicle::part(vehicle::parting::half_open)},
         {"goodbye at 0", "reset at 0", "silence at 0", "over at 0"}},
        {"takeover does not wait",
         {vehicle::plain(kind::takeover, 500ms), vehicle::ack},
         {"another for 500 at 0", "ack at 0", "over at 0"}},
        {"nor does a stall",
         {vehicle::plain(kind::stall, 2s), vehicle::ack},
         {"deaf for 2000 at 0", "ack at 0", "over at 0"}},
        {"a choice is made before",
         {vehicle::choose({vehicle::one(1, {vehicle::running}), vehicle::one(0, {vehicle::failed})}), vehicle::ack},
         {"running at 0", "ack at 0", "over at 0"}},
    };
    for (const auto& r : table) {
        SCOPED_TRACE(r.what);
        fake_body car;
        car.begin(r.steps);
        car.run_to(10s);
        EXPECT_EQ(car.done, r.done);
        EXPECT_TRUE(car.over());
    }
}

TEST(activity, what_cannot_be_said_is_said_later_and_in_order) {
    fake_body car;
    car.can_say = false;
    car.begin({vehicle::ack, vehicle::running});
    car.run_to(1s);
    EXPECT_THAT(car.done, ElementsAre());
    car.can_say = true;
    car.run_to(1100ms);
    EXPECT_THAT(car.done, ElementsAre("ack at 1100", "running at 1100", "over at 1100"));
}

TEST(activity, what_cannot_be_said_was_done_all_the_same_and_once) {
    fake_body car;
    car.can_say = false;
    car.begin({vehicle::executed});
    car.run_to(1s);
    EXPECT_THAT(car.done, ElementsAre("does it at 0"));
    car.can_say = true;
    car.run_to(2s);
    EXPECT_THAT(car.done, ElementsAre("does it at 0", "executed at 1100", "over at 1100"));
}

TEST(activity, goes_on_when_its_session_stands_again) {
    fake_body car;
    car.back_after = 300ms;
    car.begin({vehicle::part(vehicle::parting::abrupt), vehicle::wait_for(50ms), vehicle::reconnect,
               vehicle::wait_for(10ms), vehicle::execute});
    car.run_to(10s);
    EXPECT_THAT(car.done, ElementsAre("reset at 0", "connects at 50", "does it at 360", "over at 360"))
        << "asked for once, however long it takes";
}

TEST(activity, who_has_a_session_reconnects_at_once) {
    fake_body car;
    car.begin({vehicle::reconnect, vehicle::ack});
    EXPECT_THAT(car.done, ElementsAre("connects at 0", "ack at 0", "over at 0"));
}

TEST(activity, ends_without_a_word_when_its_owner_drops_it) {
    auto car = std::make_unique<fake_body>();
    car->begin({vehicle::wait_for(1s), vehicle::ack});
    EXPECT_FALSE(car->over());
    car.reset(); // its timer is armed: nothing may come of it
}

} // namespace
