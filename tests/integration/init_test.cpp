// New scenarios: init, init --openapi and a run with the result; scenarios of several files with --env.
#include "broker.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include <stdlib.h>

using namespace std::chrono_literals;
using harness::number;
using harness::program;
using testing::AllOf;
using testing::HasSubstr;

namespace {

/// API of the reference backend.
constexpr const char* backend_api = R"(openapi: 3.0.3
info: {title: Reference backend, version: 1.0.0}
security: [{token: []}]
paths:
  /health:
    get: {responses: {"200": {description: status}}}
  /vehicles/{vin}/remote-services/{service}:
    parameters:
      - {name: vin, in: path, required: true, schema: {type: string}}
      - {name: service, in: path, required: true, schema: {type: string, enum: [horn, light-flash]}}
    post:
      operationId: createRequest
      responses:
        "202":
          content:
            application/json: {schema: {type: object, properties: {id: {type: string}, state: {type: string}}}}
        "409": {description: a request of the vehicle is active}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
)";

TEST(init, writes_a_scenario_that_validate_accepts) {
    const harness::temporary_folder folder;
    const auto file = (folder / "mine.yaml").string();
    program init({"init", file});
    EXPECT_EQ(init.wait(), 0) << init.err();
    EXPECT_THAT(init.out(), AllOf(HasSubstr(file + " is written"), HasSubstr("validate " + file)));
    program validate({"validate", file});
    EXPECT_EQ(validate.wait(), 0);
    EXPECT_EQ(validate.err(), "");

    folder.write("mine.yaml", "precious");
    program again({"init", file});
    EXPECT_EQ(again.wait(), 2);
    EXPECT_THAT(again.err(), HasSubstr(file + ": exists; --force overwrites it"));
    EXPECT_EQ(harness::read_file(folder / "mine.yaml"), "precious");
    program forced({"init", file, "--force"});
    EXPECT_EQ(forced.wait(), 0) << forced.err();
    EXPECT_THAT(harness::read_file(folder / "mine.yaml"), HasSubstr("own-platform"));
    program nowhere({"init", (folder / "none/mine.yaml").string()});
    EXPECT_EQ(nowhere.wait(), 3);
    EXPECT_THAT(nowhere.err(), HasSubstr("cannot be written (No such file or directory)"));
}

TEST(init, refuses_other_documents_in_one_sentence) {
    const harness::temporary_folder folder;
    const auto swagger = folder.write("swagger.json", R"({"swagger": "2.0", "paths": {}})").string();
    program init({"init", "--openapi", swagger});
    EXPECT_EQ(init.wait(), 2);
    EXPECT_THAT(init.err(), testing::StartsWith(swagger + ": Swagger 2.0; convert it"));
    EXPECT_FALSE(exists(init.folder() / "scenario.yaml"));
    for (const auto& [file, why] :
         {std::pair{folder.path().string(), "Is a directory"}, {"none.yaml", "No such file"}}) {
        program unreadable({"init", "--openapi", file});
        EXPECT_EQ(unreadable.wait(), 2);
        EXPECT_THAT(unreadable.err(), HasSubstr(why));
    }
}

// The request side is that of the document; the vehicles' side is left at loadsim's own, which the reference backend speaks.
TEST(init, translates_an_openapi_document_into_a_scenario_that_runs) {
    ::setenv("API_TOKEN", "token-42", 1);
    const harness::temporary_folder folder;
    const auto file = (folder / "scenario.yaml").string();
    program init({"init", file, "--openapi", folder.write("api.yaml", backend_api).string()});
    ASSERT_EQ(init.wait(), 0) << init.err();
    auto text = harness::read_file(folder / "scenario.yaml");
    EXPECT_THAT(text, AllOf(HasSubstr("# POST /vehicles/{vin}/remote-services/{service} of "),
                            HasSubstr("#   GET /health"), HasSubstr("services: {horn: 1, light-flash: 1}")));
    const auto vehicle_side = text.find("  # The command to the vehicle.");
    const auto fleet = text.find("\nfleet:");
    ASSERT_LT(vehicle_side, fleet);
    text.erase(vehicle_side, fleet - vehicle_side);
    folder.write("scenario.yaml", text);

    const harness::broker broker;
    program backend({"backend", "--broker", broker.url(), "--listen", "127.0.0.1:0"});
    ASSERT_TRUE(harness::wait_until([&] { return backend.out().find("http://") != std::string::npos; }, 20s))
        << backend.out() << backend.err();
    const auto output = backend.out();
    const auto at = output.find("http://");
    program run({"run", file, "--report", "report", "--broker", broker.url(), "--api",
                 output.substr(at, output.find_first_of(" \n,", at) - at), "--set", "load.observers=[mqtt]", "--set",
                 "load.phases=[{duration: 3s, arrivalRate: 4}]", "--set",
                 "fleet.segments=[{name: healthy, share: 80%}, {name: door-open, share: 20%, behaviour: failure}]",
                 "--set", "load.lagLimit=5s", "--set",
                 "budgets=['unexpected == 0', 'anomalies == 0', 'outcomes.errored == 0']"});
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err() << text;
    EXPECT_EQ(number(run.summary(), "/requests/due"), 12);
    EXPECT_EQ(harness::read_file(run.report() / "scenario.yaml").find("token-42"), std::string::npos);
}

TEST(environments, are_merged_by_all_commands) {
    const harness::temporary_folder folder;
    folder.write("base.yaml", harness::scenario_builder{}.yaml());
    const auto file =
        folder
            .write("main.yaml", "include: base.yaml\n"
                                "environments:\n"
                                "  small: {name: small, fleet: {vehicles: 20}, load: {phases: [{duration: 1s, "
                                "arrivalRate: 5}]}}\n")
            .string();
    program run({"run", file, "--env", "small", "--report", "report", "--quiet"});
    ASSERT_EQ(run.wait(), 0) << run.out() << run.err();
    EXPECT_EQ(number(run.summary(), "/requests/due"), 5);

    // The merged scenario needs neither the files nor --env.
    const auto merged = harness::read_file(run.report() / "scenario.yaml");
    EXPECT_THAT(merged, AllOf(HasSubstr("name: small"), testing::Not(HasSubstr("include:"))));
    program again({"validate", folder.write("elsewhere.yaml", merged).string()});
    EXPECT_EQ(again.wait(), 0) << again.err();
    EXPECT_THAT(again.out(), HasSubstr("sessions    20,"));

    for (const harness::arguments& command : {harness::arguments{"validate"},
                                              {"show", "plan"},
                                              {"rehearse"},
                                              {"doctor"},
                                              {"probe"},
                                              {"run"},
                                              {"broker-api"}}) {
        auto arguments = command;
        arguments.insert(arguments.end(), {file, "--env", "smal"});
        program unknown(arguments);
        EXPECT_EQ(unknown.wait(), 2) << command[0];
        EXPECT_THAT(unknown.err(), HasSubstr("--env: unknown environment 'smal'; did you mean 'small'?")) << command[0];
    }
    program doctor({"doctor", file, "--env", "small", "--set", "fleet.vehicles=30000000"});
    EXPECT_EQ(doctor.wait(), 3);
    EXPECT_THAT(doctor.out(), HasSubstr(file + " --env small --set fleet.vehicles=30000000")) << "to be pasted";
}

} // namespace
