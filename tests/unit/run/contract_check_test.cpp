// Contract check of a probe: findings for a matching and for a wrong contract.
#include "tools/contract_check.hpp"

#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/read.hpp>

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::run;
using testing::ElementsAre;
using testing::HasSubstr;
using trace_direction = traced_message::direction;

namespace {

constexpr auto theirs = R"(
name: theirs
target: {broker: mqtt://a, api: http://b}
contract:
  request: {accepted: [200], rejected: [423], id: /order/nr}
  command: {filter: "in/{vin}", topic: "in/{vin}", id: /head/order, service: /do}
load:
  observers: [{mqtt: {filter: out, vin: /car, id: /order, state: /now, ends: {executed: DONE, failed: ERR}}}]
  phases: [{duration: 1, arrivalCount: 1}]
)";

/// One finding per line: "+ " passed, "- " failed, "? " not tested.
std::string look(const std::vector<traced_message>& messages, std::string_view yaml = theirs) {
    const auto d = scenario::read(yaml, "f").value();
    const auto compiled = scenario::compile(d).value();
    std::string all;
    for (const auto& f : check_contract(d, compiled, vehicle_id{0}, messages))
        all += std::string(1, "-+?"[static_cast<std::size_t>(f.result)]) + " " + f.text + "\n";
    return all;
}

const traced_message api_answer{trace_direction::from_api, 0, "200", R"({"order":{"nr":17}})"};
const traced_message vehicle_command{trace_direction::to_vehicle, 0, "in/V", R"({"head":{"order":17},"do":"horn"})"};
const traced_message vehicle_word{trace_direction::from_vehicle, 0, "out/V", "OK"};
const traced_message pending_event{trace_direction::to_observer, 0, "out", R"({"car":"V","order":17,"now":"BUSY"})"};
const traced_message end_event{trace_direction::to_observer, 0, "out", R"({"car":"V","order":17,"now":"DONE"})"};

} // namespace

TEST(contract_check, of_a_matching_contract_lists_each_value_and_its_field_path) {
    EXPECT_EQ(look({api_answer, vehicle_command, vehicle_word, pending_event, end_event}),
              "+ the API accepts the request with 200; its id is '17' (contract.request.id: /order/nr)\n"
              "+ the command came on in/V: request '17' (contract.command.id: /head/order), service 'horn' "
              "(contract.command.service: /do)\n"
              "+ the vehicle publishes on out/V: OK\n"
              "+ load.observers[0] (mqtt): request '17', state 'BUSY', which completes nothing\n"
              "+ load.observers[0] (mqtt): request '17', state 'DONE' is executed\n");
}

TEST(contract_check, reports_a_field_path_without_match_and_the_message) {
    auto other = api_answer;
    other.body = R"({"id":17})";
    EXPECT_THAT(look({other, vehicle_command, end_event}),
                HasSubstr("- the API accepts the request with 200, and there is no '/order/nr' "
                          "(contract.request.id) in the response: {\"id\":17}\n"));
    auto headless = vehicle_command;
    headless.body = R"({"do":"horn"})";
    EXPECT_THAT(look({api_answer, headless, end_event}),
                HasSubstr("- a message came on in/V, and there is no '/head/order' (contract.command.id) in it"));
    auto mute = vehicle_command;
    mute.body = R"({"head":{"order":17}})";
    EXPECT_THAT(look({api_answer, mute, end_event}), HasSubstr("- there is no '/do' (contract.command.service) in it"));
    auto nameless = end_event;
    nameless.body = R"({"now":"DONE"})";
    EXPECT_THAT(look({api_answer, vehicle_command, nameless}),
                HasSubstr("- load.observers[0] (mqtt): there is no '/order' (id) in"));
}

TEST(contract_check, leaves_responses_to_the_check_of_their_sequence) {
    std::string checked(theirs);
    checked.replace(checked.find("  phases:"), 0, "  checkResponseSequence: true\n");
    const traced_message response{trace_direction::to_observer, 0, "v1/V/rsp/17", R"({"order":17,"now":"BUSY"})"};
    EXPECT_THAT(look({api_answer, vehicle_command, response, end_event}, checked), testing::Not(HasSubstr("'BUSY'")));
    EXPECT_THAT(look({api_answer, vehicle_command, response}, checked),
                HasSubstr("- load.observers[0] (mqtt) has received nothing"));
}

// A probe goes on until the slow observer has seen the end, too: it would be called deaf otherwise.
TEST(contract_check, awaits_each_observer_of_an_accepted_request) {
    std::string two(theirs);
    two.replace(two.find("observers: ["), 12,
                "observers: [{poll: {path: \"/o/{request.id}\", state: /now, ends: {executed: DONE}}}, ");
    const auto d = scenario::read(two, "f").value();
    const auto compiled = scenario::compile(d).value();
    const auto awaits = [&](const std::vector<traced_message>& messages) {
        return awaits_an_observer(d, compiled, messages);
    };
    auto fast = end_event;
    fast.observer = 1;
    const traced_message poll_pending{trace_direction::to_observer, 0, "/o/17", R"({"now":"BUSY"})"};
    const traced_message poll_end{trace_direction::to_observer, 0, "/o/17", R"({"now":"DONE"})"};
    EXPECT_TRUE(awaits({api_answer, vehicle_command, vehicle_word, fast}));
    EXPECT_TRUE(awaits({api_answer, vehicle_command, vehicle_word, fast, poll_pending}));
    EXPECT_FALSE(awaits({api_answer, vehicle_command, vehicle_word, fast, poll_pending, poll_end}));
    auto refused = api_answer;
    refused.head = "423";
    EXPECT_FALSE(awaits({refused})) << "no end follows";
    EXPECT_FALSE(awaits({}));
}

TEST(probe_scenario, is_one_request_of_the_wanted_vehicle_service_and_behaviour) {
    const auto full =
        scenario::read("name: t\nfleet: {vehicles: 100, segments: [{name: a, share: 50%}, {name: b, share: 50%}]}\n"
                       "load: {services: {horn: 1, lights: 1}, phases: [{duration: 9, arrivalRate: 5}]}\n",
                       "f")
            .value();
    const auto first = probe_scenario(full, {});
    EXPECT_EQ(first.fleet.vehicles, 1U);
    const auto weights = [](const scenario::scenario_config& config) {
        std::vector<std::pair<std::string, double>> all;
        for (const auto& s : config.load.services) all.emplace_back(s.name, s.weight);
        return all;
    };
    EXPECT_THAT(weights(first), ElementsAre(std::pair("horn", 1.0), std::pair("lights", 0.0)))
        << "templates of the contract may have the parameters of all";
    EXPECT_EQ(scenario::schedule_of(first).size(), 1U);
    const auto wanted = probe_scenario(full, {.service = "lights", .behaviour = "timeout", .vehicle = vehicle_id{70}});
    EXPECT_EQ(wanted.fleet.vehicles, 100U) << "the vehicle keeps its segment and its data";
    EXPECT_EQ(wanted.fleet.connect_rate.per_second, 100) << "the last vehicle connects as soon as the first";
    EXPECT_THAT(weights(wanted), ElementsAre(std::pair("lights", 1.0), std::pair("horn", 0.0)));
    for (const auto& segment : wanted.fleet.segments) EXPECT_EQ(segment.behaviour, "timeout");
}

TEST(contract_check, checks_each_event_of_a_batch) {
    std::string many(theirs);
    many.replace(many.find("filter: out"), 11, "filter: out, each: /all");
    const traced_message both{trace_direction::to_observer, 0, "out",
                              R"({"all":[)" + pending_event.body + "," + end_event.body + "]}"};
    EXPECT_THAT(look({api_answer, vehicle_command, vehicle_word, both}, many),
                testing::EndsWith("+ load.observers[0] (mqtt): request '17', state 'BUSY', which completes nothing\n"
                                  "+ load.observers[0] (mqtt): request '17', state 'DONE' is executed\n"));
    EXPECT_THAT(look({api_answer, vehicle_command, vehicle_word, end_event}, many),
                HasSubstr("- load.observers[0] (mqtt): there is no '/order' (id, each: '/all') in"));
}

TEST(contract_check, reports_rejected_observer_messages) {
    EXPECT_THAT(look({api_answer,
                      vehicle_command,
                      {trace_direction::to_observer, 0, "/events: refused: the signature is wrong", ""}}),
                HasSubstr("- load.observers[0] (mqtt): /events: refused: the signature is wrong\n"));
}

TEST(contract_check, reports_missing_messages) {
    const auto text = look({});
    EXPECT_THAT(text, HasSubstr("- the API did not answer\n"));
    EXPECT_THAT(
        text,
        HasSubstr("- no command arrived at the vehicle, which subscribes to in/{vin} (contract.command.filter)\n"));
    EXPECT_THAT(text, HasSubstr("- load.observers[0] (mqtt) has received nothing\n"));
}

TEST(contract_check, does_not_test_the_command_of_a_vehicle_that_is_offline) {
    const auto with = [](std::string behaviour) {
        return theirs + ("fleet: {vehicles: 1, segments: [{name: a, share: 100%, behaviour: " + behaviour + "}]}\n");
    };
    for (const auto* behaviour : {"offline", "wrong-credentials"})
        EXPECT_THAT(look({api_answer, end_event}, with(behaviour)),
                    HasSubstr("? not tested: the command; a vehicle with the behaviour '" + std::string(behaviour) +
                              "' is offline and receives none\n"));
    EXPECT_THAT(look({api_answer, end_event}, with("timeout")), HasSubstr("- no command arrived at the vehicle"));
    EXPECT_THAT(look({api_answer, vehicle_command, end_event}, with("offline")),
                HasSubstr("+ the command came on in/V"));
}

TEST(contract_check, reports_unmapped_status_and_state) {
    auto refused = api_answer;
    refused.head = "423";
    EXPECT_THAT(look({refused}), HasSubstr("- the API rejects the request with 423 (contract.request.rejected)\n"));
    auto odd = api_answer;
    odd.head = "500";
    EXPECT_THAT(look({odd}),
                HasSubstr("- the API answers with 500, which is in neither contract.request.accepted (200) nor "
                          "rejected (423)"));
    EXPECT_THAT(look({api_answer, vehicle_command, pending_event}),
                HasSubstr("- load.observers[0] (mqtt): no message completes this request; its `ends` are 'DONE' as "
                          "executed, 'ERR' as failed\n"));
}

TEST(contract_check, reports_another_service_and_other_parameters_than_the_requested_ones) {
    auto other = vehicle_command;
    other.body = R"({"head":{"order":17},"do":"light-flash","to":"22"})";
    EXPECT_THAT(look({api_answer, other, end_event}),
                HasSubstr("- the command has the service 'light-flash', 'horn' was requested "
                          "(command_wrong_service)\n"));
    std::string with(theirs);
    with.replace(with.find("id: /order/nr"), 13, "id: /order/nr, parameters: {degrees: /degrees}");
    with.replace(with.find("service: /do"), 12, "service: /do, parameters: {degrees: /to}");
    const traced_message request{trace_direction::to_api, 0, "POST /vehicles/V/remote-services/horn",
                                 R"({"degrees":21})"};
    other.body = R"({"head":{"order":17},"do":"horn","to":22})";
    EXPECT_THAT(look({request, api_answer, other, end_event}, with),
                HasSubstr("- the parameter degrees has '22' in the command, '21' was requested "
                          "(command_wrong_parameters)\n"));
    other.body = R"({"head":{"order":17},"do":"horn","to":"21"})";
    EXPECT_THAT(look({request, api_answer, other, end_event}, with),
                HasSubstr("+ its parameter is that of the request\n"));
}

TEST(contract_check, compares_a_service_in_the_platforms_own_words) {
    std::string with(theirs);
    with.replace(with.find("service: /do"), 12, "service: /do, parameters: {degrees: /to}");
    with.replace(with.find("load:\n"), 6,
                 "load:\n  services: {climate: {as: KLIMA, id: /nr, accepted: [201], body: '{parameter.degrees}', "
                 "parameters: {degrees: 21}}}\n");
    const traced_message request{trace_direction::to_api, 0, "POST /vehicles/V/remote-services/KLIMA", ""};
    const traced_message created{trace_direction::from_api, 0, "201", R"({"nr":17})"};
    auto other = vehicle_command;
    other.body = R"({"head":{"order":17},"do":"KLIMA","to":21.0})";
    const auto text = look({request, created, other, end_event}, with);
    EXPECT_THAT(text, HasSubstr("+ the API accepts the request with 201; its id is '17' (contract.request.id: /nr)\n"));
    EXPECT_THAT(text, HasSubstr("+ its parameter is that of the request\n"));
    other.body = R"({"head":{"order":17},"do":"climate","to":21})";
    EXPECT_THAT(look({request, created, other, end_event}, with),
                HasSubstr("- the command has the service 'climate', 'KLIMA' was requested (command_wrong_service)\n"));
    other.body = R"({"head":{"order":17},"do":"KLIMA","to":22})";
    EXPECT_THAT(look({request, created, other, end_event}, with),
                HasSubstr("- the parameter degrees has '22' in the command, '21' was requested "
                          "(command_wrong_parameters)\n"));
}

TEST(contract_check, reports_different_request_ids_of_command_and_response) {
    auto other = vehicle_command;
    other.body = R"({"head":{"order":4711},"do":"horn"})";
    EXPECT_THAT(look({api_answer, other, end_event}),
                HasSubstr("- the command has '4711' at /head/order (contract.command.id), and the "
                          "API's response has '17' at /order/nr (contract.request.id)"));
}
