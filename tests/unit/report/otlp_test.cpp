// OTLP in its JSON form: opentelemetry-proto 1.0, with protobuf's JSON mapping.
#include "sample_run.hpp"

#include <loadsim/report/otlp.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace json = boost::json;
using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

namespace {

json::value otlp_export() {
    const auto run = sample_run::run();
    const auto families =
        metrics_of(sample_run::header(), gauges_of(sample_run::under_load(run.sum)), run.sum, sample_run::labels());
    auto header = sample_run::header();
    header.origin.labels = {{"commit", "abc"}};
    header.origin.tags = {{"team", "body"}};
    return json::parse(otlp_json(families, header, 16s));
}

json::object otlp_metric_of(const json::value& body, std::string_view name) {
    for (const auto& m : body.at_pointer("/resourceMetrics/0/scopeMetrics/0/metrics").as_array())
        if (m.at("name") == json::value(name)) return m.as_object();
    return {};
}

std::string otlp_attribute(const json::value& attributes, std::string_view key) {
    for (const auto& a : attributes.as_array())
        if (a.at("key") == json::value(key)) return std::string(a.at_pointer("/value/stringValue").as_string());
    return {};
}

} // namespace

TEST(otlp, names_the_run_in_its_resource) {
    const auto attributes = otlp_export().at_pointer("/resourceMetrics/0/resource/attributes");
    EXPECT_EQ(otlp_attribute(attributes, "service.name"), "loadsim");
    EXPECT_EQ(otlp_attribute(attributes, "service.version"), "1.2.3");
    EXPECT_EQ(otlp_attribute(attributes, "service.instance.id"), "quickstart-20261120T102000Z");
    EXPECT_EQ(otlp_attribute(attributes, "commit"), "abc");
    EXPECT_EQ(otlp_attribute(attributes, "team"), "body");
}

TEST(otlp, has_cumulative_counters_since_the_start) {
    const auto m = otlp_metric_of(otlp_export(), "loadsim_mqtt_bytes_total");
    EXPECT_EQ(m.at("unit"), "By");
    const auto& sum = m.at("sum").as_object();
    EXPECT_EQ(sum.at("aggregationTemporality").as_int64(), 2);
    EXPECT_TRUE(sum.at("isMonotonic").as_bool());
    const auto& point = sum.at("dataPoints").as_array()[0];
    EXPECT_EQ(point.at("asDouble").to_number<double>(), 12'345);
    EXPECT_EQ(point.at("startTimeUnixNano"), "1795170000000000000") << "64-bit integers are strings";
    EXPECT_EQ(point.at("timeUnixNano"), "1795170016000000000");
    EXPECT_EQ(otlp_attribute(point.at("attributes"), "direction"), "sent");
}

TEST(otlp, has_gauges_without_temporality) {
    const auto m = otlp_metric_of(otlp_export(), "loadsim_requests_in_flight");
    EXPECT_EQ(m.at("gauge").as_object().size(), 1U);
    EXPECT_EQ(m.at("gauge").at_pointer("/dataPoints/0/asDouble").to_number<double>(), 84);
    EXPECT_THAT(otlp_metric_of(otlp_export(), "loadsim_run_info"), IsEmpty()) << "the resource has it";
}

TEST(otlp, has_histograms_with_explicit_bounds) {
    const auto m = otlp_metric_of(otlp_export(), "loadsim_latency_seconds");
    EXPECT_EQ(m.at("unit"), "s");
    const auto& histogram = m.at("histogram");
    EXPECT_EQ(histogram.at("aggregationTemporality").as_int64(), 2);
    for (const auto& point : histogram.at("dataPoints").as_array()) {
        const auto& bounds = point.at("explicitBounds").as_array();
        const auto& counts = point.at("bucketCounts").as_array();
        EXPECT_EQ(counts.size(), bounds.size() + 1);
        std::uint64_t sum = 0;
        for (const auto& count : counts) sum += std::stoull(std::string(count.as_string()));
        EXPECT_EQ(std::to_string(sum), std::string(point.at("count").as_string()));
    }
}

TEST(otlp, tells_why_an_export_failed) {
    EXPECT_EQ(otlp_failure(200, "{}"), "");
    EXPECT_EQ(otlp_failure(202, ""), "");
    EXPECT_EQ(otlp_failure(200, R"({"partialSuccess":{}})"), "");
    EXPECT_EQ(otlp_failure(200, R"({"partialSuccess":{"rejectedDataPoints":"0"}})"), "");
    EXPECT_EQ(otlp_failure(200, R"({"partialSuccess":{"rejectedDataPoints":"5","errorMessage":"too many"}})"),
              "some data points were rejected: too many");
    EXPECT_EQ(otlp_failure(200, R"({"partialSuccess":{"rejectedDataPoints":5}})"),
              "some data points were rejected: no reason");
    EXPECT_EQ(otlp_failure(503, "busy"), "status 503");
}

TEST(otlp, headers_are_those_of_the_environment_variable) {
    EXPECT_THAT(parse_otlp_headers("").value(), IsEmpty());
    EXPECT_THAT(parse_otlp_headers(" Authorization=Bearer%20a%3Db%2Cc, x-tenant = fleet ,").value(),
                ElementsAre(Pair("Authorization", "Bearer a=b,c"), Pair("x-tenant", "fleet")));
    for (const auto* wrong : {"x-a=b,hunter2", "=hunter2"}) {
        const auto refused = parse_otlp_headers(wrong);
        ASSERT_TRUE(refused.has_error()) << wrong;
        EXPECT_THAT(to_string(refused.error()), Not(HasSubstr("hunter2")));
    }
}
