#include "requests_csv.hpp"

#include "gunzip.hpp"
#include "records.hpp"
#include "sample_run.hpp"

#include <gmock/gmock.h>

#include <algorithm>

using namespace loadsim;
using namespace loadsim::report;
using testing::HasSubstr;
using testing::StartsWith;

TEST(requests_csv, has_the_fields_of_requests_jsonl_without_the_messages) {
    EXPECT_THAT(request_csv_header(), StartsWith("arrival,request_id,traceparent,vin,segment,behaviour,service,phase,"
                                                 "expected_outcomes,outcome,unexpected,reason,due_at_ms,due_at,"));
    EXPECT_THAT(request_csv_header(), testing::EndsWith("observed_at_ms,observed_at,conditions,anomalies\n"));
    auto request = sample_run::request();
    request.reason = "=cmd, \"no end\"";
    const auto row = request_csv_row(request, sample_run::load_started());
    EXPECT_THAT(row,
                StartsWith("17,r-17,,LZ9SMEV05TF000001,good,success,horn,steady,executed|timed_out,unanswered,true,"
                           "\"'=cmd, \"\"no end\"\"\",1000,2026-11-20T10:20:05.000Z,"));
    EXPECT_THAT(row, testing::EndsWith(",1030.5,2026-11-20T10:20:05.030Z,,,tunnel,completion_missing\n"))
        << "an instant that never came is an empty cell";
}

TEST(requests_csv, can_be_read_before_it_ends) {
    requests_csv csv(10);
    auto bytes = csv.write({sample_run::request()}, {});
    bool complete = true;
    const auto row = request_csv_row(sample_run::request(), {});
    EXPECT_EQ(gunzipped(bytes, &complete), request_csv_header() + row);
    EXPECT_FALSE(complete);
    EXPECT_EQ(csv.write({}, {}), "") << "nothing is written for a second without requests";
    bytes += csv.write({sample_run::request()}, {});
    bytes += csv.finish();
    EXPECT_EQ(gunzipped(bytes, &complete), request_csv_header() + row + row);
    EXPECT_TRUE(complete);
}

TEST(requests_csv, counts_what_is_above_its_limit) {
    requests_csv csv(1000);
    const std::vector<measure::request_record> many(600, sample_run::request());
    auto bytes = csv.write(many, {});
    EXPECT_EQ(csv.omitted_rows(), 0U);
    bytes += csv.write(many, {});
    bytes += csv.finish();
    EXPECT_EQ(csv.rows(), 1000U);
    EXPECT_EQ(csv.omitted_rows(), 200U);
    const auto text = gunzipped(bytes);
    EXPECT_EQ(std::ranges::count(text, '\n'), 1001);
    EXPECT_LT(bytes.size(), text.size() / 10);
}
