// Reading of report folders: complete, filtered, truncated, damaged, written by another version.
#include "sample_run.hpp"
#include "temporary_folder.hpp"

#include <loadsim/report/report_reader.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <sys/stat.h>

namespace fs = std::filesystem;
using namespace loadsim;
using namespace loadsim::report;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

measure::request_record request(std::uint64_t arrival, const char* id, const char* vin, bool unexpected) {
    measure::request_record r;
    r.arrival = arrival;
    r.request_id = id;
    r.vin = vin;
    r.expected_outcomes = outcome::executed;
    r.outcome = unexpected ? outcome::timed_out : outcome::executed;
    r.unexpected = unexpected;
    r.due_at_ms = static_cast<double>(arrival);
    return r;
}

measure::anomaly_record anomaly_of(anomaly what, const char* vin, const char* id, bool provoked = false) {
    return {.kind = what, .expected = provoked, .at_ms = 5, .vin = vin, .request_id = id, .evidence = "seen"};
}

/// Report folder with four requests of three vehicles, in completion order.
class report_reader_test : public sample_run::temporary_folder {
protected:
    report_reader_test() {
        write("run.json", run_json(sample_run::header()));
        write("requests.jsonl",
              request_line(request(9, "late", "A", true)) + request_line(request(1, "good", "A", false)) +
                  request_line(request(2, "twice", "B", false)) + request_line(request(3, "meant", "C", false)));
        write("anomalies.jsonl", anomaly_line(anomaly_of(anomaly::command_duplicated, "B", "twice")) +
                                     anomaly_line(anomaly_of(anomaly::response_duplicated, "C", "meant", true)) +
                                     anomaly_line(anomaly_of(anomaly::completion_unknown, "", "stranger")) +
                                     anomaly_line(anomaly_of(anomaly::unauthorized_accepted, "D", "")));
        for (const char* vin : {"A", "B", "C", "D"})
            sessions += session_line({.at_ms = 1, .vin = vin, .event = std::string("online ") + vin});
        write("sessions.jsonl", sessions);
        write("summary.json", summary_json(sample_run::run(), sample_run::missed_budget(), sample_run::labels()));
    }

    report_contents read(const request_filter& filter = {}, std::string_view version = "1.2.3") const {
        auto all = read_report(folder, filter, version);
        EXPECT_TRUE(all.has_value()) << to_string(all.error());
        return all ? *all : report_contents{};
    }
    static std::vector<std::string> ids(const report_contents& all) {
        std::vector<std::string> names;
        for (const auto& r : all.requests) names.push_back(r.request_id);
        return names;
    }
    static std::vector<std::string> kinds(const report_contents& all) {
        std::vector<std::string> names;
        for (const auto& a : all.anomalies) names.emplace_back(to_string(a.kind));
        return names;
    }
    static std::vector<std::string> vehicles(const report_contents& all) {
        std::vector<std::string> names;
        for (const auto& s : all.sessions) names.push_back(s.vin);
        return names;
    }

    std::string sessions;
};

} // namespace

TEST_F(report_reader_test, returns_the_records_that_were_written) {
    write("requests.jsonl", request_line(sample_run::request()));
    write("anomalies.jsonl", anomaly_line(sample_run::anomaly()));
    write("sessions.jsonl", session_line(sample_run::session()));
    const auto all = read();
    EXPECT_THAT(all.warnings, IsEmpty());
    EXPECT_EQ(all.scenario, "quickstart");
    EXPECT_EQ(all.version, "1.2.3");
    EXPECT_EQ(all.omitted_records, 4U);
    ASSERT_THAT(all.requests, SizeIs(1));
    // A line contains all fields, so equal lines mean equal records.
    EXPECT_EQ(request_line(all.requests[0]), request_line(sample_run::request()));
    EXPECT_TRUE(std::isnan(all.requests[0].acked_at_ms)) << "it did not come";
    ASSERT_THAT(all.anomalies, SizeIs(1));
    EXPECT_EQ(anomaly_line(all.anomalies[0]), anomaly_line(sample_run::anomaly()));
    ASSERT_THAT(all.sessions, SizeIs(1));
    EXPECT_EQ(session_line(all.sessions[0]), session_line(sample_run::session()));
}

TEST_F(report_reader_test, returns_all_records_sorted_without_a_filter) {
    const auto all = read();
    EXPECT_THAT(ids(all), ElementsAre("good", "twice", "meant", "late"));
    EXPECT_THAT(kinds(all), SizeIs(4));
    EXPECT_THAT(vehicles(all), ElementsAre("A", "B", "C", "D"));
    EXPECT_EQ(all.recorded, 4U);
    EXPECT_EQ(all.unexpected, 1U);
    EXPECT_EQ(all.anomalies_by_kind[static_cast<std::size_t>(anomaly::command_duplicated)], 1U);
    EXPECT_EQ(all.anomalies_by_kind[static_cast<std::size_t>(anomaly::response_duplicated)], 0U);
    EXPECT_EQ(all.expected_anomalies_by_kind[static_cast<std::size_t>(anomaly::response_duplicated)], 1U);
}

TEST_F(report_reader_test, keeps_only_matching_records) {
    const struct {
        request_filter filter;
        std::vector<std::string> ids, kinds, vehicles;
    } rows[] = {
        {{.request_id = "twice", .vin = {}}, {"twice"}, {"command_duplicated"}, {"B"}},
        {{.request_id = "nobody", .vin = {}}, {}, {}, {}},
        {{.request_id = {}, .vin = "A"}, {"good", "late"}, {}, {"A"}},
        {{.request_id = {}, .vin = "D"}, {}, {"unauthorized_accepted"}, {"D"}},
        {{.request_id = {}, .vin = {}, .unexpected = true},
         {"twice", "late"},
         {"command_duplicated", "completion_unknown", "unauthorized_accepted"},
         {"A", "B"}},
        {{.request_id = {}, .vin = {}, .unexpected = true, .limit = 1},
         {"twice"}, // due before late, which ended first
         {"command_duplicated", "completion_unknown"},
         {"B"}},
    };
    for (const auto& row : rows) {
        const auto all = read(row.filter);
        EXPECT_EQ(ids(all), row.ids);
        EXPECT_EQ(kinds(all), row.kinds);
        EXPECT_EQ(vehicles(all), row.vehicles);
        EXPECT_EQ(all.recorded, 4U) << "all are counted";
    }
    EXPECT_EQ(read({.request_id = {}, .vin = {}, .unexpected = true, .limit = 1}).matching, 2U);
}

TEST_F(report_reader_test, finds_requests_by_the_beginning_of_an_id_and_by_trace) {
    auto traced = request(4, "late-2", "B", false);
    traced.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    write("requests.jsonl",
          request_line(traced) + text("requests.jsonl") + request_line(request(5, "late-2", "C", false)));
    const struct {
        const char* wanted;
        std::vector<std::string> ids, ambiguous;
    } rows[] = {
        {"go", {"good"}, {}},
        {"late", {"late"}, {}},
        {"late-", {"late-2", "late-2"}, {}},
        {"la", {"late-2", "late-2", "late"}, {"late-2", "late"}},
        {"0af7651916cd43dd8448eb211c80319c", {"late-2"}, {}},
        {"0af765", {"late-2"}, {}},
        {"0AF7651916CD43DD8448EB211C80319C", {"late-2"}, {}},
        {"0AF765", {"late-2"}, {}},
        {"00-0AF7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01", {"late-2"}, {}}, // of another service
        {"GO", {}, {}}, // ids of the platform are as they are
        {"00-0af", {"late-2"}, {}},
        {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", {"late-2"}, {}},
        {"00-1", {}, {}},
        {"", {}, {}},
    };
    for (const auto& row : rows) {
        const auto all = read({.request_id = row.wanted, .vin = {}});
        EXPECT_EQ(ids(all), row.ids) << row.wanted;
        EXPECT_EQ(all.ambiguous_ids, row.ambiguous) << row.wanted;
    }
}

TEST_F(report_reader_test, tells_trace_ids_that_begin_alike) {
    std::string lines;
    for (const auto* trace : {"0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319d"}) {
        auto traced = request(4, "", "B", false);
        traced.traceparent = "00-" + std::string(trace) + "-b7ad6b7169203331-01";
        lines += request_line(traced);
    }
    write("requests.jsonl", lines);
    EXPECT_THAT(read({.request_id = "0af", .vin = {}}).ambiguous_ids,
                ElementsAre("0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319d"));
}

TEST_F(report_reader_test, knows_when_the_load_started) {
    EXPECT_EQ(read().load_started, std::nullopt) << "killed before it";
    auto header = sample_run::header();
    header.load_started = sample_run::load_started();
    write("run.json", run_json(header));
    EXPECT_EQ(read().load_started, sample_run::load_started());
    EXPECT_EQ(read().started, header.started);
}

TEST_F(report_reader_test, uses_anomalies_listed_in_the_request_record) {
    auto r = request(1, "alone", "A", false);
    r.anomalies = {"command_duplicated"};
    write("requests.jsonl", request_line(r));
    EXPECT_THAT(ids(read({.request_id = {}, .vin = {}, .unexpected = true})), ElementsAre("alone"));
}

TEST_F(report_reader_test, reads_the_valid_lines_of_a_killed_run) {
    fs::remove(folder / "summary.json");
    const auto whole = text("requests.jsonl");
    write("requests.jsonl", whole.substr(0, whole.size() - 20));
    const auto all = read();
    EXPECT_THAT(ids(all), ElementsAre("good", "twice", "late"));
    EXPECT_THAT(all.warnings,
                ElementsAre("summary.json is missing: the run was killed, or is still running",
                            "requests.jsonl: the last line is incomplete: the run was killed, or is still running"));
}

TEST_F(report_reader_test, accepts_a_last_line_without_newline) {
    const auto whole = text("requests.jsonl");
    write("requests.jsonl", whole.substr(0, whole.size() - 1));
    EXPECT_THAT(ids(read()), SizeIs(4));
    EXPECT_THAT(read().warnings, IsEmpty());
}

TEST_F(report_reader_test, skips_unreadable_lines_with_a_warning) {
    const auto good = request_line(request(1, "good", "A", false));
    const struct {
        std::string contents, remark;
        std::size_t left;
    } rows[] = {
        {"{\"arrival\":\n" + good, "requests.jsonl: line 1 is skipped (incomplete JSON)", 1},
        {good + "[]\n" + good, "requests.jsonl: line 2 is skipped (no JSON object)", 2},
        {good + "\n\n" + good, "requests.jsonl: 2 lines are skipped, the first is line 2 (incomplete JSON)", 2},
        {good + std::string("\0\0\0\n", 4) + good, "requests.jsonl: line 2 is skipped (syntax error)", 2},
        {good + "{\"outcome\":\"vanished\"}\n",
         "requests.jsonl: line 2 is skipped (the outcome 'vanished' is not known here)", 1},
        {good + "{\"request\":\"" + std::string(5U << 20U, 'x') + "\"}\n" + good,
         "requests.jsonl: line 2 is skipped (over 4 MiB)", 2},
        {good + std::string(5U << 20U, 'x'),
         "requests.jsonl: the last line is incomplete: the run was killed, or is still running", 1},
        {good + "{\"outcome\":\"executed\",\"arrival\":-1,\"vin\":7,\"due_at_ms\":\"x\",\"messages\":[1,{}]}\n", "", 2},
    };
    for (const auto& row : rows) {
        write("requests.jsonl", row.contents);
        const auto all = read();
        EXPECT_EQ(all.requests.size(), row.left) << row.remark;
        EXPECT_EQ(all.warnings, row.remark.empty() ? std::vector<std::string>{} : std::vector{row.remark});
    }
}

TEST_F(report_reader_test, warns_about_missing_files) {
    const struct {
        const char* file;
        const char* remark;
    } rows[] = {
        {"run.json", "run.json is missing: not all files of the report are here"},
        {"requests.jsonl", "requests.jsonl cannot be read (No such file or directory)"},
        {"anomalies.jsonl", "anomalies.jsonl cannot be read (No such file or directory)"},
        {"sessions.jsonl", "sessions.jsonl cannot be read (No such file or directory)"},
    };
    for (const auto& row : rows) {
        const auto saved = text(row.file);
        fs::remove(folder / row.file);
        EXPECT_THAT(read().warnings, ElementsAre(row.remark));
        write(row.file, saved);
    }
    EXPECT_EQ(read().scenario, "quickstart");
    fs::remove(folder / "run.json");
    EXPECT_EQ(read().scenario, "quickstart") << "summary.json says it too";
}

TEST_F(report_reader_test, warns_about_a_folder_in_place_of_a_file) {
    fs::remove(folder / "sessions.jsonl");
    fs::create_directory(folder / "sessions.jsonl");
    const auto all = read();
    EXPECT_THAT(ids(all), SizeIs(4));
    EXPECT_THAT(all.warnings, ElementsAre(HasSubstr("sessions.jsonl")));
}

TEST_F(report_reader_test, reads_no_device_and_no_pipe) {
    fs::remove(folder / "sessions.jsonl");
    fs::create_symlink("/dev/zero", folder / "sessions.jsonl");
    EXPECT_THAT(read().warnings, ElementsAre("sessions.jsonl is no regular file"));
    fs::remove(folder / "sessions.jsonl");
    ASSERT_EQ(::mkfifo((folder / "sessions.jsonl").c_str(), 0600), 0);
    EXPECT_THAT(read().warnings, ElementsAre("sessions.jsonl is no regular file"));
}

TEST_F(report_reader_test, warns_about_another_version) {
    EXPECT_THAT(read({}, "2.0.0").warnings,
                ElementsAre("loadsim 1.2.3 wrote this folder, and this is 2.0.0: unknown fields are ignored"));
    write("run.json", "{");
    EXPECT_THAT(read().warnings, ElementsAre(AllOf(HasSubstr("run.json"), HasSubstr("incomplete"))));
}

TEST_F(report_reader_test, rejects_a_report_of_another_format) {
    const auto error = [this] {
        const auto all = read_report(folder, {}, "1.2.3");
        return all ? std::string{} : all.error().list.front().text;
    };
    const auto run = text("run.json");
    write("run.json", R"({"schema":"loadsim.run/1","version":"0.1.0","mode":"run","scenario":"old"})");
    EXPECT_EQ(error(), "was written in the format 'loadsim.run/1', and this loadsim reads 'loadsim.run/2': run the "
                       "scenario again, or use the loadsim that wrote it");
    write("run.json", R"({"schema":"loadsim.run/3","version":"9.0.0","mode":"daydream","scenario":"later"})");
    EXPECT_THAT(error(), HasSubstr("'loadsim.run/3'"));
    fs::remove(folder / "run.json");
    EXPECT_EQ(error(), "") << "summary.json has this format";
    write("summary.json", R"({"schema":"loadsim.summary/1"})");
    EXPECT_THAT(error(), HasSubstr("the format 'loadsim.summary/1', and this loadsim reads 'loadsim.summary/2'"));
    write("run.json", run);
    EXPECT_THAT(error(), HasSubstr("'loadsim.summary/1'"));
}

TEST_F(report_reader_test, fails_without_a_report_folder) {
    const auto none = read_report(folder / "nowhere", {}, "1.2.3");
    ASSERT_TRUE(none.has_error());
    EXPECT_EQ(none.error().list[0].location, (folder / "nowhere").string());
    EXPECT_THAT(none.error().list[0].text, HasSubstr("is no folder"));
    EXPECT_TRUE(read_report(folder / "run.json", {}, "1.2.3").has_error());

    fs::create_directory(folder / "other");
    write("other/scenario.yaml", "name: x");
    const auto other = read_report(folder / "other", {}, "1.2.3");
    ASSERT_TRUE(other.has_error()) << "a scenario is no run";
    EXPECT_THAT(other.error().list[0].text, HasSubstr("has no file of a run"));
    write("other/anomalies.jsonl", "");
    EXPECT_TRUE(read_report(folder / "other", {}, "1.2.3").has_value());
}
