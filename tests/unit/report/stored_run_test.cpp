// Runs read back from their folders and from baseline files.
#include "sample_run.hpp"
#include "temporary_folder.hpp"

#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/stored_run.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

const std::string sample_scenario = "name: quickstart\n"
                                    "seed: 42\n"
                                    "target:\n"
                                    "  embedded:\n"
                                    "    batch: 10\n"
                                    "fleet:\n"
                                    "  vehicles: 2000\n"
                                    "  link: mqtt\n"
                                    "  segments:\n"
                                    "    - name: good\n"
                                    "      behaviour: success\n"
                                    "behaviours:\n"
                                    "  success:\n"
                                    "    steps:\n"
                                    "      - ack\n"
                                    "  other:\n"
                                    "    steps: []\n"
                                    "load:\n"
                                    "  services:\n"
                                    "    horn: 1\n"
                                    "  phases:\n"
                                    "    - name: steady\n"
                                    "      arrivalRate: 200\n"
                                    "  drain: 10s\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
}

/// A folder with what a run writes.
class stored_folder : public sample_run::temporary_folder {
protected:
    std::filesystem::path write_run(const char* name, const std::string& scenario = sample_scenario) const {
        const auto run = sample_run::run();
        const auto made = folder / name;
        std::filesystem::create_directory(made);
        report_writer writer(made, sample_run::header(), sample_run::labels());
        auto p = sample_run::under_load(run.sum);
        for (int second = 0; second < 3; ++second, p.elapsed += 1s) writer.write(p);
        writer.finish(run, sample_run::missed_budget());
        std::ofstream(made / scenario_file_name) << scenario;
        return made;
    }

    std::string refusal(const std::filesystem::path& path) const {
        measure::labels labels;
        const auto read = read_stored_run(path, labels);
        return read ? "" : to_string(read.error());
    }
};

} // namespace

TEST_F(stored_folder, has_all_of_its_result) {
    const auto path = write_run("run");
    measure::labels labels;
    const auto stored = read_stored_run(path, labels);
    ASSERT_TRUE(stored) << to_string(stored.error());
    auto run = sample_run::run();
    run.load_phases.clear(); // a folder has the rates of phases alone
    EXPECT_EQ(summary_json(stored->result, sample_run::missed_budget(), labels),
              summary_json(run, sample_run::missed_budget(), sample_run::labels()));
    EXPECT_EQ(stored->result.sum.latencies.cells(), sample_run::run().sum.latencies.cells());
    EXPECT_EQ(stored->result.sum.phase_loop_delay, run.sum.phase_loop_delay);
    const auto held = [&](const char* budget) {
        return verdict::evaluate_budget(*verdict::parse_budget(budget), stored->result, labels).observed_text;
    };
    EXPECT_EQ(held("outcomes.executed{phase=steady} == 1"), "40");
    EXPECT_EQ(held("outcomes.executed{service=horn} == 1"), "40");
    EXPECT_EQ(held("outcomes.executed{segment=good} == 1"), "50");
    EXPECT_EQ(held("unexpected{segment=silent,service=horn}.rate == 0%"), "10%");
    EXPECT_EQ(stored->version, "1.2.3");
    EXPECT_EQ(stored->verdict, "fail");
    EXPECT_THAT(stored->warnings, IsEmpty());
    EXPECT_THAT(stored->batches.at(measure::hop::e2e), SizeIs(3)) << "one each second";
    EXPECT_EQ(stored->batches.at(measure::hop::e2e).front().count(), 100U);
}

TEST_F(stored_folder, that_is_none_or_damaged_is_refused_with_a_sentence) {
    EXPECT_THAT(refusal(folder / "nowhere"), HasSubstr("is neither the report folder of a run nor a baseline file"));
    EXPECT_THAT(refusal(folder), HasSubstr("is no report folder of a run"));
    const auto path = write_run("run");
    std::filesystem::remove(path / "histograms.jsonl");
    EXPECT_THAT(refusal(path), HasSubstr("has no histograms.jsonl, which loadsim writes since 0.2.0"));
    std::filesystem::remove(path / "summary.json");
    EXPECT_THAT(refusal(path), HasSubstr("the run was killed, or is still running"));
    for (const auto& [text, says] : {std::pair("{\"schema\": \"loadsim.summary/2\"", "is no whole JSON document"),
                                     {"{\"schema\": \"loadsim.summary/3\"}", "has the format 'loadsim.summary/3'"},
                                     {"[]", "is no whole JSON document"}}) {
        std::ofstream(path / "summary.json") << text;
        EXPECT_THAT(refusal(path), HasSubstr(says)) << text;
    }
    write("foreign.json", "{\"schema\": \"junit\"}");
    EXPECT_THAT(refusal(folder / "foreign.json"), HasSubstr("has the format 'junit'"));
}

TEST_F(stored_folder, tells_which_lines_are_damaged) {
    const auto path = write_run("run");
    std::ofstream(path / "histograms.jsonl", std::ios::app) << "{\"metric\":\"e2e\",\"histogram\":\"HISTFAAA\"}\n{}\n";
    std::ofstream(path / "latency.hlog", std::ios::app) << "Tag=e2e,1.000,1.0";
    measure::labels labels;
    const auto stored = read_stored_run(path, labels);
    ASSERT_TRUE(stored);
    EXPECT_THAT(stored->warnings, ElementsAre(HasSubstr("histograms.jsonl: 2 lines are skipped"),
                                              HasSubstr("latency.hlog: the last line is incomplete")));
    EXPECT_EQ(stored->result.sum.latencies.cells(), sample_run::run().sum.latencies.cells());
}

TEST_F(stored_folder, is_no_run_of_its_own_again_or_as_a_copy) {
    measure::labels labels;
    const auto path = write_run("run");
    std::filesystem::create_directory_symlink(path, folder / "link");
    const auto first = *read_stored_run(path, labels);
    for (const auto& again : {path, path / ".", folder / "link"})
        EXPECT_EQ(to_string(check_distinct({first, *read_stored_run(again, labels)})),
                  again.string() + ": is the same run as " + path.string() +
                      ", and would count twice; name each run once");
    const auto copy = *read_stored_run(write_run("copy"), labels);
    EXPECT_THAT(to_string(check_distinct({first, copy})), HasSubstr("copy: is the same run as"));

    auto other = copy;
    other.result.load_started = *copy.result.load_started + 1ms;
    EXPECT_EQ(to_string(check_distinct({first, other})), "") << "started within the same second";
    other = copy;
    other.result.seed += 1;
    EXPECT_EQ(to_string(check_distinct({first, other})), "");
    auto first_without_load = first;
    first_without_load.result.load_started = {};
    other = copy;
    other.result.load_started = {};
    EXPECT_EQ(to_string(check_distinct({first_without_load, other})), "") << "nothing tells copies apart";
}

TEST_F(stored_folder, becomes_a_baseline_and_is_read_back) {
    measure::labels labels;
    const std::vector<stored_run> runs{*read_stored_run(write_run("a"), labels),
                                       *read_stored_run(write_run("b"), labels)};
    const auto merged = merge_runs(runs);
    ASSERT_TRUE(merged);
    const auto text = baseline_json(*merged, side_of(runs, labels));
    EXPECT_LT(text.size(), 4'000U) << text;
    EXPECT_EQ(text.find("from_begun"), std::string::npos) << "only what is compared";
    write("baseline.json", text);

    measure::labels read_labels;
    const auto read = read_stored_run(folder / "baseline.json", read_labels);
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_EQ(read->runs, 2U);
    EXPECT_EQ(read->result.scenario, "quickstart");
    EXPECT_EQ(read->result.seed, 42U);
    EXPECT_EQ(read->load, merged->load);
    EXPECT_EQ(read->result.sum.requests, merged->result.sum.requests);
    EXPECT_EQ(read->result.sum.anomalies, merged->result.sum.anomalies);
    const auto e2e = measure::hop::e2e;
    EXPECT_EQ(read->result.sum.latencies.select(e2e), merged->result.sum.latencies.select(e2e));
    const auto side = side_of(runs, labels);
    const auto read_side = side_of({*read}, read_labels);
    EXPECT_EQ(read_side.spreads.at(e2e).degrees_of_freedom, side.spreads.at(e2e).degrees_of_freedom);
    EXPECT_NEAR(read_side.spreads.at(e2e).inflation[3], side.spreads.at(e2e).inflation[3], 1e-3);

    write("baseline.json", text.substr(0, text.size() / 2));
    EXPECT_THAT(refusal(folder / "baseline.json"), HasSubstr("is no whole JSON document"));
}

TEST_F(stored_folder, as_a_baseline_has_one_histogram_for_all_segments) {
    measure::labels labels;
    std::vector<stored_run> runs{*read_stored_run(write_run("a"), labels)};
    const auto size = baseline_json(runs.front(), side_of(runs, labels)).size();
    for (std::uint32_t segment = 2; segment < 50; ++segment) {
        const measure::request_group group{.service = 0, .phase = 1, .segment = segment};
        runs.front().result.sum.latencies.merge(
            {measure::hop::e2e, group}, runs.front().result.sum.latencies.select(measure::hop::e2e, {.segment = 0}));
        labels.segments.push_back("segment " + std::to_string(segment));
    }
    EXPECT_LT(baseline_json(runs.front(), side_of(runs, labels)).size(), size + 500);
}

TEST_F(stored_folder, and_baseline_with_numbers_of_no_run_are_refused_with_a_sentence) {
    measure::labels labels;
    const auto path = write_run("run");
    const std::vector<stored_run> runs{*read_stored_run(path, labels)};
    const auto baseline = baseline_json(runs.front(), side_of(runs, labels));
    std::ifstream in(path / "summary.json");
    const std::string summary{std::istreambuf_iterator<char>(in), {}};
    const struct {
        const char* from;
        const char* to;
        const char* says;
        bool is_in_summary = true;
    } rows[] = {
        {"\"due\": 60", "\"due\": -60",
         "requests.due is -60: it cannot be negative or infinite; the file was edited or damaged; make it again"},
        {"\"due\": 60", "\"due\": 60.5", "requests.due is 6.05E1: a whole number up to 17592186044416 belongs there"},
        {"\"due\": 60", "\"due\": \"60\"", "requests.due is \"60\": a whole number"},
        {"\"due\": 60", "\"due\": 99999999999999999999", "a whole number"},
        {"\"due\": 60", "\"due\": 18446744073709551615", "a whole number"},
        {"\"due\": 60", "\"due\": 59", "requests.outcomes, as a sum, is 60, more than the 59 that were due"},
        {"\"sent\": 59", "\"sent\": 61", "requests.sent is 61, more than the 60 that were due"},
        {"\"unexpected\": 1", "\"unexpected\": 61", "requests.unexpected is 61, more than"},
        {"\"executed\": 50", "\"executed\": 1e300", "requests.outcomes.executed is 1E300: a whole number"},
        {"\"duration_ms\": 34250", "\"duration_ms\": -1", "duration_ms is -1: it cannot"},
        {"\"runs\": 1", "\"runs\": -1", "runs is -1: it cannot", false},
        {"\"runs\": 1", "\"runs\": 0", "has no number of runs", false},
        {"\"runs\": 1", "\"runs\": 5000000000", "has no number of runs", false},
        {"\"loop_delay\"", "\"loop_relay\"", "has no latencies: it is of another version", false},
        {"\"HISTFAAA", "\"HISTFAAB", "latencies.lag: ", false},
    };
    for (const auto& row : rows) {
        ASSERT_NE(baseline.find(row.from), std::string::npos) << row.from << baseline;
        write("baseline.json", replaced(baseline, row.from, row.to));
        EXPECT_THAT(refusal(folder / "baseline.json"), HasSubstr(row.says)) << row.to;
        if (!row.is_in_summary) continue;
        std::ofstream(path / "summary.json") << replaced(summary, row.from, row.to);
        EXPECT_THAT(refusal(path), HasSubstr(row.says)) << row.to;
    }
}

TEST_F(stored_folder, has_as_many_samples_as_its_histograms_say) {
    const auto path = write_run("run");
    std::ifstream in(path / "histograms.jsonl");
    const std::string lines{std::istreambuf_iterator<char>(in), {}};
    const auto samples =
        lines.substr(lines.find("\"samples\":"), lines.find(",\"negative\"") - lines.find("\"samples\":"));
    const struct {
        std::string from;
        const char* to;
        const char* says;
    } rows[] = {
        {samples, "\"samples\":1234567", "not as many in `samples`"},
        {samples, "\"samples\":-1", "not as many in `samples`"},
        {"\"negative\":0", "\"negative\":1234567", "more negative or overflowing samples"},
        {"\"overflow\":0", "\"overflow\":1234567", "more negative or overflowing samples"},
    };
    for (const auto& row : rows) {
        std::ofstream(path / "histograms.jsonl") << replaced(lines, row.from, row.to);
        measure::labels labels;
        const auto stored = read_stored_run(path, labels);
        ASSERT_TRUE(stored);
        EXPECT_THAT(stored->warnings, ElementsAre(testing::AllOf(HasSubstr("line 1 is skipped"), HasSubstr(row.says))));
    }
}

TEST_F(stored_folder, is_merged_with_another_one_exactly) {
    measure::labels labels;
    const std::vector<stored_run> runs{*read_stored_run(write_run("a"), labels),
                                       *read_stored_run(write_run("b"), labels)};
    const auto merged = merge_runs(runs);
    ASSERT_TRUE(merged);
    auto both = sample_run::run().sum;
    both.add(sample_run::run().sum);
    EXPECT_EQ(merged->result.sum.requests, both.requests);
    EXPECT_EQ(merged->result.sum.matrix, both.matrix);
    EXPECT_EQ(merged->result.sum.latencies.cells(), both.latencies.cells());
    EXPECT_EQ(merged->result.planned_arrivals, 122U);

    std::filesystem::create_directory(folder / "both");
    const auto written = write_merged_run(folder / "both", *merged, {}, labels, runs);
    EXPECT_TRUE(written.empty()) << to_string(written);
    measure::labels read_labels;
    const auto read = read_stored_run(folder / "both", read_labels);
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_EQ(summary_json(read->result, {}, read_labels), summary_json(merged->result, {}, labels));
    EXPECT_EQ(read->load, merged->load);
    EXPECT_THAT(read->batches.at(measure::hop::e2e), SizeIs(6));
    EXPECT_FALSE(write_merged_run(folder / "both", *merged, {}, labels, runs).empty()) << "no file is overwritten";
}

TEST_F(stored_folder, of_another_load_is_not_merged) {
    measure::labels labels;
    const auto other = replaced(sample_scenario, "arrivalRate: 200", "arrivalRate: 240");
    const auto merged =
        merge_runs({*read_stored_run(write_run("a"), labels), *read_stored_run(write_run("b", other), labels)});
    ASSERT_FALSE(merged);
    EXPECT_THAT(to_string(merged.error()), HasSubstr("is a run of another load than"));
    EXPECT_THAT(to_string(merged.error()), HasSubstr("load.phases differs: 'arrivalRate: 200' in the old run, "
                                                     "'arrivalRate: 240' in the new one"));
}

TEST(load_description, is_what_decides_on_the_load) {
    const auto load = describe_load(sample_scenario);
    std::vector<std::string> keys;
    for (const auto& [key, text] : load) keys.push_back(key);
    EXPECT_THAT(keys, ElementsAre("name", "target", "fleet.vehicles", "fleet.link", "fleet.segments",
                                  "behaviours.success", "load.services", "load.phases"));
    EXPECT_EQ(load[2].second, "2000\n");
    EXPECT_EQ(load[7].second, "- name: steady\n  arrivalRate: 200\n");
    EXPECT_THAT(describe_load(""), IsEmpty());
}

TEST(load_description, names_what_differs) {
    struct {
        const char* from;
        const char* to;
        const char* says; ///< nullptr: the same load
    } const cases[] = {
        {"vehicles: 2000", "vehicles: 50", "fleet.vehicles differs: '2000' in the old run, '50' in the new one"},
        {"arrivalRate: 200", "arrivalRate: 90", "load.phases differs: 'arrivalRate: 200'"},
        {"horn: 1", "light: 1", "load.services differs: 'horn: 1' in the old run, 'light: 1' in the new one"},
        {"embedded:\n    batch: 10", "broker: mqtt://a:1", "target differs: 'embedded' in the old run, 'addresses'"},
        {"- ack", "- executed", "behaviours.success differs: '- ack'"},
        {"  segments:", "  telemetry:\n    - name: position\n  segments:",
         "fleet.telemetry differs: nothing in the old run, '- name: position' in the new one"},
        {"  segments:", "  mqtt:\n    version: 3.1.1\n  segments:",
         "fleet.mqtt.version differs: nothing in the old run, '3.1.1'"},
        {"  segments:", "  trips:\n    speed: 60\n  segments:", "fleet.trips differs: nothing in the old run"},
        {"  segments:", "  store:\n    messages: 10\n  segments:", "fleet.store differs: nothing in the old run"},
        {"  segments:", "  telemetry: []\n  alarms: []\n  segments:", nullptr}, // as of a version without these keys
        {"steps: []", "steps: [ack]", nullptr},                                 // no vehicle has that behaviour
        {"seed: 42", "seed: 43", nullptr},
        {"drain: 10s", "drain: 20s", nullptr},
        {"batch: 10", "batch: 20", nullptr}, // the platform is what is compared
    };
    const auto load = describe_load(sample_scenario);
    for (const auto& c : cases) {
        const auto sentences = load_differences(load, describe_load(replaced(sample_scenario, c.from, c.to)));
        if (c.says == nullptr)
            EXPECT_THAT(sentences, IsEmpty()) << c.to;
        else
            EXPECT_THAT(sentences, ElementsAre(HasSubstr(c.says))) << c.to;
    }
}
