#include "csv_format.hpp"

#include "sample_run.hpp"
#include "timeline.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <algorithm>

namespace json = boost::json;
using namespace loadsim;
using namespace loadsim::report;
using testing::HasSubstr;
using testing::StartsWith;

TEST(csv_cell, is_quoted_as_in_rfc_4180) {
    const std::pair<const char*, const char*> cases[] = {
        {"", ""},
        {"horn", "horn"},
        {"two words", "two words"},
        {"a,b", "\"a,b\""},
        {"say \"no\"", "\"say \"\"no\"\"\""},
        {"two\nlines", "\"two\nlines\""},
    };
    for (const auto& [text, cell] : cases) EXPECT_EQ(csv_cell(text), cell);
}

TEST(csv_cell, is_no_formula_of_a_spreadsheet) {
    const std::pair<const char*, const char*> cases[] = {
        {"=1+1", "'=1+1"},
        {"+49", "'+49"},
        {"-1", "'-1"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"\tx", "'\tx"},
        {"\rx", "\"'\rx\""},
        {"=A,\"b\"", "\"'=A,\"\"b\"\"\""},
        {"a=b", "a=b"},
    };
    for (const auto& [text, cell] : cases) EXPECT_EQ(csv_cell(text), cell);
}

TEST(csv_row, has_nested_fields_side_by_side) {
    const json::object fields{{"first", nullptr},
                              {"a", {{"b", -12.5}, {"c", {{"d", true}}}}},
                              {"list", {"x", "y z"}},
                              {"text", "-"},
                              {"none", json::array{}}};
    EXPECT_EQ(csv_header(fields), "first,a.b,a.c.d,list,text,none\n");
    EXPECT_EQ(csv_row(fields), ",-12.5,true,x|y z,'-,\n") << "a negative number is no formula";
}

TEST(timeline_csv, has_the_fields_of_the_timeline) {
    const auto header = timeline_csv_header();
    EXPECT_THAT(header,
                StartsWith("time,elapsed_ms,interval_ms,stage,phase,conditions,load_elapsed_ms,target_rate_per_s,"
                           "late_ranks,requests.due,"));
    for (const auto hop : measure::hop_names)
        EXPECT_THAT(header, HasSubstr(std::string(",latency.") + std::string(hop) + ".samples,latency." +
                                      std::string(hop) + ".p50_ms,latency." + std::string(hop) + ".p95_ms,latency." +
                                      std::string(hop) + ".p99_ms,latency." + std::string(hop) + ".max_ms,"));
    const auto run = sample_run::run();
    const auto row = timeline_csv_row(sample_run::under_load(run.sum), sample_run::labels());
    EXPECT_THAT(row, StartsWith("2026-11-20T10:20:16.000Z,16000,1000,load,steady,tunnel,12000,200,0,200,198,1,190,"));
    EXPECT_THAT(row, HasSubstr(",1,0.14,0.14,0.14,0.14,0,,,,,0,")) << "lag, then a hop without samples";
    EXPECT_EQ(std::ranges::count(header, ','), std::ranges::count(row, ','));
}
