#include "example.hpp"
#include "own_folder.hpp"

#include <loadsim/measure/hdr_log.hpp>
#include <loadsim/report/report.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fs = std::filesystem;
using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

namespace {

const auto start = std::chrono::system_clock::from_time_t(1'795'170'000); // 2026-11-20T10:20:00Z

using report_folder = example::own_folder;

} // namespace

TEST(folder_name, keeps_to_names_that_every_shell_likes) {
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
    const example::far_from_utc zone;
    EXPECT_EQ(folder_name("quickstart", start), "quickstart-20261120T102000Z");
    EXPECT_LT(folder_name(std::string(5000, 'x'), start).size(), 256u);
}

TEST_F(report_folder, is_made_with_its_parents_or_taken_when_empty) {
    const auto made = make_folder(folder / "a" / "b");
    ASSERT_TRUE(made.has_value());
    EXPECT_TRUE(fs::is_directory(folder / "a" / "b"));
    EXPECT_TRUE(make_folder(folder / "a" / "b").has_value()) << "exists, empty";
}

TEST_F(report_folder, that_is_in_use_is_refused) {
    std::ofstream(folder / "something") << "mine";
    const auto used = make_folder(folder);
    ASSERT_TRUE(used.has_error());
    EXPECT_EQ(used.error().list.front().place, folder.string());
    EXPECT_THAT(used.error().list.front().text, HasSubstr("not empty"));

    const auto file = make_folder(folder / "something");
    ASSERT_TRUE(file.has_error());
    EXPECT_THAT(file.error().list.front().text, HasSubstr("is a file"));

    const auto below_file = make_folder(folder / "something" / "below");
    ASSERT_TRUE(below_file.has_error());
    EXPECT_THAT(below_file.error().list.front().text, HasSubstr("cannot be made"));
}

TEST_F(report_folder, has_each_line_as_soon_as_it_is_written) {
    const auto run = example::run();
    folder_writer writer(folder, example::header(), example::names());
    auto p = example::under_load(run.sum);
    p.interval.requests_told = {example::request(), example::request()};
    p.interval.anomalies_told = {example::anomaly()};
    p.interval.sessions_told = {example::session()};
    writer.write(p);
    // The writer is alive and has closed nothing: what is there now is what a killed run leaves.
    EXPECT_EQ(text("timeline.jsonl"), timeline_line(p, example::names()));
    EXPECT_EQ(text("requests.jsonl"), request_line(example::request()) + request_line(example::request()));
    EXPECT_EQ(text("anomalies.jsonl"), anomaly_line(example::anomaly()));
    EXPECT_EQ(text("sessions.jsonl"), session_line(example::session()));
    EXPECT_EQ(text("run.json"), run_json(example::header()));

    p.elapsed += 1s;
    p.interval.requests_told.clear();
    p.interval.anomalies_told.clear();
    p.interval.sessions_told.clear();
    writer.write(p);
    EXPECT_THAT(lines("timeline.jsonl"), SizeIs(2));
    EXPECT_THAT(lines("requests.jsonl"), SizeIs(2));
    EXPECT_THAT(lines("anomalies.jsonl"), SizeIs(1));
    EXPECT_THAT(lines("sessions.jsonl"), SizeIs(1));
    EXPECT_THAT(writer.troubles(), IsEmpty());
}

TEST_F(report_folder, has_a_histogram_log_that_others_read) {
    const auto run = example::run();
    folder_writer writer(folder, example::header(), example::names());
    const auto p = example::under_load(run.sum);
    writer.write(p);

    const auto header = measure::hdr_log_header(start);
    const auto log = text("latency.hlog");
    ASSERT_THAT(log, StartsWith(header));
    // The 16th second, 15 to 16: lag and e2e have samples, the other hops have not and get no line.
    EXPECT_EQ(log.substr(header.size()),
              measure::hdr_log_line("lag", 15s, 1s, p.interval.latencies.select(measure::hop::lag)) +
                  measure::hdr_log_line("e2e", 15s, 1s, p.interval.latencies.select(measure::hop::e2e)));
}

TEST_F(report_folder, gets_its_summary_at_the_end) {
    folder_writer writer(folder, example::header(), example::names());
    EXPECT_FALSE(fs::exists(folder / "summary.json"));
    writer.finish(example::run(), example::missed());
    EXPECT_EQ(text("summary.json"), summary_json(example::run(), example::missed(), example::names()));
    EXPECT_THAT(writer.troubles(), IsEmpty());
}

TEST_F(report_folder, of_a_run_whose_process_is_gone_is_only_finished) {
    const auto run = example::run();
    {
        folder_writer writer(folder, example::header(), example::names());
        auto p = example::under_load(run.sum);
        p.interval.requests_told = {example::request()};
        writer.write(p);
    }
    const auto log = text("latency.hlog");
    auto later = example::header();
    later.version = "another";
    folder_writer writer(folder, later, example::names(), folder_writer::files::begun);
    writer.finish(run, example::missed());
    EXPECT_EQ(text("run.json"), run_json(example::header()));
    EXPECT_THAT(lines("requests.jsonl"), SizeIs(1));
    EXPECT_EQ(text("latency.hlog"), log);
    EXPECT_TRUE(fs::exists(folder / "summary.json"));
    EXPECT_THAT(writer.troubles(), IsEmpty());
}

TEST_F(report_folder, a_full_disk_is_told_once_a_file_and_the_others_go_on) {
    fs::create_symlink("/dev/full", folder / "timeline.jsonl");
    fs::create_symlink("/dev/full", folder / "summary.json.part");
    const auto run = example::run();
    folder_writer writer(folder, example::header(), example::names());
    auto p = example::under_load(run.sum);
    p.interval.requests_told = {example::request()};
    for (int second = 0; second < 3; ++second) writer.write(p);
    writer.finish(run, example::missed());

    ASSERT_THAT(writer.troubles(), SizeIs(2));
    EXPECT_EQ(writer.troubles()[0],
              (folder / "timeline.jsonl").string() + " could not be written: No space left on device");
    EXPECT_THAT(writer.troubles()[1], HasSubstr("summary.json could not be written: No space left"));
    EXPECT_THAT(lines("requests.jsonl"), SizeIs(3));
    EXPECT_FALSE(fs::exists(folder / "summary.json")) << "whole, or not at all";
}

TEST_F(report_folder, that_is_gone_is_told_and_nothing_throws) {
    fs::remove_all(folder);
    folder_writer writer(folder, example::header(), example::names());
    const auto run = example::run();
    writer.write(example::under_load(run.sum));
    writer.finish(run, example::missed());
    EXPECT_THAT(writer.troubles(), SizeIs(7)) << "five that grow, run.json and the summary";
    EXPECT_THAT(writer.troubles().front(), HasSubstr("No such file or directory"));
}
