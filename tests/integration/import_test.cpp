// Scripts of Artillery: what import prints and writes, and a run with the result.
#include "fake_api.hpp"
#include "program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

using namespace std::chrono_literals;
using harness::number;
using harness::program;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

const std::string scripts = LOADSIM_ROOT "/tests/data/artillery/";

TEST(import, prints_the_scenario_and_lists_what_it_leaves_out) {
    const auto script = scripts + "flow.json";
    program import({"import", "artillery", script});
    ASSERT_EQ(import.wait(), 0) << import.err();
    EXPECT_THAT(import.out(), HasSubstr("path: /lock"));
    EXPECT_THAT(import.err(), AllOf(StartsWith(script + ":5: the request is sent once before the load"),
                                    HasSubstr("\n" + script + ":6: 'think' is not carried over")));
    const harness::temporary_folder folder;
    program validate({"validate", folder.write("made.yaml", import.out()).string()});
    EXPECT_EQ(validate.wait(), 0) << validate.err();
    EXPECT_EQ(validate.err(), "");
}

TEST(import, writes_the_scenario_and_its_data_and_overwrites_nothing) {
    const harness::temporary_folder folder;
    const auto file = (folder / "mine.yaml").string();
    const harness::arguments arguments{"import", "artillery", scripts + "commands.yml", "--out", file};
    program import(arguments);
    ASSERT_EQ(import.wait(), 0) << import.err();
    EXPECT_THAT(import.out(), AllOf(HasSubstr(file + " is written"), HasSubstr("validate " + file)));
    EXPECT_THAT(import.err(), HasSubstr("commands.yml:16: the fleet has 3 vehicles"));
    EXPECT_THAT(harness::read_file(folder / "mine.csv"), StartsWith("vin,user\nLZ9SMEV06TF000000,ann\n"));
    for (const harness::arguments& more : {harness::arguments{}, {"--env", "staging"}}) {
        auto command = harness::arguments{"validate", file};
        command.insert(command.end(), more.begin(), more.end());
        program validate(command, {}, {{"API_PASSWORD", "secret"}});
        EXPECT_EQ(validate.wait(), 0) << validate.err();
    }

    folder.write("mine.yaml", "precious");
    program again(arguments);
    EXPECT_EQ(again.wait(), 2);
    EXPECT_THAT(again.err(), HasSubstr("mine.csv: exists; --force overwrites it"));
    EXPECT_EQ(harness::read_file(folder / "mine.yaml"), "precious");
    auto with_force = arguments;
    with_force.emplace_back("--force");
    program forced(with_force);
    EXPECT_EQ(forced.wait(), 0) << forced.err();
    EXPECT_THAT(harness::read_file(folder / "mine.yaml"), HasSubstr("data: mine.csv"));

    program staging({"import", "artillery", scripts + "commands.yml", "--out", (folder / "s.yaml").string(),
                     "--environment", "staging"});
    EXPECT_EQ(staging.wait(), 0) << staging.err();
    EXPECT_THAT(harness::read_file(folder / "s.yaml"), HasSubstr("api: https://staging.test/api"));
}

TEST(import, refuses_other_files_in_one_sentence) {
    const harness::temporary_folder folder;
    const auto openapi = folder.write("api.yaml", "openapi: 3.0.0\n").string();
    program other({"import", "artillery", openapi, "--out", (folder / "out.yaml").string()});
    EXPECT_EQ(other.wait(), 2);
    EXPECT_EQ(other.err(),
              openapi +
                  ":1:1: no Artillery script but an OpenAPI document: 'init --openapi FILE' makes a scenario of it\n");
    EXPECT_FALSE(exists(folder / "out.yaml"));
    program without_out({"import", "artillery", scripts + "commands.yml"});
    EXPECT_EQ(without_out.wait(), 2);
    EXPECT_THAT(without_out.err(), HasSubstr("commands.yml:16:3: config.payload becomes a file beside the scenario"));
    for (const auto& [file, why] :
         {std::pair{folder.path().string(), "Is a directory"}, {"none.yaml", "No such file"}}) {
        program unreadable({"import", "artillery", file});
        EXPECT_EQ(unreadable.wait(), 2);
        EXPECT_THAT(unreadable.err(), HasSubstr(why));
    }
    program no_tool({"import"});
    EXPECT_EQ(no_tool.wait(), 2);
}

TEST(import, the_scenario_runs_with_the_arrivals_of_the_script) {
    std::atomic<int> posts{0};
    const harness::fake_server api(harness::fake_api_handler(
        [&](auto) { return ++posts, harness::reaction{.bytes = harness::http_response("200 OK")}; }));
    const harness::temporary_folder folder;
    const auto script = folder.write("script.yml", "config:\n  target: http://127.0.0.1:" + std::to_string(api.port()) +
                                                       "\n  phases:\n    - {name: first, duration: 1, arrivalRate: 8}\n"
                                                       "    - {name: ramp, duration: 2, arrivalRate: 3, rampTo: 6}\n"
                                                       "scenarios:\n  - flow: [{post: {url: /horn, json: {a: 1}}}]\n");
    const auto file = (folder / "made.yaml").string();
    program import({"import", "artillery", script.string(), "--out", file});
    ASSERT_EQ(import.wait(), 0) << import.err();
    EXPECT_EQ(import.err(), "");
    program run({"run", file, "--report", "report", "--set", "load.lagLimit=5s"});
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err();
    EXPECT_EQ(number(run.summary(), "/phases/0/due"), 8);
    EXPECT_EQ(number(run.summary(), "/phases/1/due"), 9);
    EXPECT_EQ(number(run.summary(), "/requests/outcomes/executed"), 17);
    EXPECT_EQ(posts, 17);
}

} // namespace
