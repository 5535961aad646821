// Names of 0.1: each is an error that names the present one.
#include "scenario_text.hpp"

#include <gmock/gmock.h>

using namespace loadsim::scenario;

namespace {

struct renamed_name {
    std::string yaml;
    const char* problem;
};

} // namespace

TEST(renamed_names, old_keys_name_the_present_ones) {
    const renamed_name rows[] = {
        {minimal_scenario("fleet: {mqtt: {presence: false}}"),
         "f:3:16: 'presence' belongs to the contract since 0.2: contract: {presence: none} switches it off"},
        {minimal_scenario("contract: {telemetry: {topic: t, payload: x, every: 30s}}"),
         "f:3:12: 'telemetry' belongs to the fleet since 0.2: fleet.telemetry is a list of groups, each with a name, "
         "every, topic and payload"},
        {minimal_scenario("contract: {words: {filter: a/+}}"), "f:3:12: 'words' is called 'responses' since 0.2"},
        {minimal_scenario("contract: {answerWhereAsked: true}"),
         "f:3:12: 'answerWhereAsked' is called 'useResponseTopic' since 0.2"},
        {scenario_with_load("  watchWords: true"), "f:4:3: 'watchWords' is called 'checkResponseSequence' since 0.2"},
        {scenario_with_load("  unansweredAfter: 8s"),
         "f:4:3: 'unansweredAfter' is called 'completionTimeout' since 0.2"},
        {minimal_scenario("fleet: {mqtt: {connackWithin: 5s}}"),
         "f:3:16: 'connackWithin' is called 'connectTimeout' since 0.2"},
        {minimal_scenario("fleet: {connectWithin: 60s}"),
         "f:3:9: 'connectWithin' is called 'fleetConnectTimeout' since 0.2"},
        {minimal_scenario("fleet: {brokerApi: {badness: [{reset: true}]}}"),
         "f:3:21: 'badness' is called 'faults' since 0.2"},
        {minimal_scenario("fleet: {wake: {udp: '127.0.0.1:0'}}"), "f:3:9: 'wake' is called 'wakeup' since 0.2"},
        {minimal_scenario("target: {embedded: {wake: {again: 1s}}}"), "f:3:21: 'wake' is called 'wakeup' since 0.2"},
        {minimal_scenario("behaviours: {b: {steps: [], provokes: [executed_twice]}}"),
         "f:3:29: 'provokes' is called 'expectAnomalies' since 0.2"},
        {minimal_scenario("conditions: [{tunnel: {at: 1s, for: 1s, provokes: [command_late]}}]"),
         "f:3:41: 'provokes' is called 'expectAnomalies' since 0.2"},
        {minimal_scenario("behaviours: {b: {steps: [], asleep: {wokenBy: udp}}}"),
         "f:3:38: 'wokenBy' is called 'bearer' since 0.2"},
        {minimal_scenario("behaviours: {b: {steps: [], asleep: {bearer: udp, awakeFor: 2s}}}"),
         "f:3:51: 'awakeFor' is called 'staysAwake' since 0.2"},
    };
    for (const auto& r : rows) EXPECT_EQ(problems_of(r.yaml), r.problem) << r.yaml;
}

TEST(renamed_names, old_values_name_the_present_ones) {
    EXPECT_EQ(problems_of(minimal_scenario("target: {embedded: {faults: [{drop: word, every: 10}]}}")),
              "f:3:37: 'word' is called 'response' since 0.2");
    EXPECT_EQ(problems_of(minimal_scenario("target: {embedded: {faults: [{forget: word, every: 3}]}}")),
              "f:3:39: unknown value 'word'; there are: request")
        << "where no response can be meant";
}

TEST(renamed_names, old_anomalies_name_the_present_ones) {
    const std::pair<std::string, std::string> rows[] = {
        {"command_repeated", "command_duplicated"}, {"second_active", "concurrent_request"},
        {"command_unknown", "command_unsolicited"}, {"word_lost", "response_lost"},
        {"word_repeated", "response_duplicated"},   {"word_out_of_order", "response_out_of_order"},
        {"end_repeated", "completion_duplicated"},  {"end_contradicted", "completion_contradicted"},
        {"end_unknown", "completion_unknown"},      {"end_before_word", "completion_before_response"},
        {"no_end", "completion_missing"},           {"let_in", "unauthorized_accepted"},
    };
    for (const auto& [old_name, present] : rows) {
        const auto problem = "'" + old_name + "' is called '" + present + "' since 0.2";
        EXPECT_EQ(problems_of(minimal_scenario("behaviours: {b: {steps: [], expectAnomalies: [" + old_name + "]}}")),
                  "f:3:47: " + problem);
        EXPECT_EQ(problems_of(minimal_scenario("budgets:\n  - anomalies." + old_name + " == 0")), "f:4:5: " + problem);
        EXPECT_EQ(problems_of(minimal_scenario("budgets: [anomalies." + present + " == 0]")), "") << present;
    }
}

TEST(renamed_names, old_metrics_name_the_present_ones) {
    const std::pair<std::string, std::string> rows[] = {
        {"queued.waited.p99 < 5s", "'queued.waited' is called 'queued.wait' since 0.2"},
        {"queued.waited < 5s", "'queued.waited' is called 'queued.wait' since 0.2"},
        {"recovery.back<60s", "'recovery.back' is called 'recovery.time' since 0.2"},
        {"' recovery{condition=tunnel}.back < 60s'", "'recovery.back' is called 'recovery.time' since 0.2"},
        {"campaigns.repeated == 0", "'campaigns.repeated' is called 'campaigns.duplicates' since 0.2"},
        {"'campaigns.repeated{campaign=recall}.rate < 1%'",
         "'campaigns.repeated' is called 'campaigns.duplicates' since 0.2"},
    };
    for (const auto& [budget, problem] : rows)
        EXPECT_EQ(problems_of(minimal_scenario("budgets:\n  - " + budget)), "f:4:5: " + problem);
    EXPECT_EQ(problems_of(minimal_scenario("budgets: [queued.wait.p99 < 5s, recovery.time < 60s]")), "");
    EXPECT_EQ(problems_of(minimal_scenario("budgets: [campaigns.duplicates.rate < 1%]")), "");
}

TEST(renamed_names, are_found_in_overrides) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"load.watchWords=true", "--set load.watchWords: 'watchWords' is called 'checkResponseSequence' since 0.2"},
        {"fleet.wake.udp=127.0.0.1:0", "--set fleet.wake.udp: 'wake' is called 'wakeup' since 0.2"},
        {"contract.words.filter=a/+", "--set contract.words.filter: 'words' is called 'responses' since 0.2"},
        {"behaviours.success.asleep={bearer: udp, awakeFor: 1s}",
         "--set behaviours.success.asleep: 'awakeFor' is called 'staysAwake' since 0.2"},
    };
    for (const auto& [text, problem] : rows) {
        const std::vector<value_override> overrides{parse_override(text).value()};
        EXPECT_THAT(problems_of(minimal_scenario(""), overrides), testing::HasSubstr(problem)) << text;
    }
}
