// Contract check of a probe: findings for a matching and for a wrong contract.
#include "tools/contract_check.hpp"

#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/read.hpp>

#include <gmock/gmock.h>

#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::run;
using testing::ElementsAre;
using testing::HasSubstr;
using way = traced_message::direction;

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

/// One finding per line: "+ " passed, "- " failed.
std::string look(const std::vector<traced_message>& messages, std::string_view yaml = theirs) {
    const auto d = scenario::read(yaml, "f").value();
    const auto compiled = scenario::compile(d).value();
    std::string all;
    for (const auto& f : check_contract(d, compiled, messages)) all += (f.passed ? "+ " : "- ") + f.text + "\n";
    return all;
}

const traced_message answer{way::from_api, 0, "200", R"({"order":{"nr":17}})"};
const traced_message command{way::to_vehicle, 0, "in/V", R"({"head":{"order":17},"do":"horn"})"};
const traced_message word{way::from_vehicle, 0, "out/V", "OK"};
const traced_message pending{way::to_observer, 0, "out", R"({"car":"V","order":17,"now":"BUSY"})"};
const traced_message end{way::to_observer, 0, "out", R"({"car":"V","order":17,"now":"DONE"})"};

} // namespace

TEST(contract_check, of_a_matching_contract_lists_each_value_and_its_field_path) {
    EXPECT_EQ(look({answer, command, word, pending, end}),
              "+ the API accepts the request with 200; its id is '17' (contract.request.id: /order/nr)\n"
              "+ the command came on in/V: request '17' (contract.command.id: /head/order), service 'horn' "
              "(contract.command.service: /do)\n"
              "+ the vehicle publishes on out/V: OK\n"
              "+ load.observers[0] (mqtt): request '17', state 'BUSY', which completes nothing\n"
              "+ load.observers[0] (mqtt): request '17', state 'DONE' is executed\n");
}

TEST(contract_check, reports_a_field_path_without_match_and_the_message) {
    auto other = answer;
    other.body = R"({"id":17})";
    EXPECT_THAT(look({other, command, end}),
                HasSubstr("- the API accepts the request with 200, and there is no '/order/nr' "
                          "(contract.request.id) in the response: {\"id\":17}\n"));
    auto headless = command;
    headless.body = R"({"do":"horn"})";
    EXPECT_THAT(look({answer, headless, end}),
                HasSubstr("- a message came on in/V, and there is no '/head/order' (contract.command.id) in it"));
    auto mute = command;
    mute.body = R"({"head":{"order":17}})";
    EXPECT_THAT(look({answer, mute, end}), HasSubstr("- there is no '/do' (contract.command.service) in it"));
    auto nameless = end;
    nameless.body = R"({"now":"DONE"})";
    EXPECT_THAT(look({answer, command, nameless}),
                HasSubstr("- load.observers[0] (mqtt): there is no '/order' (id) in"));
}

TEST(contract_check, checks_each_event_of_a_batch) {
    std::string many(theirs);
    many.replace(many.find("filter: out"), 11, "filter: out, each: /all");
    const traced_message both{way::to_observer, 0, "out", R"({"all":[)" + pending.body + "," + end.body + "]}"};
    EXPECT_THAT(look({answer, command, word, both}, many),
                testing::EndsWith("+ load.observers[0] (mqtt): request '17', state 'BUSY', which completes nothing\n"
                                  "+ load.observers[0] (mqtt): request '17', state 'DONE' is executed\n"));
    EXPECT_THAT(look({answer, command, word, end}, many),
                HasSubstr("- load.observers[0] (mqtt): there is no '/order' (id, each: '/all') in"));
}

TEST(contract_check, reports_rejected_observer_messages) {
    EXPECT_THAT(look({answer, command, {way::to_observer, 0, "/events: refused: the signature is wrong", ""}}),
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

TEST(contract_check, reports_unmapped_status_and_state) {
    auto refused = answer;
    refused.head = "423";
    EXPECT_THAT(look({refused}), HasSubstr("- the API rejects the request with 423 (contract.request.rejected)\n"));
    auto odd = answer;
    odd.head = "500";
    EXPECT_THAT(look({odd}),
                HasSubstr("- the API answers with 500, which is in neither contract.request.accepted (200) nor "
                          "rejected (423)"));
    EXPECT_THAT(look({answer, command, pending}),
                HasSubstr("- load.observers[0] (mqtt): no message completes this request; its `ends` are 'DONE' as "
                          "executed, 'ERR' as failed\n"));
}

TEST(contract_check, reports_another_service_and_other_parameters_than_the_requested_ones) {
    auto other = command;
    other.body = R"({"head":{"order":17},"do":"light-flash","to":"22"})";
    EXPECT_THAT(look({answer, other, end}),
                HasSubstr("- the command has the service 'light-flash', 'horn' was requested "
                          "(command_wrong_service)\n"));
    std::string with(theirs);
    with.replace(with.find("id: /order/nr"), 13, "id: /order/nr, parameters: {degrees: /degrees}");
    with.replace(with.find("service: /do"), 12, "service: /do, parameters: {degrees: /to}");
    const traced_message request{way::to_api, 0, "POST /vehicles/V/remote-services/horn", R"({"degrees":21})"};
    other.body = R"({"head":{"order":17},"do":"horn","to":22})";
    EXPECT_THAT(look({request, answer, other, end}, with),
                HasSubstr("- the parameter degrees has '22' in the command, '21' was requested "
                          "(command_wrong_parameters)\n"));
    other.body = R"({"head":{"order":17},"do":"horn","to":"21"})";
    EXPECT_THAT(look({request, answer, other, end}, with), HasSubstr("+ its parameter is that of the request\n"));
}

TEST(contract_check, compares_a_service_in_the_platforms_own_words) {
    std::string with(theirs);
    with.replace(with.find("service: /do"), 12, "service: /do, parameters: {degrees: /to}");
    with.replace(with.find("load:\n"), 6,
                 "load:\n  services: {climate: {as: KLIMA, id: /nr, accepted: [201], body: '{parameter.degrees}', "
                 "parameters: {degrees: 21}}}\n");
    const traced_message request{way::to_api, 0, "POST /vehicles/V/remote-services/KLIMA", ""};
    const traced_message created{way::from_api, 0, "201", R"({"nr":17})"};
    auto other = command;
    other.body = R"({"head":{"order":17},"do":"KLIMA","to":21.0})";
    const auto text = look({request, created, other, end}, with);
    EXPECT_THAT(text, HasSubstr("+ the API accepts the request with 201; its id is '17' (contract.request.id: /nr)\n"));
    EXPECT_THAT(text, HasSubstr("+ its parameter is that of the request\n"));
    other.body = R"({"head":{"order":17},"do":"climate","to":21})";
    EXPECT_THAT(look({request, created, other, end}, with),
                HasSubstr("- the command has the service 'climate', 'KLIMA' was requested (command_wrong_service)\n"));
    other.body = R"({"head":{"order":17},"do":"KLIMA","to":22})";
    EXPECT_THAT(look({request, created, other, end}, with),
                HasSubstr("- the parameter degrees has '22' in the command, '21' was requested "
                          "(command_wrong_parameters)\n"));
}

TEST(contract_check, reports_different_request_ids_of_command_and_response) {
    auto other = command;
    other.body = R"({"head":{"order":4711},"do":"horn"})";
    EXPECT_THAT(look({answer, other, end}),
                HasSubstr("- the command has '4711' at /head/order (contract.command.id), and the "
                          "API's response has '17' at /order/nr (contract.request.id)"));
}
