// Answers of external programs about commands, and behaviours that ask one.
#include "scenario_text.hpp"

#include <loadsim/scenario/program_answer.hpp>

#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;
using testing::HasSubstr;

namespace {

result<vehicle::behaviour> read_answer(std::string_view json) {
    return read_program_answer(boost::json::parse(json).as_object());
}

/// "" for an answer that is valid.
std::string answer_problem(std::string_view json) {
    const auto read = read_answer(json);
    return read ? "" : read.error().list.front().text;
}

TEST(program_answer, has_the_steps_of_yaml) {
    const auto answered = read_answer(R"({"id":17,"steps":["ack",{"wait":"20ms"},{"failed":"door_open"}]})");
    ASSERT_TRUE(answered) << to_string(answered.error());
    const auto written = behaviour_of(
        read_valid(minimal_scenario("behaviours: {b: {steps: [ack, {wait: 20ms}, {failed: door_open}]}}")), "b");
    EXPECT_EQ(answered->steps, written.steps);
    EXPECT_EQ(answered->expected, outcome_set(outcome::failed));
}

TEST(program_answer, expects_what_its_steps_or_it_says) {
    EXPECT_EQ(read_answer(R"({"id":1,"steps":[]})")->expected, outcome_set(outcome::timed_out)) << "it says nothing";
    EXPECT_EQ(read_answer(R"({"steps":["executed"],"expect":"timed_out"})")->expected, outcome_set(outcome::timed_out));
    EXPECT_EQ(read_answer(R"({"steps":[],"expect":["executed","failed"]})")->expected,
              (outcome_set{outcome::executed, outcome::failed}));
}

TEST(program_answer, is_checked_as_a_behaviour) {
    const struct {
        const char* json;
        const char* problem;
    } rows[] = {
        {R"({"id":1})", "'steps' is missing; [] says nothing"},
        {R"({"steps":"ack"})", "steps: "},
        {R"({"steps":["akc"]})", "steps[0]: "},
        {R"({"steps":["ack",{"wait":20}]})", "steps[1].wait: "},
        {R"({"steps":["ack",null]})", "steps[1]: "},
        {R"({"steps":["drop","ack"]})", "steps[1]: this step comes after drop"},
        {R"({"steps":[{"disconnect":"clean"},"ack"]})", "offline"},
        {R"({"steps":[{"wait":"work"}]})", "nothing is called 'work'"},
        {R"({"steps":[],"expect":"skipped"})", "expect"},
        {R"({"step":[]})", "step"},
    };
    for (const auto& [json, problem] : rows) EXPECT_THAT(answer_problem(json), HasSubstr(problem)) << json;
}

TEST(read, behaviours_that_ask_an_external_program) {
    constexpr auto program = LOADSIM_ROOT "/scenarios/edge-cases/external-program.py";
    const auto config = read_valid(minimal_scenario(fmt::format(
        "behaviours: {{car: {{exec: {0}}}, slow: {{exec: {0}, args: [--slow, 3], timeout: 5s, inFlight: 7, expect: "
        "executed}}}}",
        program)));
    const auto& car = behaviour_of(config, "car");
    ASSERT_TRUE(car.program);
    EXPECT_EQ(*car.program, (program_options{.path = program}));
    EXPECT_EQ(car.expected, (outcome_set{outcome::executed, outcome::failed, outcome::timed_out}))
        << "each answer says which";
    const auto& slow = behaviour_of(config, "slow");
    EXPECT_EQ(*slow.program,
              (program_options{.path = program, .arguments = {"--slow", "3"}, .timeout = 5s, .in_flight = 7}));
    EXPECT_EQ(slow.expected, outcome_set(outcome::executed));
    EXPECT_EQ(read_valid(write(config)).behaviours, config.behaviours) << "written and read again";
}

TEST(read, problems_of_external_programs) {
    const struct {
        const char* behaviour;
        const char* problem;
    } rows[] = {
        {"{exec: /nowhere/car.py}", "the external program /nowhere/car.py cannot be found (No such file or directory)"},
        {"{exec: /usr}", "the external program /usr is no file"},
        {"{exec: /etc/passwd}", "is not executable; chmod +x /etc/passwd"},
        {"{exec: /bin/cat, steps: [ack]}", "the program of exec answers with the steps"},
        {"{steps: [ack], timeout: 1s}", "name it with exec: ./car.py"},
        {"{exec: /bin/cat, online: false}", "receives no command"},
        {"{exec: /bin/cat, timeout: 0s}", "'0s' is too short; 1ms is the least"},
        {"{exec: /bin/cat, inFlight: 0}", "0 is not between 1 and 1000000"},
    };
    for (const auto& [behaviour, problem] : rows)
        EXPECT_THAT(problems_of(minimal_scenario(fmt::format("behaviours: {{car: {}}}", behaviour))),
                    HasSubstr(problem))
            << behaviour;
}

TEST(read, payloads_that_an_external_program_makes) {
    constexpr auto group = "fleet: {{telemetry: [{{name: p, every: 1s, topic: 't/{{vin}}', {}}}]}}";
    const auto config = read_valid(minimal_scenario(fmt::format(group, "payload: {exec: /bin/cat, timeout: 2s}")));
    const auto& payload = config.fleet.telemetry.groups.front().message.payload;
    ASSERT_TRUE(payload.program);
    EXPECT_EQ(*payload.program, (program_options{.path = "/bin/cat", .arguments = {}, .timeout = 2s}));
    EXPECT_EQ(read_valid(write(config)).fleet.telemetry, config.fleet.telemetry);
    EXPECT_THAT(problems_of(minimal_scenario(fmt::format(group, "payload: {exec: /nowhere}"))),
                HasSubstr("the external program /nowhere cannot be found"));
    EXPECT_THAT(problems_of(minimal_scenario(fmt::format(group, "payload: {exec: /bin/cat}, vss: [Vehicle.Speed]"))),
                HasSubstr("a message has one payload: payload, vss or protobuf"));
    EXPECT_THAT(problems_of(minimal_scenario("contract: {ack: {topic: a, payload: {exec: /bin/cat}}}")),
                HasSubstr("only payloads of telemetry"));
}

} // namespace
