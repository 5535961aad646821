// explain and replay: one failed request of a run of 2,000 vehicles.
#include "child_process.hpp"
#include "program.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using harness::number;
using harness::program;
using harness::text;
using testing::HasSubstr;

namespace {

/// One request in fifty gets its response after the platform's timeout, against the expectation of its behaviour.
constexpr auto rare_failure_scenario = R"(
name: slow-now-and-then
seed: 7
target: {embedded: {services: {horn: {created: 800ms, pending: 800ms, running: 800ms}}}}
fleet:
  vehicles: 2000
  connectRate: 2000
  segments: [{name: all, share: 100%, behaviour: moody}]
behaviours:
  moody:
    expect: executed
    steps:
      - choose:
          - {weight: 49, steps: [ack, {wait: 20ms}, executed]}
          - {weight: 1, steps: [{wait: 1500ms}, executed]}
load:
  services: {horn: 1}
  phases: [{duration: 4s, arrivalRate: 50}]
  drain: 4s
  completionTimeout: 3s
  lagLimit: 5s
  http: {traceparent: true}
budgets: []
)";

class replay_fixture : public testing::Test {
protected:
    /// One run for all tests: it takes seconds.
    static void SetUpTestSuite() {
        run_ = new program(program::run(rare_failure_scenario, {"--quiet"}));
        ASSERT_EQ(run_->wait(60s), 0) << run_->out() << run_->err();
    }
    static void TearDownTestSuite() { delete run_; }

    static std::string folder() { return run_->report().string(); }

    static program* run_;
};
program* replay_fixture::run_ = nullptr;

TEST_F(replay_fixture, failure_is_reproduced_alone) {
    const auto failures = run_->unexpected_requests();
    ASSERT_FALSE(failures.empty());
    for (const auto& failure : {failures.front(), failures.back()}) {
        EXPECT_EQ(text(failure, "/outcome"), "timed_out");
        program again({"replay", folder(), "--request", text(failure, "/request_id"), "--packets", "it.pcap",
                       "--report", "report"});
        EXPECT_EQ(again.wait(60s), 0) << again.out() << again.err();
        EXPECT_THAT(again.out(), HasSubstr("reproduced: "));
        const auto lines = again.json_lines("requests.jsonl");
        ASSERT_EQ(lines.size(), 1U);
        EXPECT_EQ(text(lines[0], "/vin"), text(failure, "/vin"));
        EXPECT_EQ(number(lines[0], "/arrival"), number(failure, "/arrival"));
        EXPECT_EQ(text(lines[0], "/outcome"), "timed_out");
        EXPECT_TRUE(lines[0].at("unexpected").as_bool());
        const auto summary = again.summary();
        EXPECT_EQ(number(summary, "/sessions/online_peak"), 1);
        // The time of the load that the replay leaves out is no delay of the generator.
        EXPECT_LT(summary.at_pointer("/generator/loop_delay/p90_ms").to_number<double>(), 1000);
        // The vehicle takes as long as in the first run, within the timing jitter of the machine.
        const auto took = [](const boost::json::value& r) {
            return r.at("finished_at_ms").to_number<double>() - r.at("delivered_at_ms").to_number<double>();
        };
        EXPECT_NEAR(took(lines[0]), 1500, 250);
        const auto packets = harness::read_file(again.folder() / "it.pcap");
        EXPECT_THAT(packets, HasSubstr("MQTT"));
        EXPECT_THAT(packets, HasSubstr(text(failure, "/vin")));
    }
}

/// Without settings: the embedded broker and backend have free ports.
TEST_F(replay_fixture, wireshark_decodes_the_packets_by_itself) {
    const auto tshark = loadsim::find_program("tshark");
    if (tshark.empty()) GTEST_SKIP() << "tshark is not installed";
    const auto failures = run_->unexpected_requests();
    ASSERT_FALSE(failures.empty());
    program again({"replay", folder(), "--request", text(failures[0], "/request_id"), "--packets", "it.pcap",
                   "--report", "report", "--quiet"});
    again.wait(60s);
    EXPECT_THAT(again.err(), HasSubstr("it.pcap: only you can read this file (mode 0600): it holds passwords"));
    const auto file = again.folder() / "it.pcap";
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::string decoded;
    harness::run({.command = {tshark.string(), "-r", file.string()}}, decoded);
    const auto vin = text(failures[0], "/vin");
    for (const auto& wanted : {std::string("MQTT"), std::string("Connect Command"), "[v1/" + vin + "/cmd/horn]",
                               std::string("HTTP/JSON"), "POST /vehicles/" + vin, std::string("HTTP/1.1 20")})
        EXPECT_THAT(decoded, HasSubstr(wanted));
    EXPECT_THAT(decoded, testing::Not(HasSubstr("Malformed")));
}

TEST_F(replay_fixture, expected_request_is_reproduced_too) {
    for (const auto& line : run_->json_lines("requests.jsonl")) {
        if (line.at("unexpected").as_bool()) continue;
        program again({"replay", folder(), "--vehicle", text(line, "/vin"), "--report", "report"});
        EXPECT_EQ(again.wait(60s), 0) << again.out() << again.err();
        break;
    }
}

TEST_F(replay_fixture, request_is_explained) {
    const auto failures = run_->unexpected_requests();
    ASSERT_FALSE(failures.empty());
    const auto vin = text(failures[0], "/vin");
    const auto id = text(failures[0], "/request_id");
    program explained({"explain", folder(), "--request", id});
    EXPECT_EQ(explained.wait(), 0) << explained.err();
    EXPECT_THAT(explained.out(), HasSubstr(vin));
    EXPECT_THAT(explained.out(), HasSubstr("timed_out"));
    EXPECT_THAT(explained.out(), HasSubstr("v1/" + vin + "/cmd/horn"));
    EXPECT_THAT(explained.out(), HasSubstr("v1/" + vin + "/rsp/" + id));
    EXPECT_THAT(explained.out(), HasSubstr("\"phase\":\"final\""));
}

TEST_F(replay_fixture, explanation_has_the_exchange_with_the_api_and_times_in_utc) {
    const auto failure = run_->unexpected_requests().at(0);
    const auto id = text(failure, "/request_id");
    const auto due = text(failure, "/due_at"); // 2026-01-31T23:59:59.123Z
    program explained({"explain", folder(), "--request", id});
    EXPECT_EQ(explained.wait(), 0) << explained.err();
    EXPECT_THAT(explained.out(), HasSubstr(due + ", "));
    EXPECT_THAT(explained.out(), HasSubstr(due.substr(11, 12) + "        +0.000  due"));
    EXPECT_THAT(explained.out(),
                HasSubstr("-> API       POST /vehicles/" + text(failure, "/vin") + "/remote-services/horn"));
    EXPECT_THAT(explained.out(), HasSubstr("<- API       202  {\"id\":\"" + id));
    EXPECT_THAT(explained.out(), HasSubstr("-> observer  mqtt v1/" + text(failure, "/vin") + "/"));
    EXPECT_THAT(explained.out(), HasSubstr(text(failure, "/traceparent")));
    EXPECT_EQ(text(failure, "/traceparent").size(), 55U);
}

TEST_F(replay_fixture, explanation_is_available_as_json) {
    const auto failure = run_->unexpected_requests().at(0);
    program explained({"explain", folder(), "--request", text(failure, "/request_id"), "--json"});
    EXPECT_EQ(explained.wait(), 0) << explained.err();
    const auto json = boost::json::parse(explained.out());
    EXPECT_EQ(text(json, "/schema"), "loadsim.explain/1");
    auto request = json.at("requests").as_array().at(0).as_object();
    request.erase("hops_ms");
    EXPECT_EQ(request, failure.as_object());
}

TEST_F(replay_fixture, request_and_vehicle_are_found_by_what_is_known_of_them) {
    const auto failure = run_->unexpected_requests().at(0);
    const auto id = text(failure, "/request_id");
    const auto vin = text(failure, "/vin");
    const std::vector<std::string> names[] = {{"--request", id},
                                              {"--request", text(failure, "/traceparent").substr(3, 32)},
                                              {"--vehicle", vin},
                                              {"--vehicle", std::to_string(std::stoi(vin.substr(11)))}}; // its index
    for (const auto& name : names) {
        program found({"explain", folder(), name[0], name[1]});
        EXPECT_EQ(found.wait(), 0) << found.err();
        EXPECT_THAT(found.out(), HasSubstr(id)) << name[1];
    }
    program begins({"explain", folder(), "--request", id.substr(0, 2)});
    EXPECT_EQ(begins.wait(), 2) << begins.out();
    EXPECT_THAT(begins.err(), HasSubstr("begins the ids of several requests: "));
    program unknown({"explain", folder(), "--vehicle", "2000"});
    EXPECT_EQ(unknown.wait(), 2);
    EXPECT_THAT(unknown.err(), HasSubstr("'2000' is no VIN, no index from 0 to 1999 in this fleet"));
}

TEST_F(replay_fixture, repetitions_are_counted) {
    const auto failure = run_->unexpected_requests().at(0);
    program again({"replay", folder(), "--request", text(failure, "/request_id"), "--repeat", "2", "--packets",
                   "it.pcap", "--report", "report"});
    EXPECT_EQ(again.wait(60s), 0) << again.out() << again.err();
    EXPECT_THAT(again.out(), HasSubstr("repetition 2 of 2\nreproduced: "));
    EXPECT_THAT(again.out(), HasSubstr("reproduced 2 of 2 times: request " + text(failure, "/request_id")));
    for (const auto* number : {"1", "2"}) {
        EXPECT_TRUE(std::filesystem::exists(again.report() / ("repetition-" + std::string(number)) / "summary.json"));
        EXPECT_TRUE(std::filesystem::exists(again.folder() / ("it-" + std::string(number) + ".pcap")));
    }
}

TEST_F(replay_fixture, unknown_request_is_refused) {
    for (const auto* command : {"explain", "replay"}) {
        program none({command, folder(), "--request", "no-such-request"});
        EXPECT_EQ(none.wait(), 2) << none.out();
        EXPECT_THAT(none.err(), HasSubstr("no-such-request"));
        for (const auto* flag : {"--request", "--vehicle"}) {
            program empty({command, folder(), flag, ""});
            EXPECT_EQ(empty.wait(), 2) << empty.out();
            EXPECT_THAT(empty.err(), HasSubstr(std::string(flag) + ": is empty; give it a value, or leave it out"));
        }
    }
}

TEST_F(replay_fixture, truncated_report_folder_is_read_up_to_the_truncation) {
    const harness::temporary_folder copy;
    std::filesystem::copy(run_->report(), copy / "cut", std::filesystem::copy_options::recursive);
    std::filesystem::remove(copy / "cut/summary.json");
    const auto requests = copy / "cut/requests.jsonl";
    std::filesystem::resize_file(requests, std::filesystem::file_size(requests) - 40);
    program explained({"explain", (copy / "cut").string(), "--unexpected"});
    EXPECT_EQ(explained.wait(), 0) << explained.err();
    EXPECT_THAT(explained.out() + explained.err(), HasSubstr("requests.jsonl"));
    EXPECT_THAT(explained.out(), HasSubstr("timed_out"));
    program nothing({"explain", copy.path().string()});
    EXPECT_EQ(nothing.wait(), 2) << nothing.out();
}

} // namespace
