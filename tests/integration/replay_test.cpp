// A failure found among 2,000 vehicles, looked at and played again alone; and a day's load rehearsed in seconds.
#include "account.hpp"
#include "program.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using stage::number;
using stage::program;
using stage::text;
using testing::HasSubstr;

namespace {

/// One request in fifty is answered after the platform has given up on it, which its behaviour does not say.
constexpr auto slow_now_and_then = R"(
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
  unansweredAfter: 3s
  lagLimit: 5s
)";

class replayed : public testing::Test {
protected:
    /// The run is the same for all of them, and takes its time.
    static void SetUpTestSuite() {
        found_ = new program(program::run(slow_now_and_then, {"--quiet"}));
        ASSERT_EQ(found_->wait(60s), 0) << found_->out() << found_->err();
    }
    static void TearDownTestSuite() { delete found_; }

    static std::string folder() { return found_->report().string(); }

    static program* found_;
};
program* replayed::found_ = nullptr;

TEST_F(replayed, failure_comes_again_alone) {
    const auto failures = found_->unexpected();
    ASSERT_FALSE(failures.empty());
    for (std::size_t i = 0; i < std::min<std::size_t>(failures.size(), 2); ++i) {
        const auto& failure = failures[i];
        EXPECT_EQ(text(failure, "/observed"), "timed_out");
        program again(
            {"replay", folder(), "--request", text(failure, "/request"), "--packets", "it.pcap", "--report", "report"});
        EXPECT_EQ(again.wait(60s), 0) << again.out() << again.err();
        EXPECT_THAT(again.out(), HasSubstr("came again"));
        const auto lines = again.lines("requests.jsonl");
        ASSERT_EQ(lines.size(), 1U);
        EXPECT_EQ(text(lines[0], "/vin"), text(failure, "/vin"));
        EXPECT_EQ(number(lines[0], "/arrival"), number(failure, "/arrival"));
        EXPECT_EQ(text(lines[0], "/observed"), "timed_out");
        EXPECT_TRUE(lines[0].at("unexpected").as_bool());
        EXPECT_EQ(number(again.summary(), "/sessions/peak"), 1);
        // Its vehicle takes as long as it took then, up to the machine's own hesitation.
        const auto took = [](const boost::json::value& r) {
            return r.at("finished_ms").to_number<double>() - r.at("delivered_ms").to_number<double>();
        };
        EXPECT_NEAR(took(lines[0]), 1500, 250);
        const auto packets = stage::contents(again.folder() / "it.pcap");
        EXPECT_THAT(packets, HasSubstr("MQTT"));
        EXPECT_THAT(packets, HasSubstr(text(failure, "/vin")));
    }
}

TEST_F(replayed, expected_request_comes_again_too) {
    for (const auto& line : found_->lines("requests.jsonl")) {
        if (line.at("unexpected").as_bool()) continue;
        program again({"replay", folder(), "--vehicle", text(line, "/vin"), "--report", "report"});
        EXPECT_EQ(again.wait(60s), 0) << again.out() << again.err();
        break;
    }
}

TEST_F(replayed, request_is_explained) {
    const auto failures = found_->unexpected();
    ASSERT_FALSE(failures.empty());
    const auto vin = text(failures[0], "/vin");
    const auto id = text(failures[0], "/request");
    program told({"explain", folder(), "--request", id});
    EXPECT_EQ(told.wait(), 0) << told.err();
    EXPECT_THAT(told.out(), HasSubstr(vin));
    EXPECT_THAT(told.out(), HasSubstr("timed_out"));
    EXPECT_THAT(told.out(), HasSubstr("v1/" + vin + "/cmd/horn"));
    EXPECT_THAT(told.out(), HasSubstr("v1/" + vin + "/rsp/" + id));
    EXPECT_THAT(told.out(), HasSubstr("\"phase\":\"final\""));
}

TEST_F(replayed, unknown_request_is_refused) {
    for (const auto* command : {"explain", "replay"}) {
        program none({command, folder(), "--request", "no-such-request"});
        EXPECT_EQ(none.wait(), 2) << none.out();
        EXPECT_THAT(none.err(), HasSubstr("no-such-request"));
    }
}

TEST_F(replayed, folder_cut_off_is_read_as_far_as_it_goes) {
    const stage::scratch copy;
    std::filesystem::copy(found_->report(), copy / "cut", std::filesystem::copy_options::recursive);
    std::filesystem::remove(copy / "cut/summary.json");
    const auto requests = copy / "cut/requests.jsonl";
    std::filesystem::resize_file(requests, std::filesystem::file_size(requests) - 40);
    program told({"explain", (copy / "cut").string(), "--unexpected"});
    EXPECT_EQ(told.wait(), 0) << told.err();
    EXPECT_THAT(told.out() + told.err(), HasSubstr("requests.jsonl"));
    EXPECT_THAT(told.out(), HasSubstr("timed_out"));
    program nothing({"explain", copy.path().string()});
    EXPECT_EQ(nothing.wait(), 2) << nothing.out();
}

} // namespace
