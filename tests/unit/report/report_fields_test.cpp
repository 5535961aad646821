// docs/report-fields.md and docs/schema/ against the files of a report: no field is missing, and none is invented.
#include "histogram_lines.hpp"
#include "json_schema.hpp"
#include "sample_experiment.hpp"
#include "sample_run.hpp"

#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/report_reader.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace json = boost::json;
using namespace loadsim;
using namespace loadsim::report;
using harness::schema_errors;
using testing::IsEmpty;

namespace {

const std::filesystem::path root{LOADSIM_ROOT};
const auto sample_folder = root / "reports" / "sample-quickstart";

std::string read_file(const std::filesystem::path& file) {
    std::ifstream in(file);
    EXPECT_TRUE(in) << file;
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Types by field of each table of the page; the key is the heading above it.
using field_types = std::map<std::string, std::string>;
std::map<std::string, field_types> documented_fields() {
    std::map<std::string, field_types> tables;
    std::ifstream in(root / "docs" / "report-fields.md");
    std::string heading;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("## ")) heading = line.substr(3);
        if (!line.starts_with("| `")) continue;
        const auto end = line.find('`', 3);
        const auto type = line.find("| ", end) + 2;
        EXPECT_TRUE(
            tables[heading].emplace(line.substr(3, end - 3), line.substr(type, line.find(" |", type) - type)).second)
            << line << " is there twice";
    }
    return tables;
}

/// Comparison of one file with its table.
class field_check {
public:
    field_check(const field_types& fields, const field_types& statistics, const field_types& intervals)
        : fields_(fields), statistics_(statistics), latency_(statistics) {
        latency_.insert(intervals.begin(), intervals.end());
    }

    void check(const json::value& file) { check_members({}, file.get_object()); }

    std::vector<std::string> errors() const {
        auto all = errors_;
        for (const auto& [field, type] : fields_)
            if (!found_.contains(field)) all.push_back(field + " is documented and not written");
        return all;
    }

private:
    void check_members(const std::string& path, const json::object& members) {
        for (const auto& [name, value] : members)
            check_value(path.empty() ? std::string(name) : path + '.' + std::string(name), value);
    }

    void check_value(const std::string& path, const json::value& value) {
        const auto documented = fields_.find(path);
        if (documented != fields_.end()) {
            found_.insert(path);
            if (!has_type(value, documented->second))
                errors_.push_back(path + " is no " + documented->second + ": " + json::serialize(value));
            if (documented->second == "object or null" && value.is_object()) check_members(path, value.get_object());
        } else if (value.is_object()) {
            check_members(path, value.get_object());
        } else if (value.is_array()) {
            for (const auto& item : value.get_array()) check_value(path + "[]", item);
        } else {
            errors_.push_back(path + " is not documented");
        }
    }

    bool has_type(const json::value& v, std::string type) const {
        if (constexpr std::string_view or_null = " or null"; type.ends_with(or_null)) {
            if (v.is_null()) return true;
            type.resize(type.size() - or_null.size());
        }
        if (type == "string") return v.is_string();
        if (type == "boolean") return v.is_bool();
        if (type == "integer") return v.is_int64() || v.is_uint64();
        if (type == "number") return v.is_number();
        if (type == "object") return v.is_object();
        if (type == "array of strings")
            return v.is_array() &&
                   std::ranges::all_of(v.get_array(), [](const auto& item) { return item.is_string(); });
        if (type == "array of numbers")
            return v.is_array() &&
                   std::ranges::all_of(v.get_array(), [](const auto& item) { return item.is_number(); });
        if (type == "latency") return has_statistics(v, latency_);
        if (type == "observed latency") return has_statistics(v, statistics_);
        if (type == "counts by text") return has_counts(v, {});
        if (type == "counts by outcome") return has_counts(v, {outcome_names.begin(), outcome_names.end()});
        if (type == "counts by anomaly") return has_counts(v, {anomaly_names.begin(), anomaly_names.end()});
        return false;
    }

    bool has_statistics(const json::value& v, const field_types& statistics) const {
        return v.is_object() && v.get_object().size() == statistics.size() &&
               std::ranges::all_of(v.get_object(), [&](const auto& member) {
                   const auto type = statistics.find(std::string(member.key()));
                   return type != statistics.end() && has_type(member.value(), type->second);
               });
    }

    /// Integers only, and exactly these names unless the list is empty.
    bool has_counts(const json::value& v, const std::set<std::string_view>& names) const {
        return v.is_object() && (names.empty() || v.get_object().size() == names.size()) &&
               std::ranges::all_of(v.get_object(), [&](const auto& member) {
                   return has_type(member.value(), "integer") && (names.empty() || names.contains(member.key()));
               });
    }

    const field_types& fields_;
    const field_types& statistics_;
    field_types latency_; ///< statistics and intervals
    std::set<std::string> found_;
    std::vector<std::string> errors_;
};

/// Differences between a file and the table with its name; arrays need at least one item in one of the texts.
std::vector<std::string> field_errors(const std::string& table, const std::vector<std::string>& texts) {
    const auto documented = documented_fields();
    field_check check(documented.at(table), documented.at("Latency statistics"),
                      documented.at("Intervals of percentiles"));
    for (const auto& text : texts) check.check(json::parse(text));
    return check.errors();
}

std::vector<std::string> split_lines(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

/// JSON Schema of a file, by its name without extension.
json::value schema(const std::string& file) {
    return json::parse(read_file(root / "docs" / "schema" / (file + "-2.schema.json")));
}

} // namespace

TEST(report_fields, are_documented_for_each_file) {
    auto run = sample_run::run_with_telemetry();
    run.cost = sample_run::cost();
    const auto summary = summary_json(run, sample_run::missed_budget(), sample_run::labels());
    EXPECT_THAT(field_errors("summary.json", {summary}), IsEmpty());
    const auto timeline = timeline_line(sample_run::under_load(run.sum), sample_run::labels());
    EXPECT_THAT(field_errors("timeline.jsonl", {timeline}), IsEmpty());
    EXPECT_THAT(field_errors("requests.jsonl", {request_line(sample_run::request())}), IsEmpty());
    EXPECT_THAT(field_errors("anomalies.jsonl", {anomaly_line(sample_run::anomaly())}), IsEmpty());
    EXPECT_THAT(field_errors("sessions.jsonl", {session_line(sample_run::session())}), IsEmpty());
    EXPECT_THAT(field_errors("telemetry-findings.jsonl", {finding_line(sample_run::finding())}), IsEmpty());
    EXPECT_THAT(field_errors("run.json", {run_json(sample_run::header())}), IsEmpty());
    EXPECT_THAT(field_errors("histograms.jsonl", split_lines(histogram_lines(run.sum, sample_run::labels()))),
                IsEmpty());
}

TEST(report_fields, are_documented_for_experiments) {
    const auto origin = sample_experiment::origin();
    EXPECT_THAT(field_errors("capacity.json", {capacity_json(sample_experiment::capacity(), origin)}), IsEmpty());
    EXPECT_THAT(field_errors("tune.json", {tune_json(sample_experiment::variants(), origin)}), IsEmpty());
}

TEST(report_fields, a_difference_is_noticed) {
    EXPECT_THAT(field_errors("sessions.jsonl", {R"({"at_ms":1,"vin":7,"what":"x"})"}),
                testing::ElementsAre("vin is no string: 7", "what is not documented",
                                     "at is documented and not written", "event is documented and not written"));
}

TEST(summary_schema, describes_the_summary) {
    const auto summary = [](const measure::run_result& run, const verdict::evaluation& evaluation) {
        return json::parse(summary_json(run, evaluation, sample_run::labels()));
    };
    EXPECT_THAT(
        schema_errors(schema("summary"), summary(sample_run::run_with_telemetry(), sample_run::missed_budget())),
        IsEmpty());
    EXPECT_THAT(schema_errors(schema("summary"), summary({}, {})), IsEmpty()) << "an empty run";
    auto with_cost = sample_run::run();
    with_cost.cost = sample_run::cost();
    EXPECT_THAT(schema_errors(schema("summary"), summary(with_cost, {})), IsEmpty());
    with_cost.cost = measure::run_cost{.currency = "USD"};
    EXPECT_THAT(schema_errors(schema("summary"), summary(with_cost, {})), IsEmpty()) << "no request, and no time";
}

TEST(summary_schema, a_difference_is_noticed) {
    auto summary = json::parse(summary_json(sample_run::run(), {}, sample_run::labels()));
    summary.at("requests").get_object().erase("due");
    summary.at("requests").get_object()["asked"] = 1;
    summary.at("sessions").get_object()["planned"] = "many";
    summary.get_object()["mode"] = "daydream";
    EXPECT_THAT(schema_errors(schema("summary"), summary),
                testing::UnorderedElementsAre("/mode: not one of the allowed values", "/requests: 'due' is missing",
                                              "/requests: 'asked' is not allowed",
                                              "/sessions/planned: not of the type integer"));
}

TEST(line_schemas, describe_the_lines) {
    const auto errors = [](const std::string& file, const std::string& line) {
        return schema_errors(schema(file), json::parse(line));
    };
    const auto run = sample_run::run_with_telemetry();
    EXPECT_THAT(errors("timeline", timeline_line(sample_run::under_load(run.sum), sample_run::labels())), IsEmpty());
    EXPECT_THAT(errors("timeline", timeline_line({}, {})), IsEmpty()) << "a second without anything";
    EXPECT_THAT(errors("requests", request_line(sample_run::request())), IsEmpty());
    EXPECT_THAT(errors("requests", request_line(sample_run::request(), sample_run::load_started())), IsEmpty());
    EXPECT_THAT(errors("anomalies", anomaly_line(sample_run::anomaly(), sample_run::load_started())), IsEmpty());
    for (std::size_t i = 0; i < anomaly_count; ++i) {
        auto anomaly = sample_run::anomaly();
        anomaly.kind = static_cast<loadsim::anomaly>(i);
        EXPECT_THAT(errors("anomalies", anomaly_line(anomaly)), IsEmpty());
    }
    EXPECT_THAT(errors("sessions", session_line(sample_run::session(), sample_run::load_started())), IsEmpty());
    for (std::size_t i = 0; i < enum_names<measure::delivery_finding::kind>.size(); ++i) {
        auto finding = sample_run::finding();
        finding.finding = static_cast<measure::delivery_finding::kind>(i);
        EXPECT_THAT(errors("telemetry-findings", finding_line(finding, sample_run::load_started())), IsEmpty());
    }
    EXPECT_THAT(errors("run", run_json(sample_run::header())), IsEmpty());
}

TEST(line_schemas, a_difference_is_noticed) {
    auto line = json::parse(timeline_line({}, {}));
    line.get_object().erase("time");
    line.at("latency").get_object().erase("accept");
    line.at("requests").get_object()["sent"] = -1;
    EXPECT_THAT(schema_errors(schema("timeline"), line),
                testing::UnorderedElementsAre(": 'time' is missing", "/latency: 'accept' is missing",
                                              "/requests/sent: below the minimum"));
}

TEST(sample_report, has_the_documented_fields) {
    const auto summary = read_file(sample_folder / "summary.json");
    EXPECT_THAT(schema_errors(schema("summary"), json::parse(summary)), IsEmpty());
    EXPECT_EQ(json::parse(summary).at("verdict").as_string(), "pass");
    EXPECT_THAT(field_errors("run.json", {read_file(sample_folder / "run.json")}), IsEmpty());
    std::vector<std::string> lines;
    std::ifstream in(sample_folder / "timeline.jsonl");
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    EXPECT_THAT(field_errors("timeline.jsonl", lines), IsEmpty());
    for (const auto& line : lines) EXPECT_THAT(schema_errors(schema("timeline"), json::parse(line)), IsEmpty());
}

TEST(sample_report, is_read_without_warnings) {
    const auto version = std::string(json::parse(read_file(sample_folder / "run.json")).at("version").as_string());
    const auto report = read_report(sample_folder, {}, version);
    ASSERT_TRUE(report.has_value()) << to_string(report.error());
    EXPECT_EQ(report->scenario, "quickstart");
    EXPECT_THAT(report->warnings, IsEmpty());
    EXPECT_EQ(report->unexpected, 0U);
}

TEST(sample_report, has_no_path_of_a_machine) {
    for (const auto& file : std::filesystem::recursive_directory_iterator(sample_folder)) {
        const auto text = read_file(file.path());
        for (const auto* prefix : {"/home/", "/root/", "/tmp/", "/work/", "/usr/"})
            EXPECT_EQ(text.find(prefix), std::string::npos) << file.path() << ": " << prefix;
    }
}
