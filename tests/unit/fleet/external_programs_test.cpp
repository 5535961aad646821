// Vehicles and telemetry that ask external programs: what is asked, and what follows from answers, in simulated time.
#include "awaited_payloads.hpp"
#include "external_program/question.hpp"
#include "telemetry_fixture.hpp"

#include <loadsim/fleet/external_programs.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

/// Program whose answers the test gives.
class fake_programs final : public external_programs {
public:
    void start(std::function<void(const std::string&)> ready) override { ready({}); }
    void ask(const program_options& o, std::string_view fields, answer_handler handler) override {
        paths.push_back(o.path);
        questions.push_back(boost::json::parse('{' + std::string(fields) + '}').as_object());
        handlers.push_back(std::move(handler));
        if (answers_at_once) {
            EXPECT_EQ(answer(handlers.size() - 1, "{}"), "");
        }
    }
    void stop(std::function<void()> done) override { done(); }
    std::string problem() const override { return {}; }
    measure::program_counts take_counts() override { return {}; }

    std::string answer(std::size_t which, std::string_view json) {
        const auto parsed = boost::json::parse(json).as_object();
        return handlers[which](&parsed);
    }
    void fail(std::size_t which) { EXPECT_EQ(handlers[which](nullptr), ""); }

    bool answers_at_once = false;
    std::vector<std::string> paths;
    std::vector<boost::json::object> questions;
    std::vector<answer_handler> handlers;
};

/// {"ack": true, "executed": true}, or {"bad": true}: an answer that is not usable.
result<vehicle::behaviour> read_test_answer(const boost::json::object& answer) {
    if (answer.contains("bad")) return problems{"", "it is bad"};
    std::vector<vehicle::step> steps;
    if (answer.contains("ack")) steps.push_back(vehicle::ack);
    if (answer.contains("executed")) {
        steps.push_back(vehicle::wait_for(50ms));
        steps.push_back(vehicle::executed);
    }
    return vehicle::with_steps(steps);
}

vehicle::behaviour asking_behaviour() {
    vehicle::step ask;
    ask.type = vehicle::step::kind::ask;
    auto b = vehicle::with_steps({ask});
    b.program.emplace().path = "car.py";
    return b;
}

class asking_vehicle_test : public simulation_test::simulated_fleet_test {
protected:
    void begin_asking() {
        behaviours_ = {asking_behaviour()};
        prepare(1);
        auto with_programs = spec();
        with_programs.programs = &programs_;
        with_programs.read_answer = read_test_answer;
        remake(with_programs);
        fleet_->begin_load(start);
    }
    fake_programs programs_;
};

TEST_F(asking_vehicle_test, a_question_has_vehicle_and_command) {
    begin_asking();
    run_to(1s);
    command("r1");
    ASSERT_EQ(programs_.questions.size(), 1U);
    EXPECT_THAT(programs_.paths, ElementsAre("car.py"));
    const auto& asked = programs_.questions.front();
    EXPECT_EQ(asked.at("vehicle").at("vin").as_string(), vin(0));
    EXPECT_EQ(asked.at("vehicle").at("index"), 0);
    EXPECT_EQ(asked.at("vehicle").at("segment").as_string(), "all");
    EXPECT_EQ(asked.at("command").at("request_id").as_string(), "r1");
    EXPECT_EQ(asked.at("command").at("service").as_string(), "horn");
    EXPECT_TRUE(asked.at("command").at("parameters").as_object().empty());
    EXPECT_EQ(asked.at("time_ms"), 1'700'000'001'000);
}

TEST_F(asking_vehicle_test, does_what_the_answer_says_from_then_on) {
    begin_asking();
    command("r1");
    run_to(200ms);
    EXPECT_EQ(programs_.answer(0, R"({"ack":1,"executed":1})"), "");
    run_to(1s);
    EXPECT_THAT(events_,
                ElementsAre("delivered r1 at 0", "acked r1 at 200", "executed r1 at 250", "finished r1 at 250"));
    EXPECT_THAT(executions_, ElementsAre("begin at 0", "end at 250")) << "it is busy while the program thinks";
}

TEST_F(asking_vehicle_test, may_be_answered_within_the_question) {
    programs_.answers_at_once = true;
    begin_asking();
    command("r1");
    EXPECT_THAT(executions_, ElementsAre("begin at 0", "end at 0"));
    EXPECT_THAT(responses_, IsEmpty()) << "no steps: it says nothing";
}

TEST_F(asking_vehicle_test, says_nothing_without_a_usable_answer) {
    begin_asking();
    command("r1");
    EXPECT_EQ(programs_.answer(0, R"({"bad":1})"), "it is bad");
    EXPECT_THAT(executions_, ElementsAre("begin at 0")) << "the dialogue counts it and tells that there is none";
    programs_.fail(0);
    run_to(1s);
    EXPECT_THAT(executions_, ElementsAre("begin at 0", "end at 0"));
    EXPECT_THAT(responses_, IsEmpty());
}

TEST_F(asking_vehicle_test, an_answer_after_the_end_of_the_run_is_ignored) {
    begin_asking();
    command("r1");
    fleet_->stop();
    EXPECT_EQ(programs_.answer(0, R"({"executed":1})"), "");
    EXPECT_THAT(responses_, IsEmpty());
}

class asking_telemetry_test : public telemetry_tests::telemetry_publisher_test {
protected:
    void begin_asking() {
        load_duration_ = 3s;
        options_.telemetry.groups.push_back({.name = "position", .every = telemetry::period_always(1s), .jitter = {0}});
        auto& message = options_.telemetry.groups.back().message;
        message.topic = "tlm/{vin}";
        message.qos = std::uint8_t{0};
        message.payload.format = contract::payload_options::payload_format::exec;
        message.payload.program.emplace().path = "payload.py";
        prepare(1);
        spec_ = std::make_unique<fleet_spec>(spec());
        asking_spec_ = std::make_unique<fleet_spec>(*spec_);
        asking_spec_->programs = &programs_;
        link_ = std::make_unique<telemetry_tests::fake_link>(time_, *wheel_);
        publisher_ = std::make_unique<telemetry_publisher>(*link_, *asking_spec_, 1);
        publisher_->begin_load(start);
    }
    std::unique_ptr<fleet_spec> asking_spec_;
    fake_programs programs_;
};

TEST_F(asking_telemetry_test, a_question_has_the_message_and_the_signals) {
    begin_asking();
    run_to(1s);
    ASSERT_EQ(programs_.questions.size(), 1U);
    const auto& message = programs_.questions.front().at("message");
    EXPECT_EQ(message.at("name").as_string(), "position");
    EXPECT_EQ(message.at("sequence"), 1);
    EXPECT_EQ(message.at("topic").as_string(), "tlm/" + vin(0));
    EXPECT_EQ(message.at("signals").as_object().size(), telemetry::signal_count);
    EXPECT_TRUE(message.at("signals").at("Vehicle.IsMoving").is_bool());
}

TEST_F(asking_telemetry_test, a_message_is_sent_when_its_payload_is_there_in_the_order_of_the_sequences) {
    begin_asking();
    run_to(3s);
    ASSERT_EQ(programs_.handlers.size(), 3U);
    EXPECT_TRUE(publisher_->awaits());
    EXPECT_EQ(programs_.answer(1, R"({"payload":"second"})"), "");
    EXPECT_THAT(payloads(), IsEmpty()) << "the first one is not there";
    EXPECT_EQ(programs_.answer(0, R"({"payload_base64":"Zmlyc3Q="})"), "");
    EXPECT_THAT(payloads(), ElementsAre("first", "second"));
    programs_.fail(2);
    EXPECT_FALSE(publisher_->awaits());
    publisher_->finish();
    EXPECT_EQ(counts().errored, 1U);
    EXPECT_EQ(counts().sent, 2U);
    EXPECT_GE(counts().lag.max(), 2s) << "the lag tells how long the payload took";
    expect_balance();
}

TEST_F(asking_telemetry_test, what_has_no_payload_at_the_end_is_not_sent) {
    begin_asking();
    run_to(3s);
    publisher_->finish();
    EXPECT_EQ(counts().unsent, 3U);
    EXPECT_EQ(programs_.answer(0, R"({"payload":"late"})"), "");
    EXPECT_THAT(payloads(), IsEmpty());
    expect_balance();
}

TEST(payload_answer, is_a_text_or_base64) {
    const auto read = [](std::string_view json) {
        const auto payload = read_payload_answer(boost::json::parse(json).as_object());
        return payload ? *payload : "error: " + payload.error().list.front().text;
    };
    EXPECT_EQ(read(R"({"payload":"{\"a\":1}"})"), R"({"a":1})");
    EXPECT_EQ(read(R"({"payload":""})"), "");
    EXPECT_EQ(read(R"({"payload_base64":"AP8="})"), std::string("\0\xff", 2));
    EXPECT_EQ(read(R"({"payload_base64":"no base64"})"), "error: 'payload_base64' is no base64");
    EXPECT_EQ(read(R"({"payload":{"a":1}})"), "error: a payload is a text");
    for (const auto* json : {"{}", R"({"payload":"a","payload_base64":"YQ=="})"})
        EXPECT_EQ(read(json), "error: an answer about a payload has either 'payload' or 'payload_base64'") << json;
}

} // namespace
