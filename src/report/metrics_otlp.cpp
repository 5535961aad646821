#include "json_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/report/otlp.hpp>
#include <loadsim/report/report_folder.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace loadsim::report {
namespace {

namespace json = boost::json;

constexpr int cumulative_temporality = 2; // AGGREGATION_TEMPORALITY_CUMULATIVE

/// Of protobuf's JSON mapping: 64-bit integers are strings.
std::string int64_text(std::uint64_t value) { return std::to_string(value); }

std::string unix_nanoseconds(std::chrono::system_clock::time_point at, nanoseconds after = nanoseconds(0)) {
    const auto since_epoch = std::chrono::duration_cast<nanoseconds>(at.time_since_epoch()) + after;
    return int64_text(static_cast<std::uint64_t>(std::max<std::int64_t>(0, since_epoch.count())));
}

json::array otlp_attributes(const metric_labels& labels) {
    json::array made;
    for (const auto& [key, value] : labels)
        made.push_back(json::object{{"key", key}, {"value", json::object{{"stringValue", value}}}});
    return made;
}

/// UCUM, as OpenTelemetry has it.
std::string_view ucum(metric_unit unit) {
    switch (unit) {
    case metric_unit::seconds: return "s";
    case metric_unit::bytes: return "By";
    case metric_unit::per_second: return "1/s";
    case metric_unit::count: break;
    }
    return "1";
}

json::object otlp_point(const metric_family& family, const metric_point& point, const std::string& start,
                        const std::string& now) {
    json::object made{{"attributes", otlp_attributes(point.labels)}, {"timeUnixNano", now}};
    if (family.type != metric_type::gauge) made["startTimeUnixNano"] = start;
    if (family.type != metric_type::histogram) {
        made["asDouble"] = point.value;
        return made;
    }
    const auto all = bucketed(point.samples);
    made["count"] = int64_text(all.count);
    made["sum"] = all.sum_s;
    auto& counts = made["bucketCounts"].emplace_array();
    for (const auto count : all.counts) counts.emplace_back(int64_text(count));
    made["explicitBounds"] = json::array(bucket_bounds.begin(), bucket_bounds.end());
    return made;
}

json::object otlp_metric(const metric_family& family, const std::string& start, const std::string& now) {
    json::array points;
    for (const auto& point : family.points) points.push_back(otlp_point(family, point, start, now));
    json::object data{{"dataPoints", std::move(points)}};
    if (family.type != metric_type::gauge) data["aggregationTemporality"] = cumulative_temporality;
    if (family.type == metric_type::counter) data["isMonotonic"] = true;
    const auto kind = family.type == metric_type::counter ? "sum"
                      : family.type == metric_type::gauge ? "gauge"
                                                          : "histogram";
    return {{"name", family.name}, {"description", family.help}, {"unit", ucum(family.unit)}, {kind, std::move(data)}};
}

} // namespace

std::string otlp_json(const std::vector<metric_family>& families, const run_header& run, nanoseconds elapsed) {
    metric_labels resource{{"service.name", "loadsim"},
                           {"service.version", run.origin.version},
                           {"service.instance.id", folder_name(run.scenario, run.started)},
                           {"loadsim.scenario", run.scenario},
                           {"loadsim.seed", std::to_string(run.seed)}}; // as loadsim_run_info
    for (const auto* texts : {&run.origin.labels, &run.origin.tags})
        resource.insert(resource.end(), texts->begin(), texts->end());
    const auto start = unix_nanoseconds(run.started);
    const auto now = unix_nanoseconds(run.started, elapsed);
    json::array metrics;
    for (const auto& family : families)
        if (family.type != metric_type::info) metrics.push_back(otlp_metric(family, start, now));
    const json::object scope{{"name", "loadsim"}, {"version", run.origin.version}};
    const json::object scope_metrics{{"scope", scope}, {"metrics", std::move(metrics)}};
    const json::object resource_metrics{{"resource", json::object{{"attributes", otlp_attributes(resource)}}},
                                        {"scopeMetrics", json::array{scope_metrics}}};
    return json_line(json::object{{"resourceMetrics", json::array{resource_metrics}}});
}

std::string otlp_failure(unsigned status, std::string_view body) {
    if (status < 200 || status > 299) return fmt::format("status {}", status);
    boost::system::error_code error;
    const auto response = json::parse(body, error); // of a collector that takes all: {}, or nothing
    if (error) return {};
    const auto* rejected = response.find_pointer("/partialSuccess/rejectedDataPoints", error);
    if (rejected == nullptr || (rejected->is_string() && rejected->get_string() == "0") || *rejected == 0) return {};
    const auto* message = response.find_pointer("/partialSuccess/errorMessage", error);
    return fmt::format("some data points were rejected: {}",
                       message != nullptr && message->is_string() ? excerpt(message->get_string(), 200) : "no reason");
}

result<std::vector<std::pair<std::string, std::string>>> parse_otlp_headers(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> headers;
    for (std::size_t part = 1; !trimmed(text).empty(); ++part) {
        const auto comma = std::min(text.find(','), text.size());
        const auto one = trimmed(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
        const auto equals = one.find('=');
        const auto name = trimmed(one.substr(0, equals));
        if (equals == std::string_view::npos || name.empty())
            return problems{"OTEL_EXPORTER_OTLP_HEADERS",
                            fmt::format("part {} is no header; write NAME=VALUE,NAME=VALUE", part)};
        headers.emplace_back(name, percent_decode(trimmed(one.substr(equals + 1))));
    }
    return headers;
}

} // namespace loadsim::report
