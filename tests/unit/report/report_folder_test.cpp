#include "gunzip.hpp"
#include "records.hpp"
#include "sample_run.hpp"
#include "temporary_folder.hpp"
#include "timeline.hpp"

#include <loadsim/base/secrets.hpp>
#include <loadsim/measure/hdr_log.hpp>
#include <loadsim/report/junit.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/summary_markdown.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace fs = std::filesystem;
using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

namespace {

const auto start = std::chrono::system_clock::from_time_t(1'795'170'000); // 2026-11-20T10:20:00Z

using report_folder = sample_run::temporary_folder;

} // namespace

TEST(folder_name, is_safe_in_every_shell) {
    const std::pair<const char*, const char*> cases[] = {
        {"quickstart", "quickstart-20261120T102000Z"},
        {"remote services: pilot", "remote-services-pilot-20261120T102000Z"},
        {"../../etc", "etc-20261120T102000Z"},
        {".hidden", "hidden-20261120T102000Z"},
        {"-rf", "rf-20261120T102000Z"},
        {"高峰", "run-20261120T102000Z"},
        {"", "run-20261120T102000Z"},
        {"v1.2_a", "v1.2_a-20261120T102000Z"},
    };
    for (const auto& [name, folder] : cases) EXPECT_EQ(folder_name(name, start), folder);
    const sample_run::non_utc_time_zone zone;
    EXPECT_EQ(folder_name("quickstart", start), "quickstart-20261120T102000Z");
    EXPECT_LT(folder_name(std::string(5000, 'x'), start).size(), 256u);
}

TEST_F(report_folder, is_created_with_its_parents_or_used_when_empty) {
    const auto made = make_folder(folder / "a" / "b");
    ASSERT_TRUE(made.has_value());
    EXPECT_TRUE(fs::is_directory(folder / "a" / "b"));
    EXPECT_TRUE(make_folder(folder / "a" / "b").has_value()) << "exists, empty";
}

TEST_F(report_folder, that_is_in_use_is_refused) {
    std::ofstream(folder / "something") << "mine";
    const auto used = make_folder(folder);
    ASSERT_TRUE(used.has_error());
    EXPECT_EQ(used.error().list.front().location, folder.string());
    EXPECT_THAT(used.error().list.front().text, HasSubstr("not empty"));

    const auto file = make_folder(folder / "something");
    ASSERT_TRUE(file.has_error());
    EXPECT_THAT(file.error().list.front().text, HasSubstr("is a file"));

    const auto below_file = make_folder(folder / "something" / "below");
    ASSERT_TRUE(below_file.has_error());
    EXPECT_THAT(below_file.error().list.front().text, HasSubstr("cannot be made"));
}

TEST_F(report_folder, of_a_second_run_in_the_same_second_is_another_one) {
    const auto path = folder / "reports" / "t-20261120T102000Z";
    for (const auto* suffix : {"", "-2", "-3"}) {
        const auto made = make_new_folder(path);
        ASSERT_TRUE(made.has_value());
        EXPECT_EQ(*made, path.string() + suffix);
        EXPECT_TRUE(fs::is_directory(*made));
    }
    std::ofstream(folder / "file") << "mine";
    const auto below_file = make_new_folder(folder / "file" / "t");
    ASSERT_TRUE(below_file.has_error());
    EXPECT_THAT(below_file.error().list.front().text, HasSubstr("choose another place with --report"));
}

TEST_F(report_folder, that_is_removed_during_the_run_has_no_summary) {
    report_writer writer(folder, sample_run::header(), sample_run::labels());
    fs::remove_all(folder);
    EXPECT_FALSE(writer.finish(sample_run::run(), {}));
    ASSERT_THAT(writer.errors(), SizeIs(5)) << "summary.json, histograms.jsonl, metrics.prom, junit.xml and summary.md";
    EXPECT_THAT(writer.errors().front(), HasSubstr("summary.json could not be written: No such file"));
}

TEST_F(report_folder, has_each_line_as_soon_as_it_is_written) {
    const auto run = sample_run::run();
    report_writer writer(folder, sample_run::header(), sample_run::labels());
    EXPECT_EQ(text("run.json"), run_json(sample_run::header())) << "before the load";
    auto p = sample_run::under_load(run.sum);
    p.interval.request_records = {sample_run::request(), sample_run::request()};
    p.interval.anomaly_records = {sample_run::anomaly()};
    p.interval.session_records = {sample_run::session()};
    writer.write(p);
    // The writer is still open: the files now have what a killed run leaves.
    EXPECT_EQ(text("timeline.jsonl"), timeline_line(p, sample_run::labels()));
    const auto load_start = sample_run::load_started();
    const auto line = request_line(sample_run::request(), load_start);
    EXPECT_EQ(text("requests.jsonl"), line + line);
    EXPECT_EQ(text("anomalies.jsonl"), anomaly_line(sample_run::anomaly(), load_start));
    EXPECT_EQ(text("sessions.jsonl"), session_line(sample_run::session(), load_start));
    auto header = sample_run::header();
    header.load_started = load_start;
    EXPECT_EQ(text("run.json"), run_json(header));

    p.elapsed += 1s;
    p.interval.request_records.clear();
    p.interval.anomaly_records.clear();
    p.interval.session_records.clear();
    writer.write(p);
    EXPECT_THAT(lines("timeline.jsonl"), SizeIs(2));
    EXPECT_THAT(lines("requests.jsonl"), SizeIs(2));
    EXPECT_THAT(lines("anomalies.jsonl"), SizeIs(1));
    EXPECT_THAT(lines("sessions.jsonl"), SizeIs(1));
    EXPECT_THAT(writer.errors(), IsEmpty());
}

TEST_F(report_folder, has_the_findings_of_taps) {
    const auto run = sample_run::run();
    auto p = sample_run::under_load(run.sum);
    p.interval.telemetry_findings = {sample_run::finding(), sample_run::finding()};
    auto labels = sample_run::labels();
    labels.taps = {"kafka"};
    report_writer writer(folder, sample_run::header(), labels);
    writer.write(p);
    const auto line = finding_line(sample_run::finding(), sample_run::load_started());
    EXPECT_EQ(text("telemetry-findings.jsonl"), line + line);
}

TEST_F(report_folder, of_a_run_without_taps_has_no_findings) {
    auto labels = sample_run::labels();
    labels.taps.clear();
    report_writer writer(folder, sample_run::header(), labels);
    writer.write(sample_run::under_load(sample_run::run().sum));
    EXPECT_FALSE(fs::exists(folder / "telemetry-findings.jsonl"));
    EXPECT_THAT(writer.errors(), IsEmpty());
}

TEST_F(report_folder, has_the_timeline_as_a_table) {
    const auto run = sample_run::run();
    report_writer writer(folder, sample_run::header(), sample_run::labels());
    const auto p = sample_run::under_load(run.sum);
    writer.write(p);
    EXPECT_EQ(text("timeline.csv"), timeline_csv_header() + timeline_csv_row(p, sample_run::labels()));
    EXPECT_FALSE(fs::exists(folder / "requests.csv.gz")) << "on request only";
    const report_writer later(folder, sample_run::header(), sample_run::labels(),
                              report_writer::existing_files::partial);
    EXPECT_THAT(lines("timeline.csv"), SizeIs(2)) << "the header is there once";
}

TEST_F(report_folder, has_the_requests_as_a_table_on_request) {
    report_writer writer(folder, sample_run::header(), sample_run::labels(), report_writer::existing_files::none, 2);
    const auto run = sample_run::run();
    auto p = sample_run::under_load(run.sum);
    p.interval.request_records = {sample_run::request()};
    for (int second = 0; second < 3; ++second) writer.write(p);
    const auto row = request_csv_row(sample_run::request(), sample_run::load_started());
    EXPECT_EQ(gunzipped(text("requests.csv.gz")), request_csv_header() + row + row) << "what a killed run leaves";
    writer.finish(run, sample_run::missed_budget());
    EXPECT_EQ(gunzipped(text("requests.csv.gz")), request_csv_header() + row + row);
    EXPECT_THAT(writer.errors(),
                testing::ElementsAre((folder / "requests.csv.gz").string() +
                                     " has the first 2 of 3 recorded requests: report.requestsCsv is its limit"));
}

TEST_F(report_folder, has_a_histogram_log_in_hdr_format) {
    const auto run = sample_run::run();
    report_writer writer(folder, sample_run::header(), sample_run::labels());
    const auto p = sample_run::under_load(run.sum);
    writer.write(p);

    const auto header = measure::hdr_log_header(start);
    const auto log = text("latency.hlog");
    ASSERT_THAT(log, StartsWith(header));
    // Second 16, from 15 s to 16 s: only lag and e2e have samples; hops without samples get no line.
    const auto e2e = p.interval.latencies.select(measure::hop::e2e);
    EXPECT_EQ(log.substr(header.size()),
              measure::hdr_log_line("lag", 15s, 1s, p.interval.latencies.select(measure::hop::lag)) +
                  measure::hdr_log_line("e2e", 15s, 1s, e2e) + measure::hdr_log_line("", 15s, 1s, e2e));
}

// HistogramLogProcessor of HdrHistogram 2.1.11 ends with a NullPointerException if no line has the tag it is given, or none.
TEST_F(report_folder, has_a_line_without_a_tag_in_each_interval_of_its_histogram_log) {
    report_writer writer(folder, sample_run::header(), sample_run::labels());
    measure::progress p;
    p.elapsed = 2s;
    p.interval_s = 1;
    writer.write(p);
    EXPECT_EQ(text("latency.hlog"), measure::hdr_log_header(start)) << "no samples, no lines";
    p.interval.latencies.record(measure::hop::lag, 0, 0, 1ms);
    writer.write(p);
    EXPECT_THAT(text("latency.hlog"), testing::EndsWith(measure::hdr_log_line("", 1s, 1s, {})));
}

TEST_F(report_folder, gets_its_summary_at_the_end) {
    report_writer writer(folder, sample_run::header(), sample_run::labels());
    EXPECT_FALSE(fs::exists(folder / "summary.json"));
    writer.finish(sample_run::run(), sample_run::missed_budget());
    EXPECT_EQ(text("summary.json"), summary_json(sample_run::run(), sample_run::missed_budget(), sample_run::labels()));
    EXPECT_EQ(text("junit.xml"),
              junit_xml({junit_of(sample_run::run(), sample_run::missed_budget(), sample_run::labels())}));
    EXPECT_EQ(text("summary.md"),
              summary_markdown(sample_run::run(), sample_run::missed_budget(), sample_run::labels()));
    EXPECT_THAT(writer.errors(), IsEmpty());
}

TEST_F(report_folder, each_file_of_the_end_is_written_whatever_happens_to_the_others) {
    const auto run = sample_run::run();
    const std::string names[] = {"summary.json", "histograms.jsonl", "metrics.prom", "junit.xml", "summary.md"};
    for (const auto& unwritable : names) {
        fs::remove_all(folder);
        fs::create_directories(folder);
        report_writer writer(folder, sample_run::header(), sample_run::labels());
        fs::create_symlink("/dev/full", folder / (unwritable + ".part"));
        EXPECT_EQ(writer.finish(run, sample_run::missed_budget()), unwritable != "summary.json");
        ASSERT_THAT(writer.errors(), SizeIs(1));
        EXPECT_THAT(writer.errors().front(), HasSubstr(unwritable + " could not be written: No space left"));
        for (const auto& name : names) EXPECT_EQ(fs::exists(folder / name), name != unwritable) << name;
    }
}

TEST_F(report_folder, gets_its_metrics_at_the_end) {
    const auto run = sample_run::run();
    report_writer writer(folder, sample_run::header(), sample_run::labels());
    writer.write(sample_run::under_load(run.sum));
    writer.finish(run, sample_run::missed_budget());
    EXPECT_THAT(text("metrics.prom"),
                AllOf(HasSubstr("loadsim_verdict{verdict=\"fail\"} 1\n"), HasSubstr("loadsim_sessions_online 2000\n"),
                      HasSubstr("loadsim_run_elapsed_seconds 34.25\n")));
}

TEST_F(report_folder, of_a_died_process_gets_only_its_summary) {
    const auto run = sample_run::run();
    {
        report_writer writer(folder, sample_run::header(), sample_run::labels());
        auto p = sample_run::under_load(run.sum);
        p.interval.request_records = {sample_run::request()};
        writer.write(p);
    }
    const auto log = text("latency.hlog");
    auto later = sample_run::header();
    later.origin.version = "another";
    report_writer writer(folder, later, sample_run::labels(), report_writer::existing_files::partial);
    writer.finish(run, sample_run::missed_budget());
    auto begun = sample_run::header();
    begun.load_started = sample_run::under_load(run.sum).load_started;
    EXPECT_EQ(text("run.json"), run_json(begun));
    EXPECT_THAT(lines("requests.jsonl"), SizeIs(1));
    EXPECT_EQ(text("latency.hlog"), log);
    EXPECT_TRUE(fs::exists(folder / "summary.json"));
    EXPECT_THAT(writer.errors(), IsEmpty());
}

TEST_F(report_folder, a_full_disk_is_reported_once_per_file_and_the_others_continue) {
    fs::create_symlink("/dev/full", folder / "timeline.jsonl");
    fs::create_symlink("/dev/full", folder / "summary.json.part");
    const auto run = sample_run::run();
    report_writer writer(folder, sample_run::header(), sample_run::labels());
    auto p = sample_run::under_load(run.sum);
    p.interval.request_records = {sample_run::request()};
    for (int second = 0; second < 3; ++second) writer.write(p);
    writer.finish(run, sample_run::missed_budget());

    ASSERT_THAT(writer.errors(), SizeIs(2));
    EXPECT_EQ(writer.errors()[0],
              (folder / "timeline.jsonl").string() + " could not be written: No space left on device");
    EXPECT_THAT(writer.errors()[1], HasSubstr("summary.json could not be written: No space left"));
    EXPECT_THAT(lines("requests.jsonl"), SizeIs(3));
    EXPECT_FALSE(fs::exists(folder / "summary.json")) << "whole, or not at all";
}

TEST_F(report_folder, that_was_removed_is_reported_and_nothing_throws) {
    fs::remove_all(folder);
    report_writer writer(folder, sample_run::header(), sample_run::labels());
    const auto run = sample_run::run();
    writer.write(sample_run::under_load(run.sum));
    writer.finish(run, sample_run::missed_budget());
    EXPECT_THAT(writer.errors(), SizeIs(13)) << "seven that grow, run.json and five of the end";
    EXPECT_THAT(writer.errors().front(), HasSubstr("No such file or directory"));
}

TEST_F(report_folder, of_somebody_else_cannot_be_closed) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can act as another user";
    register_secret("registered by report_folder_test");
    fs::create_directory(folder / "of-root");
    for (const auto& open : {fs::path(folder), folder / "of-root"}) fs::permissions(open, fs::perms::all);
    const auto make_as_another = [this] {
        if (::setuid(65534) != 0) std::_Exit(1);
        const auto made = make_folder(folder / "of-root");
        std::fputs(to_string(made.error()).c_str(), stderr);
        std::_Exit(0);
    };
    EXPECT_EXIT(make_as_another(), testing::ExitedWithCode(0),
                "of-root: cannot be closed to other users .Operation not permitted., which a report of a scenario with "
                "secrets needs; name a folder of your own with --report");
}

TEST_F(report_folder, of_a_run_with_secrets_is_closed_to_others) {
    register_secret("registered by report_folder_test");
    fs::create_directory(folder / "empty");
    for (const auto& made :
         {make_folder(folder / "a" / "b"), make_folder(folder / "empty"), make_new_folder(folder / "c")}) {
        ASSERT_TRUE(made) << to_string(made.error());
        EXPECT_EQ(fs::status(*made).permissions(), fs::perms::owner_all) << *made;
    }
}

TEST_F(report_folder, gets_another_exit_code_in_its_summary) {
    EXPECT_FALSE(replace_exit_code(folder, verdict::exit_code::setup)) << "no summary";
    const auto summary = summary_json(sample_run::run(), {}, sample_run::labels());
    std::ofstream(folder / summary_file_name) << summary;
    EXPECT_TRUE(replace_exit_code(folder, verdict::exit_code::setup));
    auto expected = summary;
    expected.replace(expected.find("\"exit_code\": 0"), 14, "\"exit_code\": 3");
    std::ifstream in(folder / summary_file_name);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), expected) << "all else is as it was";
    EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
    EXPECT_EQ(with_exit_code("{}", verdict::exit_code::setup), "");
    EXPECT_EQ(with_exit_code("{\n  \"exit_code\": 130", verdict::exit_code::invalid), "{\n  \"exit_code\": 4")
        << "cut off";
}
