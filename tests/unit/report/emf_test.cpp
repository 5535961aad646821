// CloudWatch Embedded Metric Format: values, and the limits of its specification and JSON Schema.
#include "sample_run.hpp"

#include <loadsim/report/emf.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

namespace json = boost::json;
using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::IsEmpty;

namespace {

std::vector<std::string> log_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

/// The line of these dimensions, with values; null: none.
json::value emf_line_of(const std::string& text, const metric_labels& dimensions) {
    for (const auto& line : log_lines(text)) {
        const auto parsed = json::parse(line);
        const auto& set = parsed.at_pointer("/_aws/CloudWatchMetrics/0/Dimensions/0").as_array();
        const auto matches = [&](const auto& d) {
            const auto* found = parsed.as_object().if_contains(d.first);
            return found != nullptr && *found == json::value(d.second);
        };
        if (set.size() == dimensions.size() + 1 && std::ranges::all_of(dimensions, matches)) return parsed;
    }
    return nullptr;
}

std::string string_of(const json::value& v) { return std::string(v.as_string()); }

/// As the JSON Schema of the specification has it, and its prose.
void expect_within_limits(const std::string& line) {
    static const std::set<std::string> units{"Seconds", "Bytes", "Count", "Count/Second"};
    EXPECT_LE(line.size(), 256U * 1024);
    const auto root = json::parse(line).as_object();
    const auto& meta = root.at("_aws").as_object();
    EXPECT_EQ(meta.size(), 2U);
    EXPECT_TRUE(meta.at("Timestamp").is_int64()) << line;
    std::set<std::string> referenced{"_aws"};
    for (const auto& directive : meta.at("CloudWatchMetrics").as_array()) {
        EXPECT_EQ(directive.as_object().size(), 3U);
        EXPECT_FALSE(directive.at("Namespace").as_string().empty());
        ASSERT_EQ(directive.at("Dimensions").as_array().size(), 1U) << line;
        const auto& set = directive.at("Dimensions").as_array()[0].as_array();
        EXPECT_LE(set.size(), 30U);
        for (const auto& dimension : set) {
            const auto name = string_of(dimension);
            EXPECT_TRUE(referenced.insert(name).second) << name << " twice";
            EXPECT_TRUE(name.size() >= 1 && name.size() <= 250);
            const auto text = string_of(root.at(name));
            EXPECT_TRUE(text.size() >= 1 && text.size() <= 1024) << line;
            for (const char c : text) EXPECT_TRUE(c >= ' ' && c <= '~') << line;
        }
        const auto& metrics = directive.at("Metrics").as_array();
        EXPECT_TRUE(!metrics.empty() && metrics.size() <= 100) << metrics.size();
        for (const auto& metric : metrics) {
            const auto name = string_of(metric.at("Name"));
            EXPECT_TRUE(referenced.insert(name).second) << name << " twice";
            EXPECT_TRUE(units.contains(string_of(metric.at("Unit")))) << line;
            const auto resolution = metric.at("StorageResolution").as_int64();
            EXPECT_TRUE(resolution == 1 || resolution == 60);
            const auto& value = root.at(name);
            if (value.is_number()) continue;
            ASSERT_TRUE(value.is_array()) << line;
            EXPECT_TRUE(!value.as_array().empty() && value.as_array().size() <= 100) << line;
            for (const auto& number : value.as_array()) EXPECT_TRUE(number.is_number());
        }
    }
    EXPECT_EQ(root.size(), referenced.size()) << "nothing but dimensions and metrics: " << line;
}

} // namespace

TEST(emf, tags_of_the_run_are_dimensions_of_each_line) {
    const auto run = sample_run::run();
    auto header = sample_run::header();
    header.origin.tags = {{"team", "body"}, {"stage-of", "test"}};
    const auto text = emf_lines(metrics_of(header, {}, run.sum, sample_run::labels()), header, 16s, {});
    ASSERT_FALSE(text.empty());
    for (const auto& line : log_lines(text)) {
        const auto parsed = json::parse(line);
        const auto& set = parsed.at_pointer("/_aws/CloudWatchMetrics/0/Dimensions/0").as_array();
        ASSERT_GE(set.size(), 3U);
        EXPECT_EQ(set[0], "scenario");
        EXPECT_EQ(set[1], "team");
        EXPECT_EQ(set[2], "stage-of");
        EXPECT_EQ(parsed.at("team"), "body");
        expect_within_limits(line);
    }
    for (const auto& [name, value] : sample_run::header().origin.labels)
        EXPECT_EQ(text.find(value), std::string::npos) << "a label is no dimension";
}

TEST(emf, lines_are_within_the_limits_of_the_format) {
    const auto run = sample_run::run();
    auto labels = sample_run::labels();
    labels.services[1] = ":日\n";
    auto header = sample_run::header();
    header.scenario = std::string(3000, 'x');
    const auto text = emf_lines(metrics_of(header, {}, run.sum, labels), header, 16s, {});
    ASSERT_GT(log_lines(text).size(), 5U);
    for (const auto& line : log_lines(text)) expect_within_limits(line);
    EXPECT_FALSE(emf_line_of(text, {{"hop", "e2e"},
                                    {"service", "????"
                                                "?"}})
                     .is_null())
        << "printable ASCII";
}

TEST(emf, of_many_metrics_with_the_same_labels_is_several_lines) {
    std::vector<std::string> names;
    for (int i = 0; i < 250; ++i) names.push_back("loadsim_m" + std::to_string(i));
    measure::histogram samples;
    for (int i = 0; i < 1000; ++i) samples.record(std::chrono::hours(24 * 300) + std::chrono::minutes(i * 60));
    std::vector<metric_family> families;
    for (const auto& name : names)
        families.push_back({name, "a metric", metric_type::histogram, metric_unit::seconds, {{{}, 0, {&samples}}}});
    const auto lines = log_lines(emf_lines(families, sample_run::header(), 1s, {}));
    ASSERT_EQ(lines.size(), 3U) << "100 metrics are the most";
    for (const auto& line : lines) expect_within_limits(line);
}

TEST(emf, has_the_values_of_an_interval) {
    const auto run = sample_run::run();
    emf_writer writer({.metric_namespace = "tests", .interval = 1s}, sample_run::header(), sample_run::labels());
    const auto text = writer.write(sample_run::under_load(run.sum));
    const auto plain = emf_line_of(text, {});
    EXPECT_EQ(plain.at_pointer("/_aws/CloudWatchMetrics/0/Namespace"), "tests");
    EXPECT_EQ(plain.at_pointer("/_aws/Timestamp").as_int64(), 1'795'170'016'000) << "start of the run and 16 s";
    EXPECT_EQ(plain.at_pointer("/_aws/CloudWatchMetrics/0/Metrics/0/StorageResolution").as_int64(), 1);
    EXPECT_EQ(plain.at("scenario"), "quickstart");
    EXPECT_EQ(plain.at("loadsim_sessions_reconnects_total").to_number<double>(), 3) << "of the interval";
    EXPECT_EQ(plain.at("loadsim_generator_cpu_seconds_total").to_number<double>(), 1.5);
    EXPECT_EQ(plain.at("loadsim_sessions_online").to_number<double>(), 2000);
    const auto steady = emf_line_of(text, {{"phase", "steady"}});
    EXPECT_TRUE(steady.is_null()) << "the counts of phases were all 0";
    EXPECT_EQ(text.find("run_info"), std::string::npos);
    const auto lag = emf_line_of(text, {{"hop", "lag"}, {"service", "horn"}});
    const auto& samples = lag.at("loadsim_latency_seconds").as_array();
    ASSERT_EQ(samples.size(), 1U);
    EXPECT_EQ(samples[0].to_number<double>(), 0.00014);
}

TEST(emf, has_all_samples_or_equally_spaced_ones_up_to_the_maximum) {
    const auto values_of = [](const measure::histogram& samples) {
        const std::vector<metric_family> families{
            {"loadsim_x_seconds", "x", metric_type::histogram, metric_unit::seconds, {{{}, 0, {&samples}}}}};
        return emf_line_of(emf_lines(families, sample_run::header(), 1s, {}), {}).at("loadsim_x_seconds").as_array();
    };
    measure::histogram few, many;
    few.record(1ms, 2);
    few.record(2ms);
    EXPECT_EQ(values_of(few), json::array({0.001, 0.001, 0.002}));
    for (int i = 1; i <= 1000; ++i) many.record(std::chrono::microseconds(i));
    const auto values = values_of(many);
    ASSERT_EQ(values.size(), 100U);
    EXPECT_EQ(values[49], json::value(0.0005)) << "median";
    EXPECT_EQ(values[98], json::value(0.00099)) << "p99";
    EXPECT_EQ(values[99], json::value(0.001)) << "maximum";
}

TEST(emf, of_60_seconds_sums_up_progress) {
    const auto run = sample_run::run();
    emf_writer writer({}, sample_run::header(), sample_run::labels());
    auto p = sample_run::under_load(run.sum);
    for (int second = 1; second < 60; ++second) EXPECT_THAT(writer.write(p), IsEmpty());
    p.generator.cpu_s = 7;
    const auto first = emf_line_of(writer.write(p), {});
    EXPECT_EQ(first.at("loadsim_sessions_reconnects_total").to_number<double>(), 60 * 3);
    EXPECT_EQ(first.at("loadsim_generator_cpu_seconds_total").to_number<double>(), 7);
    EXPECT_EQ(first.at_pointer("/_aws/CloudWatchMetrics/0/Metrics/0/StorageResolution").as_int64(), 60);
    EXPECT_THAT(writer.finish(), IsEmpty()) << "nothing is left";
    p.generator.cpu_s = 7.5;
    writer.write(p);
    const auto rest = emf_line_of(writer.finish(), {});
    EXPECT_EQ(rest.at("loadsim_sessions_reconnects_total").to_number<double>(), 3);
    EXPECT_EQ(rest.at("loadsim_generator_cpu_seconds_total").to_number<double>(), 0.5);
}
