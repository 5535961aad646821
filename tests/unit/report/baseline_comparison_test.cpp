// --baseline: a run beside an earlier one.
#include "sample_run.hpp"
#include "temporary_folder.hpp"

#include <loadsim/report/baseline_comparison.hpp>
#include <loadsim/report/comparison_report.hpp>
#include <loadsim/report/console.hpp>
#include <loadsim/report/report_folder.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

constexpr std::string_view scenario_text = "name: quickstart\nfleet:\n  vehicles: 2000\n";

/// Latencies of one second: 40 requests of e2e about the factor.
measure::totals second_of(int factor) {
    measure::totals interval;
    for (int i = 0; i < 40; ++i) interval.latencies.record(measure::hop::e2e, 0, 1, factor * (900us + i * 5us));
    return interval;
}

measure::run_result thirty_seconds_of(int factor) {
    auto run = sample_run::run();
    run.sum.requests = {.due = 1200, .sent = 1200, .outcomes = {}, .unexpected = 0};
    run.sum.requests.outcomes[0] = 1200;
    run.sum.anomalies = {};
    run.sum.latencies = {};
    run.sum.loop_delay = {}; // four times the generator's lateness would hide a change
    for (int second = 0; second < 30; ++second) run.sum.add(second_of(factor));
    return run;
}

class baseline_folder : public sample_run::temporary_folder {
protected:
    /// The report of a run of thirty seconds.
    std::filesystem::path write_run(int factor) const {
        const auto run = thirty_seconds_of(factor);
        const auto made = folder / "earlier";
        std::filesystem::create_directory(made);
        report_writer writer(made, sample_run::header(), sample_run::labels());
        auto p = sample_run::under_load(run.sum);
        p.interval = second_of(factor);
        for (int second = 0; second < 30; ++second, p.elapsed += 1s) writer.write(p);
        writer.finish(run, {});
        std::ofstream(made / scenario_file_name) << scenario_text;
        return made;
    }
};

baseline_comparison compared(const run_baseline& baseline, int factor) {
    baseline_comparer comparer(baseline);
    for (int second = 0; second < 30; ++second) comparer.add(second_of(factor));
    return comparer.compare(
        {.path = "reports/new", .result = thirty_seconds_of(factor), .version = "1.2.3", .verdict = "pass"},
        sample_run::labels());
}

} // namespace

TEST_F(baseline_folder, is_what_a_run_is_compared_with) {
    const auto baseline = read_run_baseline(write_run(10), scenario_text);
    ASSERT_TRUE(baseline) << to_string(baseline.error());
    const auto slower = compared(*baseline, 13);
    EXPECT_EQ(slower.name, "earlier");
    EXPECT_EQ(overall_verdict(slower.changes), "worse");
    EXPECT_THAT(slower.markdown,
                AllOf(HasSubstr("**Comparison: worse: e2e.p50 +30.0 %"), HasSubstr("* new: reports/new")));
    const auto document = boost::json::parse(slower.page);
    EXPECT_EQ(document.at("name").as_string(), "earlier");
    EXPECT_EQ(document.at_pointer("/comparison/schema").as_string(), "loadsim.comparison/1");
    EXPECT_EQ(document.at_pointer("/comparison/verdict").as_string(), "worse");
    EXPECT_NEAR(document.at_pointer("/percentiles/e2e/p50_ms").to_number<double>(), 10, 0.2) << "of the baseline";
    EXPECT_FALSE(document.at("percentiles").as_object().contains("accept"));
    EXPECT_EQ(overall_verdict(compared(*baseline, 10).changes), "no change");

    const auto text = summary_text(thirty_seconds_of(13), {}, sample_run::labels(), "reports/new", {}, &slower);
    EXPECT_THAT(text, HasSubstr("\nbaseline  worse: e2e.p50 +30.0 %"));
    EXPECT_THAT(text, HasSubstr("    against earlier; largest change: e2e"));
    EXPECT_THAT(summary_text(thirty_seconds_of(13), {}, sample_run::labels(), "reports/new"),
                Not(HasSubstr("baseline")));
}

TEST_F(baseline_folder, of_another_load_or_unreadable_is_refused_before_the_run) {
    const auto path = write_run(10);
    const auto other = read_run_baseline(path, "name: quickstart\nfleet:\n  vehicles: 50\n");
    ASSERT_FALSE(other);
    EXPECT_THAT(to_string(other.error()),
                AllOf(HasSubstr("fleet.vehicles differs: '2000' in the old run, '50' in the new one"),
                      HasSubstr("is of another load; name a run of this scenario, or leave --baseline out")));
    std::filesystem::remove(path / scenario_file_name);
    EXPECT_THAT(to_string(read_run_baseline(path, scenario_text).error()), HasSubstr("has no scenario.yaml"));
    EXPECT_THAT(to_string(read_run_baseline(folder / "nowhere", scenario_text).error()),
                HasSubstr("is neither the report folder of a run nor a baseline file"));
}
