// A platform that gets something wrong, k times and on purpose: loadsim reports exactly k anomalies of that kind, and none else.
// Against a real broker, and in rehearsal.
#include "account.hpp"
#include "program.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using stage::program;

namespace {

struct row {
    const char* fault;
    const char* anomaly; ///< null: none at all
    std::int64_t unexpected_each = 0;
    /// Few, so that each soon has another request, which what is out of order needs; or many, so that none has.
    int vehicles = 4;
};

/// Each 20th of 119 messages: five times. Vehicles say one word, so that each message is one that matters.
constexpr std::int64_t times = 5;
const std::vector<row> table{
    {"drop: command", "command_lost", 1},
    {"drop: word", "word_lost", 1},
    {"drop: event", "no_end", 1},
    {"delay: command, by: 1300ms", "command_late", 1, 300},
    {"delay: word, by: 1500ms", "word_lost", 1},
    {"delay: event, by: 200ms", nullptr, 0},
    {"duplicate: command", "command_repeated", 0},
    {"duplicate: word", "word_repeated", 0},
    {"duplicate: event", "end_repeated", 0},
    {"reorder: command", "command_out_of_order", 1},
    {"reorder: word", "word_lost", 1},
    {"reorder: event", "no_end", 1},
    {"forget: request", "no_end", 1},
    {"doubleSend: request", "second_active", 0},
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
  segments: [{{name: all, share: 100%, behaviour: one-word}}]
behaviours:
  one-word: {{steps: [{{wait: 20ms}}, executed]}}
load:
  services: {{horn: 1}}
  phases: [{{duration: 14s, arrivalCount: 119}}]
  watchWords: true
  unansweredAfter: 2s
  drain: 4s
  lagLimit: 5s
)",
                       r.fault, r.vehicles);
}

std::map<std::string, std::int64_t> anomalies_of(const boost::json::value& summary) {
    std::map<std::string, std::int64_t> all;
    for (const auto& kind : summary.at("anomalies").as_object())
        if (const auto count = kind.value().to_number<std::int64_t>(); count != 0) all[std::string(kind.key())] = count;
    return all;
}

/// Anomalies in anomalies.jsonl, which has the evidence, by kind.
std::map<std::string, std::int64_t> told(const program& run) {
    std::map<std::string, std::int64_t> all;
    for (const auto& line : run.lines("anomalies.jsonl")) {
        ++all[stage::text(line, "/anomaly")];
        EXPECT_FALSE(line.at("evidence").as_string().empty()) << line;
    }
    return all;
}

void expect_it_is_noticed(program& run, const row& r) {
    SCOPED_TRACE(r.fault);
    EXPECT_EQ(run.wait(90s), 0) << "no budget, no judgement\n" << run.out() << run.err();
    const auto summary = run.summary();
    stage::expect_sums_hold(summary);
    EXPECT_EQ(stage::number(summary, "/requests/due"), 119);
    std::map<std::string, std::int64_t> expected;
    if (r.anomaly != nullptr) expected[r.anomaly] = times;
    EXPECT_EQ(anomalies_of(summary), expected) << stage::contents(run.report() / "anomalies.jsonl");
    EXPECT_EQ(told(run), expected);
    EXPECT_EQ(stage::number(summary, "/requests/unexpected"), times * r.unexpected_each);
}

std::unique_ptr<program> start(const char* how, const stage::scratch& folder, const row& r, std::size_t i) {
    const auto file = folder.write(fmt::format("faults-{}.yaml", i), scenario(r));
    return std::make_unique<program>(stage::arguments{how, file.string(), "--report", "report"});
}

/// All at once: they wait most of the time.
TEST(faults, are_reported_as_often_as_they_happen) {
    const stage::scratch folder;
    std::vector<std::unique_ptr<program>> running;
    for (std::size_t i = 0; i < table.size(); ++i) running.push_back(start("run", folder, table[i], i));
    const row none{"drop: command", nullptr, 0};
    const auto file = folder.write("none.yaml", scenario(none));
    program without({"run", file.string(), "--report", "report", "--set", "target.embedded.faults=[]"});
    for (std::size_t i = 0; i < table.size(); ++i) expect_it_is_noticed(*running[i], table[i]);
    expect_it_is_noticed(without, none);
}

TEST(faults, are_reported_in_rehearsal_too) {
    const stage::scratch folder;
    for (std::size_t i = 0; i < table.size(); ++i)
        expect_it_is_noticed(*start("rehearse", folder, table[i], i), table[i]);
}

} // namespace
