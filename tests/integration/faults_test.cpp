// Injected platform faults: k faults give exactly k anomalies of the matching kind, and no other; with a real broker and in
// rehearsal.
#include "program.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using harness::program;

namespace {

struct row {
    const char* fault;
    const char* anomaly; ///< null: none
    std::int64_t unexpected_each = 0;
    /// Few: each vehicle soon gets another request, which reordering needs. Many: none does.
    int vehicles = 4;
};

/// Each 20th of 119 messages: five faults. Vehicles send one response, so that each fault has an effect.
constexpr std::int64_t fault_count = 5;
const std::vector<row> table{
    {"drop: command", "command_lost", 1},
    {"drop: response", "response_lost", 1},
    {"drop: event", "completion_missing", 1},
    {"delay: command, by: 1300ms", "command_late", 1, 300},
    {"delay: response, by: 1500ms", "response_lost", 1},
    {"delay: event, by: 200ms", nullptr, 0},
    {"duplicate: command", "command_duplicated", 0},
    {"duplicate: response", "response_duplicated", 0},
    {"duplicate: event", "completion_duplicated", 0},
    {"reorder: command", "command_out_of_order", 1},
    {"reorder: response", "response_lost", 1},
    {"reorder: event", "completion_missing", 1},
    {"forget: request", "completion_missing", 1},
    {"doubleSend: request", "concurrent_request", 0},
};

std::string scenario(const row& r) {
    return fmt::format(R"(
name: faults
seed: 4
target:
  embedded:
    services: {{horn: {{created: 1s, pending: 1s, running: 1s}}}}
    faults: [{{{}, every: 20}}]
fleet:
  vehicles: {}
  connectRate: 1000
  segments: [{{name: all, share: 100%, behaviour: one-response}}]
behaviours:
  one-response: {{steps: [{{wait: 20ms}}, executed]}}
load:
  services: {{horn: 1}}
  phases: [{{duration: 14s, arrivalCount: 119}}]
  checkResponseSequence: true
  completionTimeout: 2s
  drain: 4s
  lagLimit: 5s
budgets: []
)",
                       r.fault, r.vehicles);
}

std::map<std::string, std::int64_t> anomalies_of(const boost::json::value& summary) {
    std::map<std::string, std::int64_t> all;
    for (const auto& kind : summary.at("anomalies").as_object())
        if (const auto count = kind.value().to_number<std::int64_t>(); count != 0) all[std::string(kind.key())] = count;
    return all;
}

/// Anomalies in anomalies.jsonl by kind; each must have evidence.
std::map<std::string, std::int64_t> anomalies_in_jsonl(const program& run) {
    std::map<std::string, std::int64_t> all;
    for (const auto& line : run.json_lines("anomalies.jsonl")) {
        ++all[harness::text(line, "/kind")];
        EXPECT_FALSE(line.at("evidence").as_string().empty()) << line;
    }
    return all;
}

void expect_anomalies(program& run, const row& r) {
    SCOPED_TRACE(r.fault);
    EXPECT_EQ(run.wait(90s), 0) << "no budget, no judgement\n" << run.out() << run.err();
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(harness::number(summary, "/requests/due"), 119);
    std::map<std::string, std::int64_t> expected;
    if (r.anomaly != nullptr) expected[r.anomaly] = fault_count;
    EXPECT_EQ(anomalies_of(summary), expected) << harness::read_file(run.report() / "anomalies.jsonl");
    EXPECT_EQ(anomalies_in_jsonl(run), expected);
    EXPECT_EQ(harness::number(summary, "/requests/unexpected"), fault_count * r.unexpected_each);
}

std::unique_ptr<program> start(const char* subcommand, const harness::temporary_folder& folder, const row& r,
                               std::size_t i) {
    const auto file = folder.write(fmt::format("faults-{}.yaml", i), scenario(r));
    return std::make_unique<program>(harness::arguments{subcommand, file.string(), "--report", "report"});
}

/// Concurrent runs; they mostly wait.
TEST(faults, are_reported_as_often_as_they_happen) {
    const harness::temporary_folder folder;
    std::vector<std::unique_ptr<program>> running;
    for (std::size_t i = 0; i < table.size(); ++i) running.push_back(start("run", folder, table[i], i));
    const row none{"drop: command", nullptr, 0};
    const auto file = folder.write("none.yaml", scenario(none));
    program without({"run", file.string(), "--report", "report", "--set", "target.embedded.faults=[]"});
    for (std::size_t i = 0; i < table.size(); ++i) expect_anomalies(*running[i], table[i]);
    expect_anomalies(without, none);
}

TEST(faults, are_reported_in_rehearsal_too) {
    const harness::temporary_folder folder;
    for (std::size_t i = 0; i < table.size(); ++i) expect_anomalies(*start("rehearse", folder, table[i], i), table[i]);
}

} // namespace
