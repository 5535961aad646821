// Telemetry and taps in the files of a run, in its summaries and on its live page.
#include "csv_format.hpp"
#include "json_format.hpp"
#include "sample_run.hpp"
#include "summary_sections.hpp"
#include "temporary_folder.hpp"
#include "text_format.hpp"
#include "timeline.hpp"

#include <loadsim/report/live_history.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/stored_run.hpp>
#include <loadsim/report/summary_markdown.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace json = boost::json;
using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

json::value telemetry_summary() {
    return json::parse(
        summary_json(sample_run::run_with_telemetry(), sample_run::missed_budget(), sample_run::labels()));
}

std::uint64_t whole(const json::value& v) { return v.to_number<std::uint64_t>(); }

/// A second with telemetry of two groups.
measure::progress interval_with_telemetry(const measure::totals& sum) {
    auto p = sample_run::under_load(sum);
    p.telemetry_waiting = 12;
    auto& position = p.interval.telemetry[0];
    position.due = 100;
    position.sent = 90;
    position.reissued = 20;
    position.acknowledged = 95;
    position.expired = 2;
    position.unacknowledged = 1;
    position.publish.record(4ms, 90);
    p.interval.telemetry[1].sent = p.interval.telemetry[1].due = 5;
    return p;
}

} // namespace

TEST(telemetry_report, has_each_group_backlog_and_tap) {
    const auto s = telemetry_summary();
    const auto& position = s.at("telemetry").at(0);
    EXPECT_EQ(position.at("group").as_string(), "position");
    EXPECT_EQ(whole(position.at("due")), 1000U);
    EXPECT_EQ(whole(position.at("unacknowledged")), 10U);
    EXPECT_EQ(whole(position.at("lost")), 30U) << "all that never arrived";
    EXPECT_EQ(whole(position.at("acknowledged")) + whole(position.at("lost")) + whole(position.at("in_store")), 1000U);
    EXPECT_EQ(whole(position.at("publish").at("samples")), 865U);
    EXPECT_EQ(whole(position.at("error_reasons").at("packet too large")), 4U);
    EXPECT_EQ(s.at("telemetry").at(1).at("group").as_string(), "tyre");
    EXPECT_EQ(whole(s.at("telemetry_backlogs").at("begun")), 3U);
    const auto& tap = s.at("taps").at(0);
    EXPECT_EQ(tap.at("name").as_string(), "kafka");
    EXPECT_EQ(whole(tap.at("groups").at(0).at("largest_distance")), 9U);
    EXPECT_TRUE(tap.at("groups").at(1).at("group").is_null());
    EXPECT_EQ(whole(tap.at("groups").at(1).at("unknown_vehicle")), 2U);
    EXPECT_EQ(whole(tap.at("consumer_lag").at("telemetry/0")), 12U);
}

TEST(telemetry_report, is_empty_without_telemetry) {
    const auto s = json::parse(summary_json(sample_run::run(), {}, sample_run::labels()));
    EXPECT_TRUE(s.at("telemetry").as_array().empty());
    EXPECT_TRUE(s.at("telemetry_backlogs").is_null());
    EXPECT_TRUE(s.at("taps").as_array().empty());
    const auto run = sample_run::run();
    EXPECT_EQ(telemetry_text(run.sum, sample_run::labels(), {}), "");
    EXPECT_EQ(taps_text(run.sum, sample_run::labels(), {}), "");
    EXPECT_THAT(summary_markdown(run, {}, sample_run::labels()), Not(HasSubstr("telemetry")));
}

TEST(telemetry_report, is_in_each_second) {
    const measure::totals sum;
    const auto line = json::parse(timeline_line(interval_with_telemetry(sum), sample_run::labels())).at("telemetry");
    EXPECT_EQ(whole(line.at("due")), 105U);
    EXPECT_EQ(whole(line.at("sent")), 95U);
    EXPECT_EQ(whole(line.at("reissued")), 20U);
    EXPECT_EQ(whole(line.at("acknowledged")), 95U);
    EXPECT_EQ(whole(line.at("lost")), 3U);
    EXPECT_EQ(whole(line.at("waiting")), 12U);
    EXPECT_EQ(whole(line.at("publish").at("samples")), 90U);
    const auto header = timeline_csv_header();
    EXPECT_THAT(header, HasSubstr(",telemetry.due,telemetry.sent,telemetry.reissued,telemetry.acknowledged,"
                                  "telemetry.lost,telemetry.waiting,telemetry.publish.samples,telemetry.publish.p50_ms,"
                                  "telemetry.publish.p95_ms,telemetry.publish.p99_ms,telemetry.publish.max_ms,"));
    EXPECT_THAT(timeline_csv_row(interval_with_telemetry(sum), sample_run::labels()),
                HasSubstr(",105,95,20,95,3,12,90,"));
}

TEST(telemetry_report, is_on_the_live_page) {
    live_history all({.run_json = run_json(sample_run::header())}, sample_run::labels(), 0);
    const measure::totals sum;
    all.add(live_update_of(interval_with_telemetry(sum)));
    const auto document = json::parse(all.document());
    const auto column = [&](const char* name) {
        return document.at_pointer("/runs/0/timeline").at(name).at(0).to_number<double>();
    };
    EXPECT_EQ(column("telemetry_sent"), 95);
    EXPECT_EQ(column("telemetry_reissued"), 20);
    EXPECT_EQ(column("telemetry_acknowledged"), 95);
    EXPECT_EQ(column("telemetry_lost"), 3);
    EXPECT_EQ(column("telemetry_waiting"), 12);
    EXPECT_NEAR(column("telemetry_publish_p99"), 4, 0.01);
}

TEST(telemetry_text, has_a_line_for_each_group) {
    const auto run = sample_run::run_with_telemetry();
    EXPECT_EQ(telemetry_text(run.sum, sample_run::labels(), {}), R"(
telemetry
                due  acknowledged           lost  re-issued  in store  publish p50  publish p99
    position  1,000           960   96.0 %    30         95        10      4.00 ms      4.00 ms
    tyre          3             3  100.0 %     0          0         0            -            -
    3 backlogs, 2 drained after p50 -, p99 -, max 2.00 s
    4 x  position: packet too large
    5 x  position: the link was down
    1 x  store: database or disk is full
)");
    EXPECT_EQ(taps_text(run.sum, sample_run::labels(), {}), R"(
taps
           sent  matched  lost  duplicated  out of order  corrupted  not reconciled  bridge p99  deliver p99
    kafka   960      950     7           5             4          1               3     8.00 ms      16.0 ms
    2 x  kafka: records that name no vehicle of the fleet
    1 x  kafka: records without a sequence
    3 x  kafka: records that their vehicle never sent
    6 x  kafka: records whose key names another vehicle than the payload, or none
    1 x  kafka not consumed: broker transport failure
)");
}

TEST(telemetry_text, fits_the_width_of_the_terminal) {
    for (const unsigned columns : {60U, 80U, 120U}) {
        const auto text =
            summary_text(sample_run::run_with_telemetry(), {}, sample_run::labels(), "r", {.columns = columns});
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), columns) << line;
        for (const auto* kept : {"acknowledged", "lost", "publish p99", "matched", "duplicated", "deliver p99"})
            EXPECT_THAT(text, HasSubstr(kept)) << columns;
    }
}

TEST(telemetry_text, of_many_groups_has_those_that_lost_most) {
    measure::totals sum;
    for (std::uint32_t group = 0; group < 20; ++group) {
        sum.telemetry[group].due = 100;
        sum.telemetry[group].unacknowledged = group;
    }
    const auto text = telemetry_text(sum, {}, {});
    EXPECT_THAT(text, HasSubstr("telemetry  (the 16 of 20 that lost most; all are in summary.json)\n"));
    EXPECT_THAT(text, HasSubstr("\n    19 "));
    EXPECT_THAT(text, Not(HasSubstr("\n    3  ")));
}

TEST(telemetry_markdown, has_tables_of_groups_and_taps) {
    const auto text = summary_markdown(sample_run::run_with_telemetry(), {}, sample_run::labels());
    EXPECT_THAT(text, HasSubstr("| `position` | 1,000 | 960 | 30 | 95 | 4.00 ms | 4.00 ms |\n"));
    EXPECT_THAT(text, HasSubstr("| `kafka` | 960 | 950 | 7 | 5 | 4 | 8.00 ms | 16.0 ms |\n"));
}

class stored_telemetry : public sample_run::temporary_folder {
protected:
    std::filesystem::path write_run() const {
        const auto run = sample_run::run_with_telemetry();
        const auto made = folder / "run";
        std::filesystem::create_directory(made);
        report_writer writer(made, sample_run::header(), sample_run::labels());
        writer.write(sample_run::under_load(run.sum));
        writer.finish(run, sample_run::missed_budget());
        std::ofstream(made / scenario_file_name) << "name: quickstart\n";
        return made;
    }
};

TEST_F(stored_telemetry, is_read_back_and_judged) {
    measure::labels labels;
    const auto stored = read_stored_run(write_run(), labels);
    ASSERT_TRUE(stored) << to_string(stored.error());
    const auto written = sample_run::run_with_telemetry();
    EXPECT_EQ(stored->result.sum.telemetry, written.sum.telemetry);
    EXPECT_EQ(stored->result.sum.backlogs, written.sum.backlogs);
    EXPECT_EQ(stored->result.sum.taps, written.sum.taps);
    EXPECT_EQ(labels.telemetry, sample_run::labels().telemetry);
    EXPECT_EQ(labels.taps, sample_run::labels().taps);
    EXPECT_THAT(stored->warnings, IsEmpty());
    const auto held = [&](const char* budget) {
        return verdict::evaluate_budget(*verdict::parse_budget(budget), stored->result, labels).observed_text;
    };
    EXPECT_EQ(held("telemetry.lost{group=position} == 0"), "30");
    EXPECT_EQ(held("telemetry.publish.count > 0"), "868");
    EXPECT_EQ(held("tap.lost{tap=kafka} == 0"), "7");
}

TEST_F(stored_telemetry, of_a_baseline_is_its_counts) {
    measure::labels labels;
    const auto run = read_stored_run(write_run(), labels);
    ASSERT_TRUE(run) << to_string(run.error());
    std::ofstream(folder / "baseline.json") << baseline_json(*run, side_of({*run}, labels));
    measure::labels read_labels;
    const auto read = read_stored_run(folder / "baseline.json", read_labels);
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_EQ(read_labels.telemetry, labels.telemetry);
    EXPECT_EQ(read->result.sum.telemetry.at(0).never_arrived(), 30U);
    EXPECT_EQ(read->result.sum.taps.at(0).sum(), run->result.sum.taps.at(0).sum());
}

TEST_F(stored_telemetry, with_counts_of_no_run_is_refused_with_a_sentence) {
    const auto path = write_run();
    std::ifstream in(path / summary_file_name);
    const std::string summary{std::istreambuf_iterator<char>(in), {}};
    const struct {
        const char* from;
        const char* to;
        const char* says;
    } rows[] = {
        {"\"acknowledged\": 960", "\"acknowledged\": 961",
         "telemetry.position: acknowledged, refused, unacknowledged, unsent, errored, overwritten, expired, too_old, "
         "in_store, "
         "as a "
         "sum, is 1001, more than the 1000 of due and restored"},
        {"\"stored\": 95", "\"stored\": 96", "telemetry.position: sent, stored, unsent, errored, as a sum, is 1001"},
        {"\"stored\": 95", "\"stored\": 0.5", "telemetry.position.stored is 5E-1: a whole number"},
        {"\"unacknowledged\": 10", "\"unacknowledged\": -1", "it cannot be negative or infinite"},
        {"\"matched\": 950", "\"matched\": 951",
         "taps.kafka: matched, corrupted, lost, sent_not_reconciled, as a sum, is 961, more than the 960 of sent"},
        {"\"reissue_duplicates\": 2", "\"reissue_duplicates\": 3", "is 963, more than the 962 of consumed"},
    };
    for (const auto& row : rows) {
        const auto at = summary.find(row.from);
        ASSERT_NE(at, std::string::npos) << row.from;
        auto changed = summary;
        std::ofstream(path / summary_file_name) << changed.replace(at, std::string_view(row.from).size(), row.to);
        measure::labels labels;
        const auto read = read_stored_run(path, labels);
        ASSERT_FALSE(read) << row.to;
        EXPECT_THAT(to_string(read.error()), HasSubstr(row.says)) << row.to;
    }
}
